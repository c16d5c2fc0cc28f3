"""Versioned symbols (such as GLIBC_2.17) that libraries provide and binaries need."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference


class VersionedSymbol(Base):
    """A row is a symbol of a library."""

    __tablename__ = "versioned_symbol"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("library_name <> ''", name="library_name"),
        CheckConstraint("symbol <> ''", name="symbol"),
        # Both are free text, which a hash index takes at any length.
        Index("versioned_symbol_library_name_idx", "library_name", postgresql_using="hash"),
        Index("versioned_symbol_symbol_idx", "symbol", postgresql_using="hash"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    library_name: Mapped[str] = mapped_column(comment="path in the image, or name of the library")
    symbol: Mapped[str]


class HasSymbol(Base):
    """A row says that a software environment, one of Thoth's or of a user, provides a symbol."""

    __tablename__ = "has_symbol"
    __table_args__ = (
        UniqueConstraint(
            "software_environment_id",
            "external_software_environment_id",
            "versioned_symbol_id",
            name="has_symbol_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "num_nonnulls(software_environment_id, external_software_environment_id) = 1", name="environment"
        ),
        Index("has_symbol_external_idx", "external_software_environment_id", "versioned_symbol_id"),
        Index("has_symbol_versioned_symbol_id_idx", "versioned_symbol_id"),
    )

    id: Mapped[SurrogateId]
    software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id"))
    external_software_environment_id: Mapped[int | None] = mapped_column(reference("external_software_environment.id"))
    versioned_symbol_id: Mapped[int] = mapped_column(reference("versioned_symbol.id"))


class DetectedSymbol(Base):
    """A row says that an analysis found a symbol in the image."""

    __tablename__ = "detected_symbol"
    __table_args__ = (Index("detected_symbol_versioned_symbol_id_idx", "versioned_symbol_id"),)

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    versioned_symbol_id: Mapped[int] = mapped_column(reference("versioned_symbol.id"), primary_key=True)


class RequiresSymbol(Base):
    """A row says that an artifact of a package needs a symbol to be provided where it runs."""

    __tablename__ = "requires_symbol"
    __table_args__ = (Index("requires_symbol_versioned_symbol_id_idx", "versioned_symbol_id"),)

    python_artifact_id: Mapped[int] = mapped_column(reference("python_artifact.id"), primary_key=True)
    versioned_symbol_id: Mapped[int] = mapped_column(reference("versioned_symbol.id"), primary_key=True)
