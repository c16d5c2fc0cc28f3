"""An image analysis that a release before 1.0 synced, told again after its graph was adopted."""

from __future__ import annotations

from sqlalchemy import URL, Engine
from support.analyses import ID, real_analysis
from support.digests import wrong_digests
from support.published import make_published
from support.tables import difference, dump, rows_of, sequences

from thoth.storages.graph import GraphDatabase, migrations
from thoth.storages.graph.adoption import adopt


def test_a_document_that_was_adopted_is_told_again_without_a_change(
    server: URL, missing_database: URL, engine: Engine
) -> None:
    make_published(server, missing_database)
    adopt(engine)
    migrations.upgrade(engine)
    assert rows_of(engine, "SELECT id FROM package_extract_run WHERE analysis_document_id = :id", id=ID)
    before, numbers = dump(engine), sequences(engine)
    graph = GraphDatabase()
    graph.connect()
    graph.sync_analysis_result(real_analysis(), force=True)
    graph.disconnect()
    assert difference(dump(engine), before).keys() == {"synced_document"}  # the content's digest is known now
    assert sequences(engine) == numbers
    assert wrong_digests(engine) == []
