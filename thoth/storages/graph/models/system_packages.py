"""Packages of the operating system found in images: RPM and Debian."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference


class RPMPackageVersion(Base):
    """A row is an RPM package in a version, as rpm tells versions apart."""

    __tablename__ = "rpm_package_version"
    __table_args__ = (
        UniqueConstraint(
            "package_name",
            "package_version",
            "epoch",
            "release",
            "arch",
            "src",
            "package_identifier",
            name="rpm_package_version_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("epoch <> '0'", name="epoch"),
    )

    id: Mapped[SurrogateId]
    package_name: Mapped[str]
    package_version: Mapped[str]
    epoch: Mapped[str | None] = mapped_column(comment="NULL is epoch 0")
    release: Mapped[str | None]
    arch: Mapped[str | None]
    src: Mapped[bool] = mapped_column(server_default=false(), comment="whether it is a source package")
    package_identifier: Mapped[str] = mapped_column(comment="name, epoch, version, release and architecture in one")


class FoundRPM(Base):
    """A row says that an analysis found an RPM package in the image."""

    __tablename__ = "found_rpm"
    __table_args__ = (Index("found_rpm_rpm_package_version_id_idx", "rpm_package_version_id"),)

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    rpm_package_version_id: Mapped[int] = mapped_column(reference("rpm_package_version.id"), primary_key=True)


class RPMRequirement(Base):
    """A row is something an RPM package may require: a package, a capability, a file, a rich dependency."""

    __tablename__ = "rpm_requirement"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("rpm_requirement_name <> ''", name="rpm_requirement_name"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    rpm_requirement_name: Mapped[str]


class RPMRequires(Base):
    """A row says that an RPM package requires something."""

    __tablename__ = "rpm_requires"
    __table_args__ = (Index("rpm_requires_rpm_requirement_id_idx", "rpm_requirement_id"),)

    rpm_package_version_id: Mapped[int] = mapped_column(reference("rpm_package_version.id"), primary_key=True)
    rpm_requirement_id: Mapped[int] = mapped_column(reference("rpm_requirement.id"), primary_key=True)


class DebPackageVersion(Base):
    """A row is a Debian package in a version, for an architecture."""

    __tablename__ = "deb_package_version"
    __table_args__ = (
        UniqueConstraint(
            "package_name",
            "package_version",
            "epoch",
            "arch",
            name="deb_package_version_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("epoch <> '0'", name="epoch"),
    )

    id: Mapped[SurrogateId]
    package_name: Mapped[str]
    package_version: Mapped[str]
    epoch: Mapped[str | None] = mapped_column(comment="NULL is epoch 0")
    arch: Mapped[str | None]


class FoundDeb(Base):
    """A row says that an analysis found a Debian package in the image."""

    __tablename__ = "found_deb"
    __table_args__ = (Index("found_deb_deb_package_version_id_idx", "deb_package_version_id"),)

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    deb_package_version_id: Mapped[int] = mapped_column(reference("deb_package_version.id"), primary_key=True)


class DebDependency(Base):
    """A row is something a Debian package may name in a relation: a package, or alternatives as they are written."""

    __tablename__ = "deb_dependency"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("package_name <> ''", name="package_name"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    package_name: Mapped[str]


class _DebRelation:
    """What the tables of relations between Debian packages hold."""

    id: Mapped[SurrogateId]
    deb_package_version_id: Mapped[int] = mapped_column(reference("deb_package_version.id"))
    deb_dependency_id: Mapped[int] = mapped_column(reference("deb_dependency.id"))
    version_range: Mapped[str | None] = mapped_column(comment="operator and version; NULL is any version")


def _deb_relation_rules(table: str) -> tuple[SchemaItem, ...]:
    return (
        UniqueConstraint(
            "deb_package_version_id",
            "deb_dependency_id",
            "version_range",
            name=f"{table}_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("version_range <> ''", name="version_range"),
        Index(f"{table}_deb_dependency_id_idx", "deb_dependency_id"),
    )


class DebDepends(_DebRelation, Base):
    """A row says that a Debian package depends on another one (Depends)."""

    __tablename__ = "deb_depends"
    __table_args__ = _deb_relation_rules("deb_depends")


class DebPreDepends(_DebRelation, Base):
    """A row says that a Debian package needs another one before it is unpacked (Pre-Depends)."""

    __tablename__ = "deb_pre_depends"
    __table_args__ = _deb_relation_rules("deb_pre_depends")


class DebReplaces(_DebRelation, Base):
    """A row says that a Debian package overwrites files of another one (Replaces)."""

    __tablename__ = "deb_replaces"
    __table_args__ = _deb_relation_rules("deb_replaces")
