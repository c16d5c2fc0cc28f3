"""Requirements and locked packages as sets known by their content, and the software stacks made of them.

A set's hash is the sha256, in hex, of the sorted natural keys of its members, so equal sets are one row in every
database. Sets are written with their members and never change.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from ..enums import SoftwareStackTypeEnum
from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference

_CONTENT = "sha256, in hex, of the members' natural keys"


def _content_rules(column: str) -> tuple[SchemaItem, ...]:
    return (UniqueConstraint(column), CheckConstraint(f"{column} ~ '^[0-9a-f]{{64}}$'", name=column))


class PythonPackageRequirement(Base):
    """A row is a direct requirement: a package in a range of versions, from one index or from any."""

    __tablename__ = "python_package_requirement"
    __table_args__ = (
        UniqueConstraint(
            "python_package_index_id",
            "develop",
            "key_sha256",
            name="python_package_requirement_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        digest_length(),
        CheckConstraint("name <> ''", name="name"),
        Index("python_package_requirement_name_idx", "name"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    name: Mapped[str] = mapped_column(comment="normalised by PEP 503")
    version_range: Mapped[str] = mapped_column(comment="PEP 440 specifier; * is any version")
    develop: Mapped[bool] = mapped_column(comment="whether it is needed for development only")
    python_package_index_id: Mapped[int | None] = mapped_column(reference("python_package_index.id"))


# --- What Thoth itself runs or advises -------------------------------------------------------------------------------


class PythonRequirements(Base):
    """A row is a set of direct requirements of a stack that was inspected or advised."""

    __tablename__ = "python_requirements"
    __table_args__ = _content_rules("requirements_hash")

    id: Mapped[SurrogateId]
    requirements_hash: Mapped[str] = mapped_column(comment=_CONTENT)


class HasPythonRequirements(Base):
    """A row says that a requirement belongs to a set."""

    __tablename__ = "has_python_requirements"
    __table_args__ = (Index("has_python_requirements_requirement_idx", "python_package_requirement_id"),)

    python_requirements_id: Mapped[int] = mapped_column(reference("python_requirements.id"), primary_key=True)
    python_package_requirement_id: Mapped[int] = mapped_column(
        reference("python_package_requirement.id"), primary_key=True
    )


class PythonRequirementsLock(Base):
    """A row is a set of locked packages of a stack that was inspected or advised."""

    __tablename__ = "python_requirements_lock"
    __table_args__ = _content_rules("requirements_lock_hash")

    id: Mapped[SurrogateId]
    requirements_lock_hash: Mapped[str] = mapped_column(comment=_CONTENT)


class HasPythonRequirementsLock(Base):
    """A row says that a package version, in its environment, belongs to a set of locked packages."""

    __tablename__ = "has_python_requirement_lock"
    __table_args__ = (Index("has_python_requirement_lock_version_idx", "python_package_version_id"),)

    python_requirements_lock_id: Mapped[int] = mapped_column(reference("python_requirements_lock.id"), primary_key=True)
    python_package_version_id: Mapped[int] = mapped_column(reference("python_package_version.id"), primary_key=True)


class PythonSoftwareStack(Base):
    """A row is a software stack that was inspected or advised, with its scores where it was advised.

    Scores belong to the key: to overwrite them would change what an older run advised.
    """

    __tablename__ = "python_software_stack"
    __table_args__ = (
        UniqueConstraint(
            "software_stack_type",
            "python_requirements_id",
            "python_requirements_lock_id",
            "performance_score",
            "overall_score",
            name="python_software_stack_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(python_requirements_id, python_requirements_lock_id) >= 1", name="not_empty"),
        CheckConstraint(
            "software_stack_type = 'ADVISED' OR num_nonnulls(performance_score, overall_score) = 0", name="scores"
        ),
        Index("python_software_stack_python_requirements_id_idx", "python_requirements_id"),
        Index("python_software_stack_python_requirements_lock_id_idx", "python_requirements_lock_id"),
    )

    id: Mapped[SurrogateId]
    software_stack_type: Mapped[SoftwareStackTypeEnum] = mapped_column(
        Enum(SoftwareStackTypeEnum, name="software_stack_type")
    )
    performance_score: Mapped[float | None] = mapped_column(comment="the adviser's; higher is better")
    overall_score: Mapped[float | None] = mapped_column(comment="the adviser's; higher is better")
    python_requirements_id: Mapped[int | None] = mapped_column(reference("python_requirements.id"))
    python_requirements_lock_id: Mapped[int | None] = mapped_column(reference("python_requirements_lock.id"))


# --- What users have -------------------------------------------------------------------------------------------------


class ExternalPythonRequirements(Base):
    """A row is a set of direct requirements that a user told of."""

    __tablename__ = "external_python_requirements"
    __table_args__ = _content_rules("requirements_hash")

    id: Mapped[SurrogateId]
    requirements_hash: Mapped[str] = mapped_column(comment=_CONTENT)


class HasExternalPythonRequirements(Base):
    """A row says that a requirement belongs to a user's set."""

    __tablename__ = "has_external_python_requirement"
    __table_args__ = (Index("has_external_python_requirement_requirement_idx", "python_package_requirement_id"),)

    external_python_requirements_id: Mapped[int] = mapped_column(
        reference("external_python_requirements.id"), primary_key=True
    )
    python_package_requirement_id: Mapped[int] = mapped_column(
        reference("python_package_requirement.id"), primary_key=True
    )


class ExternalPythonRequirementsLock(Base):
    """A row is a set of locked packages that a user told of."""

    __tablename__ = "external_python_requirements_lock"
    __table_args__ = _content_rules("requirements_lock_hash")

    id: Mapped[SurrogateId]
    requirements_lock_hash: Mapped[str] = mapped_column(comment=_CONTENT)


class HasExternalPythonRequirementsLock(Base):
    """A row says that a package version belongs to a user's set of locked packages."""

    __tablename__ = "has_external_python_requirement_lock"
    __table_args__ = (Index("has_external_python_requirement_lock_entity_idx", "python_package_version_entity_id"),)

    external_python_requirements_locked_id: Mapped[int] = mapped_column(
        reference("external_python_requirements_lock.id"), primary_key=True
    )
    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )


class ExternalPythonSoftwareStack(Base):
    """A row is a user's software stack: what is required, and what it was locked to where that is known."""

    __tablename__ = "external_python_software_stack"
    __table_args__ = (
        UniqueConstraint(
            "external_python_requirements_id",
            "external_python_requirements_lock_id",
            name="external_python_software_stack_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "num_nonnulls(external_python_requirements_id, external_python_requirements_lock_id) >= 1",
            name="not_empty",
        ),
        Index("external_python_software_stack_lock_idx", "external_python_requirements_lock_id"),
    )

    id: Mapped[SurrogateId]
    external_python_requirements_id: Mapped[int | None] = mapped_column(reference("external_python_requirements.id"))
    external_python_requirements_lock_id: Mapped[int | None] = mapped_column(
        reference("external_python_requirements_lock.id")
    )
