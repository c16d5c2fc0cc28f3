"""The parser of security indicators: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, DocumentOf
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.security_indicators_documents import COUNTS, failed_security_indicators, security_indicators
from support.tables import difference, dump

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.security_indicators import parse
from thoth.storages.graph.writers.security_indicators import write


def nested() -> Document:
    """With what cloc counted of a language in an object."""
    document = security_indicators()
    document["result"]["SUM"] = {key: document["result"].pop(f"SUM.{key}") for key in ("nFiles", "n_lines")}
    document["result"]["SUM"].update(
        {key: document["result"].pop(f"SUM.{key}") for key in ("comment", "blank", "code")}
    )
    return document


@pytest.mark.parametrize(
    "document", [security_indicators(), nested(), failed_security_indicators()], ids=["flat", "nested", "failed"]
)
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, document: Document
) -> None:
    before = dump(engine)
    # Without its error an analysis has to have counted something.
    rows, refused = accepted_and_refused(parse, document, instead={("error",): "result"})
    assert len(refused) > 9 and rows
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_security_indicator_aggregated_result(others[0])
    assert difference(dump(engine), before) == {}


def test_what_the_format_requires_is_required() -> None:
    _, refused = accepted_and_refused(parse, security_indicators())
    required = {
        *(("metadata", key) for key in ("document_id", "datetime", "arguments")),
        *(("metadata", "arguments", "app.py", key) for key in ("package_name", "package_version", "package_index")),
        *(("result", key) for key in COUNTS),
    }
    assert required <= {place for place, others in refused.items() if len(others) > 5}


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected security indicators: a JSON object"):
        parse(value)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match=r"at metadata\.arguments\.app\.py: expected a value, but"):
        graph.sync_security_indicator_aggregated_result(document_of("flask==3.0.3"))
