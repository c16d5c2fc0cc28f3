"""Packages: indexes, versions, artifacts, and what can be imported from them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference

_ORDER = "sorts as PEP 440 orders versions, as plain bytes"


class PythonPackageIndex(Base):
    """A row is a Python package index: a place that packages come from."""

    __tablename__ = "python_package_index"
    __table_args__ = (UniqueConstraint("url"), CheckConstraint("url <> ''", name="url"))

    id: Mapped[SurrogateId]
    url: Mapped[str] = mapped_column(comment="without a trailing slash")
    warehouse_api_url: Mapped[str | None]
    verify_ssl: Mapped[bool] = mapped_column(server_default=true())
    enabled: Mapped[bool] = mapped_column(server_default=false(), comment="whether advice may use it")
    only_if_package_seen: Mapped[bool] = mapped_column(
        server_default=true(), comment="whether only packages that were seen before are followed on it"
    )


class PythonPackageVersionEntity(Base):
    """A row is a package in a version on an index, in no environment; version or index may be unknown (NULL)."""

    __tablename__ = "python_package_version_entity"
    __table_args__ = (
        UniqueConstraint(
            "package_name",
            "package_version",
            "python_package_index_id",
            name="python_package_version_entity_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("package_name <> ''", name="package_name"),
        CheckConstraint("(package_version IS NULL) = (version_order IS NULL)", name="version_order"),
        Index("python_package_version_entity_index_idx", "python_package_index_id"),
    )

    id: Mapped[SurrogateId]
    package_name: Mapped[str] = mapped_column(comment="normalised by PEP 503")
    package_version: Mapped[str | None] = mapped_column(comment="normalised by PEP 440")
    version_order: Mapped[bytes | None] = mapped_column(comment=_ORDER)
    python_package_index_id: Mapped[int | None] = mapped_column(reference("python_package_index.id"))


class PythonPackageVersion(Base):
    """A row is a package in a version on an index, as a solver found it in one environment.

    Name, version, order and index repeat the entity's: a resolver reads them without a join.
    """

    __tablename__ = "python_package_version"
    __table_args__ = (
        UniqueConstraint(
            "entity_id", "os_name", "os_version", "python_version", name="python_package_version_natural_key"
        ),
        Index("python_package_version_name_idx", "package_name", "package_version"),
        Index("python_package_version_environment_idx", "os_name", "os_version", "python_version"),
        Index("python_package_version_index_idx", "python_package_index_id"),
        Index("python_package_version_metadata_idx", "python_package_metadata_id"),
        Index("python_package_version_license_idx", "package_license"),
    )

    id: Mapped[SurrogateId]
    entity_id: Mapped[int] = mapped_column(reference("python_package_version_entity.id"))
    package_name: Mapped[str]
    package_version: Mapped[str]
    version_order: Mapped[bytes] = mapped_column(comment=_ORDER)
    python_package_index_id: Mapped[int | None] = mapped_column(reference("python_package_index.id"))
    os_name: Mapped[str] = mapped_column(comment="ubi counts as rhel")
    os_version: Mapped[str] = mapped_column(comment="RHEL without its minor version")
    python_version: Mapped[str] = mapped_column(comment="major.minor")
    python_package_metadata_id: Mapped[int | None] = mapped_column(reference("python_package_metadata.id", "SET NULL"))
    is_missing: Mapped[bool] = mapped_column(
        server_default=false(), comment="whether the index no longer provides it although it once did"
    )
    provides_source_distro: Mapped[bool] = mapped_column(
        server_default=true(), comment="whether the index has a source distribution of it"
    )
    package_license: Mapped[int | None] = mapped_column(reference("python_package_license.id", "SET NULL"))
    package_license_warning: Mapped[bool | None] = mapped_column(
        comment="whether the places that name the licence contradict each other"
    )


class PythonArtifact(Base):
    """A row is a file that a package version is distributed as, known by its digest."""

    __tablename__ = "python_artifact"
    __table_args__ = (
        UniqueConstraint("artifact_hash_sha256"),
        CheckConstraint("artifact_hash_sha256 ~ '^[0-9a-f]{64}$'", name="artifact_hash_sha256"),
    )

    id: Mapped[SurrogateId]
    artifact_hash_sha256: Mapped[str]
    artifact_name: Mapped[str | None]
    present: Mapped[bool] = mapped_column(
        server_default=true(), comment="as releases before 1.0 kept it; has_artifact tells it of each index"
    )


class HasArtifact(Base):
    """A row says that a package version on an index is distributed as an artifact."""

    __tablename__ = "has_artifact"
    __table_args__ = (Index("has_artifact_python_artifact_id_idx", "python_artifact_id"),)

    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )
    python_artifact_id: Mapped[int] = mapped_column(reference("python_artifact.id"), primary_key=True)
    present: Mapped[bool] = mapped_column(
        server_default=true(), comment="whether this index still provides it; another one may"
    )


class ImportPackage(Base):
    """A row is a name that can be imported."""

    __tablename__ = "import_package"
    __table_args__ = (
        UniqueConstraint("import_package_name"),
        CheckConstraint("import_package_name <> ''", name="import_package_name"),
    )

    id: Mapped[SurrogateId]
    import_package_name: Mapped[str]


class FoundImportPackage(Base):
    """A row says that a package version provides a name to import in its environment."""

    __tablename__ = "found_import_package"
    __table_args__ = (Index("found_import_package_import_package_id_idx", "import_package_id"),)

    python_package_version_id: Mapped[int] = mapped_column(reference("python_package_version.id"), primary_key=True)
    import_package_id: Mapped[int] = mapped_column(reference("import_package.id"), primary_key=True)
