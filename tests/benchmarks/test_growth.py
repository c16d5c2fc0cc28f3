"""How long questions take as the graph grows, as docs/performance.rst shows it.

pytest tests/benchmarks/test_growth.py --growth-edges 10000,100000,1000000 --growth-to docs/figures/growth.json

10,000,000 dependencies can be had, too, in some ten minutes and 20 GB.
Without options two small graphs are asked, so that this goes on working.
"""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.growth import JOBS, RESOLVERS, measured

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures"


def _drawer() -> Any:
    spec = importlib.util.spec_from_file_location("draw_growth", FIGURES / "draw_growth.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_growth(
    server: URL, template: URL, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    figures = {}
    for edges in pytestconfig.getoption("growth_edges", "2000,4000").split(","):
        with copied_database(server, template, f"growth_{edges}") as url:
            figures[edges] = measured(url, int(edges))
    target = pytestconfig.getoption("growth_to", None) or tmp_path / "growth.json"
    Path(target).write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    questions = [*RESOLVERS, *(job.name for job in JOBS)]
    for by_kind in figures.values():
        assert [*by_kind["resolvers"], *by_kind["jobs"]] == questions
        assert all(time > 0 for times in by_kind.values() for time in times.values())
    picture = _drawer().drawn(figures)
    assert all(f"{question}  " in picture for question in questions)


def test_the_picture_of_the_documentation_shows_its_figures() -> None:
    figures = json.loads((FIGURES / "growth.json").read_text("utf-8"))
    assert (FIGURES / "growth.svg").read_text("utf-8") == _drawer().drawn(figures), (
        "run: python3 docs/figures/draw_growth.py"
    )


def test_what_a_resolver_asks_of_a_version_does_not_grow() -> None:
    """By the committed figures: with ten times as many dependencies it takes as long, but for noise."""
    figures = json.loads((FIGURES / "growth.json").read_text("utf-8"))
    sizes = sorted(figures, key=int)
    decades = math.log10(int(sizes[-1]) / int(sizes[0]))
    of_a_version = [one for one in RESOLVERS if one != "get_solved_python_package_versions_all"]
    for question in of_a_version:
        first, last = (figures[size]["resolvers"][question] for size in (sizes[0], sizes[-1]))
        assert last < first * 1.3**decades, question
