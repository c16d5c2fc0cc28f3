"""The worked examples of CONTRIBUTING.rst and docs/document_kinds.rst, followed in a copy of the checkout."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.tables import rows_of
from support.worked_examples import apply, blocks_of, commands_in, copy_checkout, run_in

# What is no part of the examples; types take minutes where nothing is remembered, and .ci/run checks ours.
BESIDE = (
    "mypy",
    "pip install ",
    "apt-get ",
    "pytest tests/stores ",
    "THOTH_STORAGES_TEST_CEPH=",
    "bash .ci/run",
    'alembic revision --autogenerate -m "What changes"',
)

pytestmark = pytest.mark.slow


def follow(page: str, checkout: Path, server: str) -> dict[str, str]:
    """{command: what it printed}, after everything that the page says was done."""
    printed: dict[str, str] = {}
    for block in blocks_of(page):
        apply(block, checkout)
        for command in (one for one in commands_in(block) if not one.startswith(BESIDE)):
            printed[command] = run_in(checkout, command, server)
    return printed


def passed(printed: dict[str, str]) -> dict[str, int]:
    """{command: how many tests passed} of the commands that run tests."""
    return {
        command: int(re.search(r"(\d+) passed", said)[1])  # type: ignore[index]
        for command, said in printed.items()
        if command.startswith("pytest ")
    }


def columns(engine: Engine, table: str) -> list[str]:
    statement = "SELECT column_name FROM information_schema.columns WHERE table_name = :table ORDER BY ordinal_position"
    return [name for (name,) in rows_of(engine, statement, table=table)]


@pytest.mark.timeout(900)
def test_a_table_a_question_and_a_kind_of_document_are_added_as_the_pages_say(
    database: URL, server: URL, engine: Engine, tmp_path: Path
) -> None:
    checkout, address = tmp_path / "checkout", server.render_as_string(hide_password=False)
    copy_checkout(checkout)
    printed = follow("CONTRIBUTING.rst", checkout, address)
    assert columns(engine, "package_funding") == ["id", "package_name", "url"]
    assert "wrote " in printed["python3 docs/pictures/draw.py"]
    assert all(count > 0 for count in passed(printed).values()) and len(passed(printed)) == 5

    (checkout / "funding-261123120000-5ca1ab1e.json").write_text(
        next(block.text for block in blocks_of("docs/document_kinds.rst") if block.language == "json")
    )
    printed = follow("docs/document_kinds.rst", checkout, address)
    assert all(count > 0 for count in passed(printed).values()) and len(passed(printed)) == 3
    assert "0 broken" in printed["ruff check . && ruff format --check . && lint-imports"]
    urls = "SELECT package_name, url FROM package_funding ORDER BY url"
    assert rows_of(engine, urls) == [("flask", "https://a.example.org"), ("flask", "https://b.example.org")]
    asked = "from thoth.storages import GraphDatabase as G; g = G(); g.connect(); "
    ask = f"python -c '{asked}print(g.get_package_funding_urls_all(\"Flask\"))'"
    assert json.loads(run_in(checkout, ask, address).replace("'", '"')) == [url for _, url in rows_of(engine, urls)]
