"""The parser of package analyses: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, DocumentOf
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.package_analysis_documents import artifact, failed_package_analysis, package_analysis
from support.tables import difference, dump

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.package_analysis import parse
from thoth.storages.graph.writers.package_analysis import write

LONG = "x" * 5000


def small() -> Document:
    return package_analysis([artifact("a.whl", ["a.py", "b.so"], {"libc.so.6": ["GLIBC_2.4"]})])


@pytest.mark.parametrize("document", [small(), failed_package_analysis()], ids=["found", "failed"])
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, document: Document
) -> None:
    before = dump(engine)
    # Without its error an analysis has to have found something.
    rows, refused = accepted_and_refused(parse, document, instead={("result", "error"): "result.artifacts"})
    assert len(refused) > 12 and rows
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_package_analysis_result(others[0])
    assert difference(dump(engine), before) == {}


def test_what_the_format_requires_is_required() -> None:
    _, refused = accepted_and_refused(parse, small())
    item = ("result", "artifacts", 0)
    required = {
        *(("metadata", key) for key in ("analyzer", "analyzer_version", "datetime", "hostname", "arguments")),
        *(("metadata", "arguments", "python", key) for key in ("package_name", "package_version", "index_url")),
        *((*item, key) for key in ("sha256", "name", "digests", "symbols")),
        *((*item, "digests", 0, key) for key in ("filepath", "sha256")),
    }
    assert required <= {place for place, others in refused.items() if len(others) > 5}


def test_names_that_no_key_can_hold_are_left_out_with_a_remark() -> None:
    document = package_analysis(
        [
            artifact("a.whl", ["a.py", f"{LONG}.py"], {LONG: ["A"], "libc.so.6": [LONG, "B"]}),
            artifact(LONG, ["b.py"]),
        ]
    )
    (kept,) = parse(document).artifacts
    assert [file.file for file in kept.files] == ["a.py"]
    assert kept.symbols == {("libc.so.6", "B")}
    assert parse(document).document.remarks == (
        "result.artifacts[0].digests[1].filepath: left out, at most 4096 bytes, not 5003",
        "result.artifacts[0].symbols, key 0: left out, at most 4096 bytes, not 5000",
        'result.artifacts[0].symbols["libc.so.6"][0]: left out, at most 256 bytes, not 5000',
        "result.artifacts[1].name: left out, at most 4096 bytes, not 5000",
    )


def test_why_it_failed_is_cut_short() -> None:
    document = failed_package_analysis()
    document["result"]["error"] = f"  {LONG}"
    (remark,) = parse(document).document.remarks
    assert remark == f"result.error: {LONG[:1000]}"


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected an analysis of a package: a JSON object"):
        parse(value)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match=r"at metadata\.arguments\.thoth-package-analyzer: expected a value, but"):
        graph.sync_package_analysis_result(document_of("flask==3.0.3"))
