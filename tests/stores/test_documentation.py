"""What the page about stores says is done here, in the order in which it says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import thoth.storages

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "stores.rst").read_text()
NAMES = [name for name in thoth.storages.__all__ if "Store" in name or name == "AnalysisByDigest"]


def examples() -> str:
    """All Python blocks of the page, one after the other, without their indentation."""
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:   [^\n]*\n|\n)+)", PAGE, re.MULTILINE)
    return "\n".join(line.removeprefix("   ") for block in blocks for line in block.splitlines())


def test_every_example_works(settings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    space: dict[str, Any] = {}
    exec(compile(examples(), "docs/stores.rst", "exec"), space)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"['{space['document_id']}'] 1"
    assert printed[1].startswith(f"{space['document_id']} ")
    assert printed[2] == f"['{space['document_id']}']"
    assert printed[-1] == "b'anything' ['one']"


@pytest.mark.parametrize("name", NAMES)
def test_every_store_stands_on_the_page(name: str) -> None:
    assert f"``{name}``" in PAGE


def test_every_example_imports_what_there_is() -> None:
    assert set(re.findall(r"\w+Store\b", PAGE)) <= {*NAMES, "RevSolverResultsStore", "ObservationResultsStore"}
