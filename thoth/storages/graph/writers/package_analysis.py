"""A package analysis' rows into tables.

Every document has a run of its own, which owns which artifacts and files were looked into: a content that changed
replaces that. What an artifact holds and needs is shared by all documents about it, since its digest names its content:
it only grows, so that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache

from sqlalchemy import Update, collate, or_, select, update
from sqlalchemy.orm import Session

from ..arrays import Row, given_rows, parameters_of
from ..documents.package_analysis import Artifact, PackageAnalysisRows
from ..models import (
    IncludedFile,
    Investigated,
    InvestigatedFile,
    PackageAnalyzerRun,
    PythonArtifact,
    PythonFileDigest,
    RequiresSymbol,
)
from ..models_base import table_of
from ..names import key_sha256
from .entities import ensure_packages
from .ledger import Claim, claim, record_changes
from .runs import replace_children, write_run
from .symbols import ensure_symbols
from .upsert import distinct_sorted, ensure, ensure_rows, insert_missing, link

_ARTIFACT = ("artifact_hash_sha256", "artifact_name")
_INCLUDED_KEY = ("python_artifact_id", "python_file_digest_id", "key_sha256")


def write(session: Session, rows: PackageAnalysisRows, *, force: bool = False) -> bool:
    """Write a package's analysis in the session's transaction; False where it was known and there is nothing to do."""
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    entities, new_names = ensure_packages(session, [rows.package])
    artifacts = _ensure_artifacts(session, rows.artifacts)
    files = _write_files(session, artifacts)
    _write_symbols(session, artifacts)
    run_id, is_new = _write_run(session, rows, entities[rows.package])
    for model, column, ids in (
        (Investigated, "python_artifact_id", artifacts.values()),
        (InvestigatedFile, "python_file_digest_id", files),
    ):
        columns = ("package_analyzer_run_id", column)
        replace_children(session, model, columns, ((row_id,) for row_id in ids), run_id=run_id, is_new=is_new)
    record_changes(session, {rows.package.package_name, *new_names})
    return True


def _write_run(session: Session, rows: PackageAnalysisRows, entity_id: int) -> tuple[int, bool]:
    """The id of the document's run, and whether it was not there before."""
    return write_run(
        session,
        PackageAnalyzerRun,
        ("package_analysis_document_id",),
        {
            "package_analysis_document_id": rows.document.document_id,
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "datetime": rows.made_at,
            "input_python_package_version_entity_id": entity_id,
        },
    )


# --- What artifacts are called, hold and need ------------------------------------------------------------------------


@cache
def _name_artifacts() -> Update:
    """Name artifacts without a name; where documents name one differently, the first in their order counts."""
    artifacts = table_of(PythonArtifact)
    given = given_rows(artifacts, _ARTIFACT)
    same = artifacts.c.artifact_hash_sha256 == given.c.artifact_hash_sha256
    before = collate(given.c.artifact_name, "C") < artifacts.c.artifact_name
    # Locked in one order, so that two writers cannot wait for each other.
    locked = (
        select(artifacts.c.id, given.c.artifact_name)
        .join(given, same)
        .where(or_(artifacts.c.artifact_name.is_(None), before))
        .order_by(artifacts.c.id)
        .with_for_update(of=artifacts, key_share=True)
        .cte("locked")
    )
    named = update(artifacts).where(artifacts.c.id == locked.c.id)
    return named.values(artifact_name=locked.c.artifact_name)


def _ensure_artifacts(session: Session, artifacts: Iterable[Artifact]) -> dict[Artifact, int]:
    """The id of each artifact."""
    ordered = sorted(artifacts, key=lambda artifact: artifact.sha256)
    named = [(artifact.sha256, artifact.name) for artifact in ordered]
    ensured = ensure_rows(session, PythonArtifact, _ARTIFACT, _ARTIFACT[:1], named)
    if not all(item.is_new for item in ensured):
        session.execute(_name_artifacts(), parameters_of(_ARTIFACT, named))
    return {artifact: item.id for artifact, item in zip(ordered, ensured, strict=True)}


def _write_files(session: Session, artifacts: dict[Artifact, int]) -> set[int]:
    """Place the files in the artifacts; gives the ids of their contents."""
    placed = {(row_id, file) for artifact, row_id in artifacts.items() for file in artifact.files}
    ids = ensure(session, PythonFileDigest, ("sha256",), ((file.sha256,) for _, file in placed))
    included: Iterable[Row] = (
        (row_id, ids[(file.sha256,)], key_sha256(file.file), file.file) for row_id, file in placed
    )
    insert_missing(session, IncludedFile, (*_INCLUDED_KEY, "file"), _INCLUDED_KEY, distinct_sorted(included))
    return set(ids.values())


def _write_symbols(session: Session, artifacts: dict[Artifact, int]) -> None:
    ids = ensure_symbols(session, {symbol for artifact in artifacts for symbol in artifact.symbols})
    needed = ((row_id, ids[symbol]) for artifact, row_id in artifacts.items() for symbol in artifact.symbols)
    link(session, RequiresSymbol, ("python_artifact_id", "versioned_symbol_id"), needed)
