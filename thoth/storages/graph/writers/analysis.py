"""An image analysis' rows into tables.

Every document has a run of its own, which owns what was found: a content that changed replaces it. What packages of
the operating system require and which symbols an environment provides is shared by all documents and only grows, so
that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Columns, Row
from ..documents.analysis import AnalysisRows
from ..models import (
    DetectedSymbol,
    FoundDeb,
    FoundPythonFile,
    FoundPythonInterpreter,
    FoundRPM,
    Identified,
    PackageExtractRun,
    PythonFileDigest,
    PythonInterpreter,
)
from ..names import key_sha256
from .environments import ensure_software_environments
from .ledger import Claim, claim, record_changes
from .packages import new_entities, wanted_entities
from .runs import replace_children, write_run
from .symbols import provide_symbols, wanted_symbols
from .system_packages import DebNodes, RPMNodes
from .upsert import Ensured, Wanted, digested, distinct_sorted, ensure_many, wanted_by_digest

_SHA256 = ("sha256",)

_Children = tuple[type[DeclarativeBase], Columns, int, list[Row]]
"""A table of what a run found, its columns without the run's, how many of them are keys, and the rows."""


def write(session: Session, rows: AnalysisRows, *, force: bool = False) -> bool:
    """Write an image analysis in the session's transaction; False where it was known and there is nothing to do."""
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    ids = ensure_software_environments(session, [rows.environment], external=rows.is_external)
    environment_id = ids[rows.environment]
    environment = (None, environment_id) if rows.is_external else (environment_id, None)
    found, symbol_ids, new_names = _find(session, rows)
    provide_symbols(session, environment, symbol_ids)
    run_id, is_new = _write_run(session, rows, environment)
    for model, columns, key_size, own in found:
        of_run = ("package_extract_run_id", *columns)
        replace_children(session, model, of_run, own, run_id=run_id, is_new=is_new, key_size=key_size)
    record_changes(session, new_names)
    return True


# --- What was found --------------------------------------------------------------------------------------------------


def _find(session: Session, rows: AnalysisRows) -> tuple[list[_Children], list[int], set[str]]:
    """What the run found, the ids of the symbols, and the names of packages of which a version was not known."""
    rpms, debs = RPMNodes(rows.rpms), DebNodes(rows.debs)
    packages = wanted_entities((item.package_name, item.package_version, None) for item in rows.python_packages)
    wanted = [packages, _wanted_files(rows), _wanted_interpreters(rows), wanted_symbols(rows.symbols)]
    ensured = ensure_many(session, [*wanted, *rpms.wanted(), *debs.wanted()])
    entities, digests, interpreters, symbols, *system = ensured
    new_names = new_entities(session, entities)
    symbol_ids = _ids(symbols)
    found: list[_Children] = [
        _python_packages(rows, entities),
        _python_files(rows, digests),
        (FoundPythonInterpreter, ("python_interpreter_id",), 1, _as_rows(_ids(interpreters))),
        (FoundRPM, ("rpm_package_version_id",), 1, _as_rows(rpms.relate(session, *system[:2]))),
        (FoundDeb, ("deb_package_version_id",), 1, _as_rows(debs.relate(session, *system[2:]))),
        (DetectedSymbol, ("versioned_symbol_id",), 1, _as_rows(symbol_ids)),
    ]
    return found, symbol_ids, new_names


def _ids(ensured: Mapping[Row, Ensured]) -> list[int]:
    return [item.id for item in ensured.values()]


def _as_rows(ids: Iterable[int]) -> list[Row]:
    return [(row_id,) for row_id in ids]


def _python_packages(rows: AnalysisRows, ids: Mapping[Row, Ensured]) -> _Children:
    """Where packages were found."""
    places: list[Row] = [
        (ids[(item.package_name, item.package_version, None)].id, key_sha256(item.location), item.location)
        for item in rows.python_packages
    ]
    return Identified, ("python_package_version_entity_id", "key_sha256", "location"), 2, places


def _wanted_files(rows: AnalysisRows) -> Wanted:
    return Wanted(PythonFileDigest, _SHA256, _SHA256, distinct_sorted((item.sha256,) for item in rows.python_files))


def _python_files(rows: AnalysisRows, ids: Mapping[Row, Ensured]) -> _Children:
    places: list[Row] = [(ids[(item.sha256,)].id, key_sha256(item.file), item.file) for item in rows.python_files]
    return FoundPythonFile, ("python_file_digest_id", "key_sha256", "file"), 2, places


def _wanted_interpreters(rows: AnalysisRows) -> Wanted:
    described = digested((item.path, item.link, item.version) for item in rows.python_interpreters)
    return wanted_by_digest(PythonInterpreter, ("path", "link", "version"), described)


# --- The run, and what it owns ---------------------------------------------------------------------------------------


def _write_run(session: Session, rows: AnalysisRows, environment: tuple[int | None, int | None]) -> tuple[int, bool]:
    """The id of the document's run, and whether it was not there before."""
    software_environment_id, external_software_environment_id = environment
    return write_run(
        session,
        PackageExtractRun,
        ("analysis_document_id",),
        {
            "analysis_document_id": rows.document.document_id,
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "datetime": rows.made_at,
            "environment_type": rows.environment.environment_type,
            "software_environment_id": software_environment_id,
            "external_software_environment_id": external_software_environment_id,
        },
    )
