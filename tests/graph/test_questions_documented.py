"""What docs/questions.rst says is answered, is answered so."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import pytest

from thoth.storages.graph import GraphDatabase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.rst"


def test_every_answer_of_the_page_is_the_graphs(filled: GraphDatabase) -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, globs={"graph": filled}, raise_on_error=False)
    assert (failed, tried) == (0, tried) and tried > 5


def test_every_method_that_the_page_names_is_there() -> None:
    named = re.findall(r"``((?:get|has|is|retrieve)_\w+)``", PAGE.read_text())
    assert len(named) > 10
    assert [name for name in named if not hasattr(GraphDatabase, name)] == []


def test_the_example_of_the_reference_gives_an_answer(
    filled: GraphDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(
        r"^\.\. code-block:: python\n\n((?:   [^\n]*\n|\n)+)", PAGE.with_name("graph.rst").read_text(), re.MULTILINE
    )
    exec(compile(inspect.cleandoc(example), "docs/graph.rst", "exec"), {})
    assert capsys.readouterr().out == "3.0.3\n"
