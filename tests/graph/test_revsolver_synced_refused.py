"""The parser of the reverse solver's documents: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, DocumentOf
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.revsolver_documents import dependent, reverse_solved
from support.tables import difference, dump

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.revsolver import parse
from thoth.storages.graph.writers.revsolver import write

LONG = "x" * 5000


def small() -> Document:
    return reverse_solved([dependent(marker='os_name == "posix"', extra="async")])


def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    before = dump(engine)
    rows, refused = accepted_and_refused(parse, small())
    assert len(refused) > 15 and len(rows) > 15
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_revsolver_result(others[0])
    assert difference(dump(engine), before) == {}


def test_what_the_format_requires_is_required() -> None:
    _, refused = accepted_and_refused(parse, small())
    names = ("package_name", "package_version")
    required = {
        *(("metadata", key) for key in ("document_id", "datetime", "arguments")),
        *(("metadata", "arguments", "app.py", key) for key in names),
        *(("result", 0, key) for key in (*names, "os_name", "os_version", "python_version")),
    }
    assert required <= {place for place, others in refused.items() if len(others) > 5}


def test_names_that_no_key_can_hold_are_left_out_with_a_remark() -> None:
    document = reverse_solved(
        [dependent(LONG), dependent(extra=LONG), dependent(os_name=LONG), dependent(version_range=f"!={LONG}")]
    )
    rows = parse(document)
    assert [item.dependency.terms.version_range for item in rows.dependencies] == [f"!={LONG}"]
    assert rows.document.remarks == (
        "result[0].package_name: left out, at most 256 bytes, not 5000",
        "result[1].extra: left out, at most 256 bytes, not 5000",
        "result[2].os_name: left out, at most 256 bytes, not 5000",
    )


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected a document of the reverse solver: a JSON object"):
        parse(value)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match=r"at metadata\.arguments\.app\.py: expected a value, but"):
        graph.sync_revsolver_result(document_of("flask==3.0.3"))
