"""Vulnerabilities of packages, and when they were last looked up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference


class CVE(Base):
    """A row is a known vulnerability."""

    __tablename__ = "cve"
    __table_args__ = (UniqueConstraint("cve_id"), CheckConstraint("cve_id <> ''", name="cve_id"))

    id: Mapped[SurrogateId]
    cve_id: Mapped[str] = mapped_column(comment="the advisory's own name, such as PYSEC-2023-62 or CVE-2023-30861")
    aggregated_at: Mapped[datetime | None] = mapped_column(comment="when it was read from its source")
    details: Mapped[str]
    link: Mapped[str | None] = mapped_column(comment="URL of its description")


class HasVulnerability(Base):
    """A row says that a package version has a vulnerability."""

    __tablename__ = "has_vulnerability"
    __table_args__ = (Index("has_vulnerability_cve_id_idx", "cve_id"),)

    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )
    cve_id: Mapped[int] = mapped_column(reference("cve.id"), primary_key=True)


class CVETimestamp(Base):
    """The one row says when vulnerabilities were last looked up."""

    __tablename__ = "cve_timestamp"
    __table_args__ = (Index("cve_timestamp_single_idx", text("(true)"), unique=True),)

    id: Mapped[SurrogateId]
    timestamp: Mapped[datetime]
