"""No garbage is looked for while a batch is read and written, and it is afterwards."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.documents import Document, id_of

from thoth.storages.collecting import without_collecting
from thoth.storages.graph import GraphDatabase
from thoth.storages.sync import sync_solver_documents


@pytest.fixture
def files(documents: list[Document], tmp_path: Path) -> list[str]:
    paths = []
    for document in documents[:3]:
        path = tmp_path / f"{id_of(document)}.json"
        path.write_text(json.dumps(document))
        paths.append(str(path))
    return paths


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether garbage was looked for while documents were told."""
    found: list[bool] = []
    tell = GraphDatabase._tell

    def note(*args: Any, **kwargs: Any) -> Any:
        found.append(gc.isenabled())
        return tell(*args, **kwargs)

    monkeypatch.setattr(GraphDatabase, "_tell", note)
    return found


@pytest.fixture(params=[True, False], ids=["switched on", "switched off"])
def collecting(request: pytest.FixtureRequest) -> Iterator[bool]:
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_nothing_is_collected_while_a_batch_is_told(
    graph: GraphDatabase, files: list[str], seen: list[bool], collecting: bool
) -> None:
    assert sync_solver_documents(files, graph=graph, is_local=True).processed == 3
    assert seen and not any(seen)
    assert gc.isenabled() is collecting


def test_nothing_is_collected_while_one_document_is_told(
    graph: GraphDatabase, documents: list[Document], seen: list[bool], collecting: bool
) -> None:
    graph.sync_solver_result(documents[0])
    assert seen == [False]
    assert gc.isenabled() is collecting


def test_who_finds_collecting_switched_off_does_not_touch_it() -> None:
    with without_collecting():
        with without_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_batch_that_fails_leaves_collecting_as_it_was(graph: GraphDatabase, files: list[str]) -> None:
    Path(files[1]).write_text("{")
    with pytest.raises(ValueError, match="JSON"):
        sync_solver_documents(files, graph=graph, is_local=True)
    assert gc.isenabled()
