"""Security indicators: what static analysis (bandit) and counting of lines (cloc) say of a package's sources."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference

_SEVERITIES = tuple(
    f"severity_{severity}_confidence_{confidence}"
    for severity in ("high", "low", "medium")
    for confidence in ("high", "low", "medium", "undefined")
)
_SIZES = (
    "number_of_analyzed_files",
    "number_of_files_total",
    "number_of_files_with_severities",
    "number_of_filtered_files",
    "number_of_python_files",
    "number_of_lines_with_comments_in_python_files",
    "number_of_blank_lines_in_python_files",
    "number_of_lines_with_code_in_python_files",
    "total_number_of_files",
    "total_number_of_lines",
    "total_number_of_lines_with_comments",
    "total_number_of_blank_lines",
    "total_number_of_lines_with_code",
)
_COUNTERS = _SEVERITIES + _SIZES


class SecurityIndicatorAggregatedRun(Base):
    """A row is an analysis of a package's sources, known by its document: findings by severity, and sizes."""

    __tablename__ = "si_aggregated_run"
    __table_args__ = (
        UniqueConstraint("si_aggregated_run_document_id"),
        CheckConstraint(f"least({', '.join(_COUNTERS)}) >= 0", name="counters"),
        CheckConstraint(f"error OR num_nulls({', '.join(_COUNTERS)}) = 0", name="complete"),
        Index("si_aggregated_run_datetime_idx", "datetime"),
    )

    id: Mapped[SurrogateId]
    si_aggregated_run_document_id: Mapped[str]
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    error: Mapped[bool] = mapped_column(server_default=false(), comment="whether it failed; it then counts nothing")
    severity_high_confidence_high: Mapped[int | None]
    severity_high_confidence_low: Mapped[int | None]
    severity_high_confidence_medium: Mapped[int | None]
    severity_high_confidence_undefined: Mapped[int | None]
    severity_low_confidence_high: Mapped[int | None]
    severity_low_confidence_low: Mapped[int | None]
    severity_low_confidence_medium: Mapped[int | None]
    severity_low_confidence_undefined: Mapped[int | None]
    severity_medium_confidence_high: Mapped[int | None]
    severity_medium_confidence_low: Mapped[int | None]
    severity_medium_confidence_medium: Mapped[int | None]
    severity_medium_confidence_undefined: Mapped[int | None]
    number_of_analyzed_files: Mapped[int | None]
    number_of_files_total: Mapped[int | None]
    number_of_files_with_severities: Mapped[int | None]
    number_of_filtered_files: Mapped[int | None]
    number_of_python_files: Mapped[int | None]
    number_of_lines_with_comments_in_python_files: Mapped[int | None]
    number_of_blank_lines_in_python_files: Mapped[int | None]
    number_of_lines_with_code_in_python_files: Mapped[int | None]
    total_number_of_files: Mapped[int | None]
    total_number_of_lines: Mapped[int | None]
    total_number_of_lines_with_comments: Mapped[int | None]
    total_number_of_blank_lines: Mapped[int | None]
    total_number_of_lines_with_code: Mapped[int | None]


class SIAggregated(Base):
    """A row says which package version an analysis of security indicators is about."""

    __tablename__ = "si_aggregated"
    __table_args__ = (
        Index("si_aggregated_entity_idx", "python_package_version_entity_id"),
        Index("si_aggregated_version_idx", "python_package_version_id"),
    )

    si_aggregated_run_id: Mapped[int] = mapped_column(reference("si_aggregated_run.id"), primary_key=True)
    python_package_version_entity_id: Mapped[int] = mapped_column(reference("python_package_version_entity.id"))
    python_package_version_id: Mapped[int | None] = mapped_column(
        reference("python_package_version.id", "SET NULL"), comment="one of its environments, where it was solved"
    )
