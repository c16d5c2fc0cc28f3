"""Documents that are asked for again while others look at them."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.documents import DocumentOf
from support.tables import rows_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.writers.ledger import Claim, ask_for_again, claim

_ASKED = "SELECT to_sync_again FROM synced_document"


def test_a_document_that_somebody_only_finds_known_can_be_asked_for_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    row = parse(document).document
    with Session(engine) as looking, Session(engine) as asking:
        assert claim(looking, row, force=False) is Claim.KNOWN
        ask_for_again(asking, [row.document_id])
        asking.commit()
        looking.commit()
    assert rows_of(engine, _ASKED) == [(True,)]
    with Session(engine) as session:
        assert claim(session, row, force=False) is Claim.CHANGED


def test_a_document_that_is_being_written_is_not_asked_for_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    row = parse(document).document
    with Session(engine) as writing, Session(engine) as asking:
        assert claim(writing, row, force=True) is Claim.CHANGED
        ask_for_again(asking, [row.document_id])
        asking.commit()
        writing.commit()
    assert rows_of(engine, _ASKED) == [(False,)]
