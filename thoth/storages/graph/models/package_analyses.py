"""Analyses of packages, as they were made until 2021: which files an artifact holds, which symbols it needs."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference


class PackageAnalyzerRun(Base):
    """A row is an analysis of a package version, known by its document."""

    __tablename__ = "package_analyzer_run"
    __table_args__ = (
        UniqueConstraint("package_analysis_document_id"),
        CheckConstraint("duration >= 0", name="duration"),
        Index("package_analyzer_run_entity_idx", "input_python_package_version_entity_id"),
        Index("package_analyzer_run_datetime_idx", "datetime"),
    )

    id: Mapped[SurrogateId]
    package_analysis_document_id: Mapped[str]
    package_analyzer_name: Mapped[str | None]
    package_analyzer_version: Mapped[str | None]
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    debug: Mapped[bool] = mapped_column(server_default=false())
    package_analyzer_error: Mapped[bool] = mapped_column(server_default=false())
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    input_python_package_version_entity_id: Mapped[int | None] = mapped_column(
        reference("python_package_version_entity.id")
    )


class Investigated(Base):
    """A row says that an analysis looked into an artifact of the package."""

    __tablename__ = "investigated"
    __table_args__ = (Index("investigated_python_artifact_id_idx", "python_artifact_id"),)

    package_analyzer_run_id: Mapped[int] = mapped_column(reference("package_analyzer_run.id"), primary_key=True)
    python_artifact_id: Mapped[int] = mapped_column(reference("python_artifact.id"), primary_key=True)


class InvestigatedFile(Base):
    """A row says that an analysis looked into a Python file, which included_file places in an artifact."""

    __tablename__ = "investigated_file"
    __table_args__ = (Index("investigated_file_python_file_digest_id_idx", "python_file_digest_id"),)

    package_analyzer_run_id: Mapped[int] = mapped_column(reference("package_analyzer_run.id"), primary_key=True)
    python_file_digest_id: Mapped[int] = mapped_column(reference("python_file_digest.id"), primary_key=True)
