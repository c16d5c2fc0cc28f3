"""Dumps in object storage: their names, which are kept, which are never touched."""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from thoth.storages import GraphBackupStore, exceptions, graph_backup
from thoth.storages.ceph import CephStore

NAME = "pg_dump-%y-%m-%d-%H-%M-%S"
OLD = [f"pg_dump-21-0{month}-15-03-00-00" for month in range(1, 8)]
FOREIGN = [
    "pg_dump-21-01-15-03-00-00.sql",
    "pg_dump-21-01-15-03-00-00-copy",
    "pg_dump-21-13-45-03-00-00",
    "pg_dump-before-the-migration",
    "old/pg_dump-21-01-15-03-00-00",
    "xpg_dump-21-01-15-03-00-00",
    "pg_dump-\u0662\u0661-01-15-03-00-00",
    "notes",
]


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> GraphBackupStore:
    connected = GraphBackupStore()
    connected.connect()
    return connected


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "graph.dump"
    path.write_bytes(b"PGDMP" + b"\x00\x01" * 5000)
    return path


def names(store: GraphBackupStore) -> list[str]:
    return [listed.document_id for listed in store.iterate_dumps()]


def everything(store: GraphBackupStore) -> set[str]:
    return set(store.ceph.get_document_listing())


def test_a_dump_lies_where_it_did_in_2023_under_the_moment_it_was_stored(
    store: GraphBackupStore, dump: Path, prefix: str, s3: dict[str, str]
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    name = store.store_dump(str(dump))
    after = datetime.now(UTC)
    assert before <= datetime.strptime(name, NAME).replace(tzinfo=UTC) <= after
    assert re.fullmatch(r"pg_dump(-\d\d){6}", name)
    plain = CephStore(f"{prefix}/tests/graph-backup", **s3)
    plain.connect()
    assert plain.retrieve_blob(name) == dump.read_bytes()
    assert list(plain.get_document_listing()) == [name], "nothing else is left there"


def test_a_dump_comes_back_as_it_was(store: GraphBackupStore, dump: Path, tmp_path: Path) -> None:
    name = store.store_dump(dump)
    store.retrieve_dump(name, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == dump.read_bytes()
    with pytest.raises(exceptions.NotFoundError):
        store.retrieve_dump("pg_dump-20-01-01-00-00-00", tmp_path / "back")
    for wrong in ("", "notes", "../graph-backup/notes", f"{name}.request"):
        with pytest.raises(ValueError, match="no name of a dump"):
            store.retrieve_dump(wrong, tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "graph.dump"]


def test_the_newest_are_kept_and_nothing_else_is_deleted(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch
) -> None:
    for name in (*OLD, *FOREIGN):
        store.ceph.store_blob(b"x", name)
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "3")
    stored = store.store_dump(dump)
    assert names(store) == [stored, OLD[6], OLD[5]]
    assert everything(store) == {stored, *OLD[5:], *FOREIGN}


def test_21_are_kept_without_a_setting_which_is_read_when_it_is_needed(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch
) -> None:
    old = [f"pg_dump-21-03-{day:02}-03-00-00" for day in range(1, 31)]
    for name in old:
        store.ceph.store_blob(b"x", name)
    first = store.store_dump(dump)
    assert names(store) == [first, *reversed(old[-20:])]
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "1")
    second = store.store_dump(dump)
    assert names(store) == [second]


def test_whatever_the_clocks_said_the_newest_dump_is_not_the_one_to_go(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch
) -> None:
    later = (datetime.now(UTC) + timedelta(days=400)).strftime(NAME)
    store.ceph.store_blob(b"x", later)
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "1")
    stored = store.store_dump(dump)
    assert names(store) == [stored]
    assert store.ceph.retrieve_blob(stored) == dump.read_bytes()


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "inf"])
def test_a_wrong_setting_is_told_before_anything_is_stored_or_deleted(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch, value: str
) -> None:
    store.ceph.store_blob(b"x", OLD[0])
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", value)
    with pytest.raises(exceptions.SettingError, match="GRAPH_BACKUP_STORE_ROTATE: expected a number of at least 1"):
        store.store_dump(dump)
    assert everything(store) == {OLD[0]}


def test_two_dumps_of_one_second_have_two_names(store: GraphBackupStore, dump: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.dump"
    other.write_bytes(b"other")
    first, second = store.store_dump(dump), store.store_dump(other)
    assert first < second
    assert store.ceph.retrieve_blob(first) == dump.read_bytes()
    assert store.ceph.retrieve_blob(second) == b"other"


def test_many_at_once_overwrite_nothing(store: GraphBackupStore, tmp_path: Path) -> None:
    stored: dict[str, bytes] = {}
    begin = threading.Barrier(4)

    def work(number: int) -> None:
        path = tmp_path / str(number)
        path.write_bytes(b"%d" % number)
        own = GraphBackupStore()
        own.connect()
        begin.wait()
        stored[own.store_dump(path)] = path.read_bytes()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 4
    assert {name: store.ceph.retrieve_blob(name) for name in names(store)} == stored
    assert everything(store) == set(stored), "nothing else is left there"


def test_a_name_that_is_taken_is_not_taken_again(
    store: GraphBackupStore, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        times = [datetime(2026, 11, 22, 3, 0, second, tzinfo=UTC) for second in (0, 1)]

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.times.pop(0)

    monkeypatch.setattr(graph_backup, "datetime", Clock)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    store.ceph.store_blob(b"of another", "pg_dump-26-11-22-03-00-00")
    assert store.store_dump(dump) == "pg_dump-26-11-22-03-00-01"
    assert store.ceph.retrieve_blob("pg_dump-26-11-22-03-00-00") == b"of another"


def test_what_arrives_incomplete_goes_away_and_no_older_one_does(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch
) -> None:
    for name in OLD:
        store.ceph.store_blob(b"x", name)
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "2")

    def lose_the_end(path: Path, name: str) -> dict[str, Any]:
        store.ceph.store_blob(Path(path).read_bytes()[:-1], name)
        return {"ContentLength": store.ceph.retrieve_document_attr(name, "content_length")}

    settings.setattr(store.ceph, "store_file", lose_the_end)
    with pytest.raises(exceptions.StorageUnavailableError, match=r"10,004 bytes arrived of 10,005"):
        store.store_dump(dump)
    assert everything(store) == set(OLD)


def test_a_file_that_is_no_dump_for_certain_pushes_none_out(
    store: GraphBackupStore, tmp_path: Path, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "1")
    store.ceph.store_blob(b"x", OLD[0])
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="is empty"):
        store.store_dump(tmp_path / "empty")
    for missing in (tmp_path / "missing", tmp_path):
        with pytest.raises(OSError):
            store.store_dump(missing)
    assert everything(store) == {OLD[0]}


def test_dumps_that_cannot_be_deleted_are_told_with_the_name_of_the_one_that_is_stored(
    store: GraphBackupStore, dump: Path, settings: pytest.MonkeyPatch
) -> None:
    store.ceph.store_blob(b"x", OLD[0])
    settings.setenv("GRAPH_BACKUP_STORE_ROTATE", "1")

    def refuse(_name: str) -> None:
        raise exceptions.StorageAccessError("no")

    settings.setattr(store.ceph, "delete", refuse)
    with pytest.raises(exceptions.StorageAccessError) as error:
        store.store_dump(dump)
    stored = names(store)[0]
    assert stored != OLD[0]
    assert error.value.__notes__ == [f"the dump is stored as {stored}, but older ones could not be deleted"]


@pytest.mark.slow
def test_a_large_dump_is_never_in_memory_as_a_whole(store: GraphBackupStore, tmp_path: Path) -> None:
    import resource

    path, size = tmp_path / "large", 300 * 2**20
    with path.open("wb") as file:
        file.truncate(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    name = store.store_dump(path)
    store.retrieve_dump(name, tmp_path / "back")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert (tmp_path / "back").stat().st_size == size
    assert grown < size // 3
    store.ceph.delete(name)
