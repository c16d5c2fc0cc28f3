"""Documents into the same tables the plain way: for each row a SELECT by its natural key, and an INSERT if it is new.

This is what the writers are measured against. It says no more than a first sync of documents that nobody contradicts:
nothing is corrected, nothing that is no longer stated goes away.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from thoth.storages.graph import models
from thoth.storages.graph.documents.analysis import AnalysisRows
from thoth.storages.graph.documents.ledger import DocumentRow
from thoth.storages.graph.documents.metadata import SCALARS, License, Metadata
from thoth.storages.graph.documents.solver import Dependency, Facts, SolvedPackage, SolverRows
from thoth.storages.graph.documents.system_packages import DebPackage, RPMPackage
from thoth.storages.graph.names import key_sha256, version_order

T = TypeVar("T")

_LISTS = (
    ("classifiers", models.PythonPackageMetadataClassifier, "classifier", models.HasMetadataClassifier),
    ("platforms", models.PythonPackageMetadataPlatform, "platform", models.HasMetadataPlatform),
    ("provides_extras", models.PythonPackageMetadataProvidesExtra, "optional_feature", models.HasMetadataProvidesExtra),
)


@dataclass
class _Plain:
    """A transaction that writes one document, and the names of the packages of which it made an entity."""

    session: Session
    changed: set[str] = field(default_factory=set)

    def one(self, model: type[T], key: dict[str, Any], **more: Any) -> T:
        """The row of this key, made with what more there is to say where it is missing."""
        return self._find(model, key) or self._make(model, key | more)

    def entity(self, name: str, version: str, index_id: int | None) -> int:
        key = {"package_name": name, "package_version": version, "python_package_index_id": index_id}
        there = self._find(models.PythonPackageVersionEntity, key)
        if there is None:
            there = self._make(models.PythonPackageVersionEntity, key | {"version_order": version_order(version)})
            self.changed.add(name)
        return there.id

    def enter(self, document: DocumentRow) -> None:
        said = asdict(document)
        self.one(models.SyncedDocument, {"document_id": said.pop("document_id")}, **said | {"remarks": []})

    def record_changes(self) -> None:
        number = self.session.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
        for name in sorted(self.changed):
            self.one(models.PackageChange, {"package_name": name}, xid=number).xid = number
        self.session.flush()

    def _find(self, model: type[T], key: dict[str, Any]) -> T | None:
        return self.session.scalars(select(model).filter_by(**key)).first()

    def _make(self, model: type[T], said: dict[str, Any]) -> T:
        row = model(**said)
        self.session.add(row)
        self.session.flush()
        return row


# --- Solver documents ------------------------------------------------------------------------------------------------


def write_solver(session: Session, rows: SolverRows) -> None:
    """Write a solver document of which nothing but what it shares with others is known."""
    plain = _Plain(session)
    plain.enter(rows.document)
    said = asdict(rows.solver)
    said["solver_name"], said["solver_version"] = said.pop("name"), said.pop("version")
    solver = plain.one(models.EcosystemSolver, {"ecosystem": "python", **said})
    environment = {name: said[name] for name in ("os_name", "os_version", "python_version")}
    for package in rows.packages:
        version_id = _package(plain, package, environment)
        plain.one(
            models.Solved,
            {"document_id": rows.document.document_id, "version_id": version_id},
            ecosystem_solver_id=solver.id,
            datetime=rows.made_at,
            duration=rows.duration,
            error=package.facts is None,
            error_unparseable=package.unparseable,
            error_unsolvable=package.unsolvable,
            is_provided=package.is_provided,
        )
        plain.changed.add(package.package_name)
    plain.record_changes()


def _package(plain: _Plain, package: SolvedPackage, environment: dict[str, str]) -> int:
    """The id of a version with all its facts."""
    assert package.facts is not None
    assert package.facts.metadata is not None
    index = plain.one(models.PythonPackageIndex, {"url": package.index_url})
    name, version, facts = package.package_name, package.package_version, package.facts
    entity_id = plain.entity(name, version, index.id)
    row = plain.one(
        models.PythonPackageVersion,
        {"entity_id": entity_id, **environment},
        package_name=name,
        package_version=version,
        version_order=version_order(version),
        python_package_index_id=index.id,
        python_package_metadata_id=_metadata(plain, package.facts.metadata),
        package_license=_license(plain, facts.license),
        package_license_warning=facts.license_warning,
    )
    _files_and_imports(plain, facts, entity_id, row.id)
    for dependency in facts.dependencies:
        _edge(plain, row.id, dependency)
    return row.id


def _files_and_imports(plain: _Plain, facts: Facts, entity_id: int, version_id: int) -> None:
    for digest in facts.hashes:
        artifact = plain.one(models.PythonArtifact, {"artifact_hash_sha256": digest})
        pair = {"python_package_version_entity_id": entity_id, "python_artifact_id": artifact.id}
        plain.one(models.HasArtifact, pair)
    for name in facts.import_packages:
        imported = plain.one(models.ImportPackage, {"import_package_name": name})
        pair = {"python_package_version_id": version_id, "import_package_id": imported.id}
        plain.one(models.FoundImportPackage, pair)


def _edge(plain: _Plain, version_id: int, dependency: Dependency) -> None:
    name, version, terms = dependency.package_name, dependency.package_version, dependency.terms
    entity_id = plain.entity(name, version, None)
    plain.one(
        models.DependsOn,
        {"version_id": version_id, "entity_id": entity_id, "key_sha256": terms.key},
        version_range=terms.version_range,
        marker=terms.marker,
        extra=terms.extra,
        extras=",".join(terms.extras) or None,
        marker_evaluation_result=dependency.marker_evaluation_result,
        stated_by_solver=True,
    )


def _license(plain: _Plain, license_: License | None) -> int | None:
    if license_ is None:
        return None
    said = {
        "license_name": license_.name,
        "license_identifier": license_.identifier,
        "license_version": license_.version,
    }
    return plain.one(models.PythonPackageLicense, {"key_sha256": license_.key}, **said).id


def _metadata(plain: _Plain, metadata: Metadata) -> int:
    scalars = dict(zip(SCALARS.values(), metadata.scalars, strict=True))
    own = {
        "python_package_metadata_id": plain.one(
            models.PythonPackageMetadata, {"key_sha256": metadata.key}, **scalars
        ).id
    }
    for attribute, model, column, link in _LISTS:
        for listed in getattr(metadata, attribute):
            value: Any = plain.one(model, {"key_sha256": key_sha256(listed)}, **{column: listed})
            plain.one(link, {**own, f"{model.__tablename__}_id": value.id})
    for url, label in metadata.project_urls:
        key = {"key_sha256": key_sha256(url, label)}
        value = plain.one(models.PythonPackageMetadataProjectUrl, key, url=url, label=label)
        plain.one(models.HasMetadataProjectUrl, {**own, "python_package_metadata_project_url_id": value.id})
    for kind, listed in metadata.distutils:
        key = {"distutils_type": kind, "key_sha256": key_sha256(listed)}
        value = plain.one(models.PythonPackageMetadataDistutils, key, distutils=listed)
        plain.one(models.HasMetadataDistutils, {**own, "python_package_metadata_distutils_id": value.id})
    return own["python_package_metadata_id"]


# --- Image analyses --------------------------------------------------------------------------------------------------


def write_analysis(session: Session, rows: AnalysisRows) -> None:
    """Write an analysis of a user's image that nobody analysed before."""
    plain = _Plain(session)
    plain.enter(rows.document)
    said = {"environment_type": rows.environment.environment_type, "key_sha256": rows.environment.key}
    environment = plain.one(models.ExternalSoftwareEnvironment, said, **asdict(rows.environment) | said)
    run = plain.one(
        models.PackageExtractRun,
        {"analysis_document_id": rows.document.document_id},
        **asdict(rows.run),
        datetime=rows.made_at,
        environment_type=rows.environment.environment_type,
        external_software_environment_id=environment.id,
    )
    own = {"package_extract_run_id": run.id}
    _found_python(plain, rows, own)
    for deb in rows.debs:
        plain.one(models.FoundDeb, {**own, "deb_package_version_id": _deb(plain, deb)})
    for rpm in rows.rpms:
        plain.one(models.FoundRPM, {**own, "rpm_package_version_id": _rpm(plain, rpm)})
    for library, symbol in rows.symbols:
        digest = {"key_sha256": key_sha256(library, symbol)}
        symbol_id = plain.one(models.VersionedSymbol, digest, library_name=library, symbol=symbol).id
        provided = {"external_software_environment_id": environment.id, "software_environment_id": None}
        plain.one(models.HasSymbol, {**provided, "versioned_symbol_id": symbol_id})
        plain.one(models.DetectedSymbol, {**own, "versioned_symbol_id": symbol_id})
    plain.record_changes()


def _found_python(plain: _Plain, rows: AnalysisRows, own: dict[str, int]) -> None:
    for package in rows.python_packages:
        entity_id = plain.entity(package.package_name, package.package_version, None)
        place = {"python_package_version_entity_id": entity_id, "key_sha256": key_sha256(package.location)}
        plain.one(models.Identified, {**own, **place}, location=package.location)
    for file in rows.python_files:
        digest = plain.one(models.PythonFileDigest, {"sha256": file.sha256})
        place = {"python_file_digest_id": digest.id, "key_sha256": key_sha256(file.file)}
        plain.one(models.FoundPythonFile, {**own, **place}, file=file.file)
    for found in rows.python_interpreters:
        said = {"path": found.path, "link": found.link, "version": found.version}
        row = plain.one(models.PythonInterpreter, {"key_sha256": key_sha256(*said.values())}, **said)
        plain.one(models.FoundPythonInterpreter, {**own, "python_interpreter_id": row.id})


def _deb(plain: _Plain, package: DebPackage) -> int:
    names = ("package_name", "package_version", "epoch", "arch")
    row_id = plain.one(models.DebPackageVersion, dict(zip(names, package.key, strict=True))).id
    for model, relations in (
        (models.DebDepends, package.depends),
        (models.DebPreDepends, package.pre_depends),
        (models.DebReplaces, package.replaces),
    ):
        for name, version_range in relations:
            other = plain.one(models.DebDependency, {"key_sha256": key_sha256(name)}, package_name=name)
            key = {"deb_package_version_id": row_id, "deb_dependency_id": other.id, "version_range": version_range}
            plain.one(model, key)
    return row_id


def _rpm(plain: _Plain, package: RPMPackage) -> int:
    names = ("package_name", "package_version", "epoch", "release", "arch", "src", "package_identifier")
    row_id = plain.one(models.RPMPackageVersion, dict(zip(names, package.key, strict=True))).id
    for name in package.requirements:
        other = plain.one(models.RPMRequirement, {"key_sha256": key_sha256(name)}, rpm_requirement_name=name)
        plain.one(models.RPMRequires, {"rpm_package_version_id": row_id, "rpm_requirement_id": other.id})
    return row_id
