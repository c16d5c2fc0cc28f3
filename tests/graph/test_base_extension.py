"""Rows that may be there already, and rows as dictionaries."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from threading import Barrier

import pytest
from sqlalchemy import URL, Engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from support.tables import count, rows_of, run, sequences
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.enums import DocumentKindEnum, MetadataDistutilsTypeEnum
from thoth.storages.graph.models import (
    HasArtifact,
    PackageChange,
    PythonArtifact,
    PythonPackageIndex,
    PythonPackageLicense,
    PythonPackageMetadataDistutils,
    PythonPackageVersionEntity,
    SyncedDocument,
)
from thoth.storages.graph.models_base import Base, BaseExtension

PYPI = "https://pypi.org/simple"
DIGEST = sha256(b"a").digest()


@pytest.fixture
def sessions(database: URL) -> Iterator[sessionmaker[Session]]:
    made = make_engine(database)
    yield sessionmaker(made)
    made.dispose()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as opened:
        yield opened


# --- get_or_create ---------------------------------------------------------------------------------------------------


def test_a_row_is_made_once_and_found_from_then_on(session: Session, engine: Engine) -> None:
    made, existed = PythonPackageIndex.get_or_create(session, url=PYPI, enabled=True)
    assert (existed, made.url, made.enabled, made.verify_ssl) == (False, PYPI, True, True)
    assert PythonPackageIndex.get_or_create(session, url=PYPI) == (made, True)
    session.commit()
    assert count(engine, "python_package_index") == 1


def test_nothing_is_committed(session: Session, engine: Engine) -> None:
    PythonPackageIndex.get_or_create(session, url=PYPI)
    session.rollback()
    assert count(engine, "python_package_index") == 0


def test_attributes_beside_the_key_do_not_count_and_do_not_change(session: Session, engine: Engine) -> None:
    made, _ = PythonPackageIndex.get_or_create(session, url=PYPI, enabled=True)
    there, existed = PythonPackageIndex.get_or_create(session, url=PYPI, enabled=False, verify_ssl=False)
    session.commit()
    assert there is made and existed
    assert rows_of(engine, "SELECT enabled, verify_ssl FROM python_package_index") == [(True, True)]


def test_a_row_that_is_there_uses_up_no_id(session: Session, engine: Engine) -> None:
    PythonPackageIndex.get_or_create(session, url=PYPI)
    before = sequences(engine)
    for _ in range(3):
        PythonPackageIndex.get_or_create(session, url=PYPI)
    assert sequences(engine) == before


def test_none_is_a_value_like_any_other(session: Session, engine: Engine) -> None:
    key = {"package_name": "flask", "package_version": None, "python_package_index_id": None}
    made, existed = PythonPackageVersionEntity.get_or_create(session, **key)
    assert not existed
    assert PythonPackageVersionEntity.get_or_create(session, **key) == (made, True)
    other = {**key, "package_version": "3.0.3", "version_order": b"3"}
    assert not PythonPackageVersionEntity.get_or_create(session, **other)[1]
    session.commit()
    assert count(engine, "python_package_version_entity") == 2


def test_a_key_of_two_references_is_a_key(session: Session) -> None:
    artifact, _ = PythonArtifact.get_or_create(session, artifact_hash_sha256="a" * 64)
    entity, _ = PythonPackageVersionEntity.get_or_create(session, package_name="flask")
    pair = {"python_package_version_entity_id": entity.id, "python_artifact_id": artifact.id}
    made, existed = HasArtifact.get_or_create(session, **pair, present=False)
    assert not existed
    assert HasArtifact.get_or_create(session, **pair, present=True) == (made, True)
    assert made.present is False


def test_a_digest_is_a_key_if_it_is_given(session: Session) -> None:
    made, _ = PythonPackageLicense.get_or_create(session, key_sha256=DIGEST, license_name="MIT")
    assert PythonPackageLicense.get_or_create(session, key_sha256=DIGEST) == (made, True)
    assert PythonPackageLicense.get_or_create(session, license_name="MIT", license_version=None) == (made, True)
    with pytest.raises(IntegrityError, match="key_sha256"):
        PythonPackageLicense.get_or_create(session, license_name="BSD")


def test_without_a_whole_key_every_attribute_counts_and_the_first_row_is_given(session: Session) -> None:
    pypi, _ = PythonPackageIndex.get_or_create(session, url=PYPI)
    of_none, _ = PythonPackageVersionEntity.get_or_create(session, package_name="flask")
    of_pypi, existed = PythonPackageVersionEntity.get_or_create(
        session, package_name="flask", python_package_index_id=pypi.id
    )
    assert not existed
    assert PythonPackageVersionEntity.get_or_create(session, package_name="flask") == (of_none, True)
    found = PythonPackageVersionEntity.get_or_create(session, python_package_index_id=pypi.id, package_name="flask")
    assert found == (of_pypi, True)


def test_an_id_finds_its_row(session: Session) -> None:
    made, _ = PythonPackageIndex.get_or_create(session, url=PYPI)
    assert PythonPackageIndex.get_or_create(session, id=made.id) == (made, True)


def test_a_row_that_was_added_and_not_flushed_is_found(session: Session) -> None:
    added = PythonPackageIndex(url=PYPI)
    session.add(added)
    assert PythonPackageIndex.get_or_create(session, url=PYPI) == (added, True)


def test_another_row_in_the_way_is_named_and_the_transaction_goes_on(session: Session, engine: Engine) -> None:
    PythonPackageVersionEntity.get_or_create(session, package_name="flask")
    with pytest.raises(IntegrityError, match="python_package_version_entity_natural_key"):
        PythonPackageVersionEntity.get_or_create(session, package_name="flask", id=4711)
    session.commit()
    assert count(engine, "python_package_version_entity") == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"enabled": True}, "23502"),
        ({"url": None}, "23502"),
        ({"url": ""}, "23514"),
    ],
)
def test_what_postgresql_refuses_comes_as_it_is_and_the_transaction_goes_on(
    session: Session, engine: Engine, given: dict[str, object], code: str
) -> None:
    PythonPackageIndex.get_or_create(session, url=PYPI)
    with pytest.raises(IntegrityError) as error:
        PythonPackageIndex.get_or_create(session, **given)
    assert getattr(error.value.orig, "pgcode", None) == code
    PythonPackageIndex.get_or_create(session, url="https://example.com/simple")
    session.commit()
    assert count(engine, "python_package_index") == 2


def test_a_missing_parent_is_an_error_and_the_transaction_goes_on(session: Session, engine: Engine) -> None:
    PythonPackageIndex.get_or_create(session, url=PYPI)
    with pytest.raises(IntegrityError, match="python_package_index_id_fkey"):
        PythonPackageVersionEntity.get_or_create(session, package_name="flask", python_package_index_id=4711)
    session.commit()
    assert count(engine, "python_package_index") == 1


def test_names_that_are_no_attributes_are_named(session: Session) -> None:
    with pytest.raises(TypeError, match=r"PythonPackageIndex has no attribute uri, ssl; it has id, url, warehouse"):
        PythonPackageIndex.get_or_create(session, url=PYPI, uri=PYPI, ssl=True)
    with pytest.raises(TypeError, match="at least one attribute"):
        PythonPackageIndex.get_or_create(session)


# --- At the same time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [PYPI, "https://example.com/simple"])
def test_who_comes_second_waits_and_gets_the_first_ones_row(
    sessions: sessionmaker[Session], engine: Engine, url: str
) -> None:
    second: list[tuple[int, bool]] = []

    def make() -> None:
        with sessions.begin() as session:
            row, existed = PythonPackageIndex.get_or_create(session, url=url)
            second.append((row.id, existed))

    with sessions() as first:
        row, existed = PythonPackageIndex.get_or_create(first, url=url)
        doing = Doing(make)
        wait_for(lambda: bool(waiting_pids(engine)), "the second waits for the first")
        first.commit()
        doing.result()
        assert (existed, second) == (False, [(row.id, True)])


def test_who_comes_second_makes_the_row_when_the_first_gives_up(
    sessions: sessionmaker[Session], engine: Engine
) -> None:
    second: list[bool] = []

    def make() -> None:
        with sessions.begin() as session:
            second.append(PythonPackageIndex.get_or_create(session, url=PYPI)[1])

    with sessions() as first:
        PythonPackageIndex.get_or_create(first, url=PYPI)
        doing = Doing(make)
        wait_for(lambda: bool(waiting_pids(engine)), "the second waits for the first")
        first.rollback()
    doing.result()
    assert second == [False]
    assert count(engine, "python_package_index") == 1


def test_many_at_once_make_one_row_with_a_null_in_its_key(sessions: sessionmaker[Session], engine: Engine) -> None:
    together = Barrier(8)

    def make(_number: int) -> tuple[int, bool]:
        together.wait(10)
        with sessions.begin() as session:
            row, existed = PythonPackageVersionEntity.get_or_create(
                session, package_name="flask", package_version=None, python_package_index_id=None
            )
            return row.id, existed

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))
    assert len({identity for identity, _ in made}) == 1
    assert sorted(existed for _, existed in made) == [False] + [True] * 7
    assert count(engine, "python_package_version_entity") == 1


def test_a_row_that_comes_and_goes_meanwhile_is_made_again(sessions: sessionmaker[Session], engine: Engine) -> None:
    """Between our look and our insert somebody makes the row; between our insert and our next look it is gone."""
    inserts: list[str] = []
    ours = sessions.kw["bind"]

    @event.listens_for(ours, "before_cursor_execute")
    def come(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT"):
            inserts.append(statement)
            if len(inserts) == 1:
                run(engine, "INSERT INTO python_package_index (url) VALUES (:url)", url=PYPI)

    @event.listens_for(ours, "after_cursor_execute")
    def go(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT") and len(inserts) == 1:
            run(engine, "DELETE FROM python_package_index")

    with sessions.begin() as session:
        row, existed = PythonPackageIndex.get_or_create(session, url=PYPI)
        identity = row.id
    assert (existed, len(inserts)) == (False, 2)
    assert rows_of(engine, "SELECT id FROM python_package_index") == [(identity,)]


# --- Names and values ------------------------------------------------------------------------------------------------


def test_every_model_has_them() -> None:
    assert all(issubclass(mapper.class_, BaseExtension) for mapper in Base.registry.mappers)


def test_the_names_of_the_columns_come_in_the_order_of_the_table(engine: Engine, database: URL) -> None:
    statement = "SELECT column_name FROM information_schema.columns WHERE table_name = :name ORDER BY ordinal_position"
    names = [row[0] for row in rows_of(engine, statement, name="python_package_index")]
    assert PythonPackageIndex.attribute_names() == names


def test_a_row_as_a_dictionary_keeps_types_and_none(session: Session) -> None:
    row, _ = PythonPackageIndex.get_or_create(session, url=PYPI)
    told = {
        "url": PYPI,
        "warehouse_api_url": None,
        "verify_ssl": True,
        "enabled": False,
        "only_if_package_seen": True,
    }
    assert row.to_dict() == told
    assert row.to_dict(without_id=False) == {"id": row.id, **told}
    assert list(row.to_dict(without_id=False)) == PythonPackageIndex.attribute_names()
    assert PackageChange(package_name="flask", xid=3).to_dict() == {"package_name": "flask", "xid": 3}


def test_bytes_stay_and_what_is_of_an_enumeration_is_its_name(session: Session) -> None:
    required = MetadataDistutilsTypeEnum.REQUIRED
    row, _ = PythonPackageMetadataDistutils.get_or_create(
        session, key_sha256=DIGEST, distutils="flask", distutils_type=required
    )
    session.expire(row)
    assert row.to_dict() == {"key_sha256": DIGEST, "distutils": "flask", "distutils_type": "REQUIRED"}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_moments_are_texts_in_utc(session: Session, zone: timezone) -> None:
    moment = datetime(2023, 5, 1, 12, 0, tzinfo=UTC).astimezone(zone)
    session.connection().exec_driver_sql("SET LOCAL TimeZone = 'Asia/Tokyo'")
    row, _ = SyncedDocument.get_or_create(
        session, document_id="solver-1", kind=DocumentKindEnum.SOLVER, content_sha256=DIGEST, created_at=moment
    )
    assert row.to_dict()["created_at"] == "2023-05-01 12:00:00"
    row.created_at = moment
    assert row.to_dict()["created_at"] == "2023-05-01 12:00:00"
