"""An image analysis' rows into tables.

Every document has a run of its own, which owns what was found: a content that changed replaces it. What packages of
the operating system require and which symbols an environment provides is shared by all documents and only grows, so
that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import BigInteger, Delete, Table, Update, bindparam, delete, or_, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Columns, Row, given_rows, parameters_of
from ..documents.analysis import AnalysisRows, PythonInterpreter
from ..models import (
    DetectedSymbol,
    FoundDeb,
    FoundPythonFile,
    FoundPythonInterpreter,
    FoundRPM,
    Identified,
    PackageExtractRun,
    PythonFileDigest,
)
from ..models import PythonInterpreter as PythonInterpreterRow
from ..models_base import table_of
from ..names import key_sha256
from .environments import ensure_software_environments
from .ledger import Claim, claim, record_changes
from .packages import ensure_entities
from .symbols import ensure_symbols, provide_symbols
from .system_packages import write_debs, write_rpms
from .upsert import distinct_sorted, ensure, ensure_by_digest, ids_by_key, insert_missing, matches

_RUN_KEY = ("analysis_document_id",)
_OF_RUN = (
    "package_extract_name",
    "package_extract_version",
    "origin",
    "debug",
    "image_size",
    "image_tag",
    "duration",
    "os_name",
    "os_id",
    "os_version_id",
)
_RUN = (
    *_RUN_KEY,
    *_OF_RUN,
    "datetime",
    "environment_type",
    "software_environment_id",
    "external_software_environment_id",
)

_Children = tuple[type[DeclarativeBase], Columns, int, list[Row]]
"""A table of what a run found, its columns without the run's, how many of them are keys, and the rows."""


def write(session: Session, rows: AnalysisRows, *, force: bool = False) -> bool:
    """Write an image analysis in the session's transaction; False where it was known and there is nothing to do."""
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    ids = ensure_software_environments(session, [rows.environment], external=rows.is_external)
    environment_id = ids[rows.environment]
    environment = (None, environment_id) if rows.is_external else (environment_id, None)
    packages, new_names = _python_packages(session, rows)
    symbols = list(ensure_symbols(session, rows.symbols).values())
    found: list[_Children] = [
        packages,
        _python_files(session, rows),
        (FoundPythonInterpreter, ("python_interpreter_id",), 1, _interpreters(session, rows.python_interpreters)),
        (FoundRPM, ("rpm_package_version_id",), 1, [(item,) for item in write_rpms(session, rows.rpms)]),
        (FoundDeb, ("deb_package_version_id",), 1, [(item,) for item in write_debs(session, rows.debs)]),
        (DetectedSymbol, ("versioned_symbol_id",), 1, [(item,) for item in symbols]),
    ]
    provide_symbols(session, environment, symbols)
    run_id, is_new = _write_run(session, rows, environment)
    for children in found:
        _write_children(session, run_id, children, is_new=is_new)
    record_changes(session, new_names)
    return True


# --- What was found --------------------------------------------------------------------------------------------------


def _python_packages(session: Session, rows: AnalysisRows) -> tuple[_Children, set[str]]:
    """Where packages were found, and the names of those of which a version was not known."""
    entities = {item: (item.package_name, item.package_version, None) for item in rows.python_packages}
    ids, new_names = ensure_entities(session, entities.values())
    places = [(ids[entity], key_sha256(item.location), item.location) for item, entity in entities.items()]
    columns = ("python_package_version_entity_id", "key_sha256", "location")
    return (Identified, columns, 2, places), new_names


def _python_files(session: Session, rows: AnalysisRows) -> _Children:
    ids = ensure(session, PythonFileDigest, ("sha256",), ((item.sha256,) for item in rows.python_files))
    places = [(ids[(item.sha256,)], key_sha256(item.file), item.file) for item in rows.python_files]
    return FoundPythonFile, ("python_file_digest_id", "key_sha256", "file"), 2, places


def _interpreters(session: Session, interpreters: Iterable[PythonInterpreter]) -> list[Row]:
    """The ids of interpreters, each as a row."""
    described = {(item.path, item.link, item.version) for item in interpreters}
    ids = ensure_by_digest(session, PythonInterpreterRow, ("path", "link", "version"), described)
    return [(row_id,) for row_id in ids.values()]


# --- The run, and what it owns ---------------------------------------------------------------------------------------


@cache
def _correct_run() -> Update:
    runs = table_of(PackageExtractRun)
    given = given_rows(runs, _RUN)
    values = {name: given.c[name] for name in _RUN if name not in _RUN_KEY}
    changed = or_(*(runs.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(runs).where(matches(runs, given, _RUN_KEY), changed).values(values)


def _write_run(session: Session, rows: AnalysisRows, environment: tuple[int | None, int | None]) -> tuple[int, bool]:
    """The id of the document's run, and whether it was not there before."""
    key = (rows.document.document_id,)
    of_run = tuple(getattr(rows.run, name) for name in _OF_RUN)
    run = (*key, *of_run, rows.made_at, rows.environment.environment_type, *environment)
    is_new = bool(insert_missing(session, PackageExtractRun, _RUN, _RUN_KEY, [run]))
    if not is_new:
        session.execute(_correct_run(), parameters_of(_RUN, [run]))
    return ids_by_key(session, PackageExtractRun, _RUN_KEY, [key])[key], is_new


@cache
def _delete_stale(table: Table, key: Columns) -> Delete:
    stated = given_rows(table, key)
    still = select(1).select_from(stated).where(matches(table, stated, key)).exists()
    own = table.c.package_extract_run_id == bindparam("run_id", type_=BigInteger)
    return delete(table).where(own, ~still)


def _write_children(session: Session, run_id: int, children: _Children, *, is_new: bool) -> None:
    """Make these rows what the run found; what it no longer states is removed."""
    model, own_columns, key_size, own_rows = children
    columns = ("package_extract_run_id", *own_columns)
    key = columns[: key_size + 1]
    rows = distinct_sorted((run_id, *row) for row in own_rows)
    insert_missing(session, model, columns, key, rows)
    if not is_new:
        session.execute(_delete_stale(table_of(model), key), {**parameters_of(key, rows), "run_id": run_id})
