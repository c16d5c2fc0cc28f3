"""Dependencies between packages."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference


class DependsOn(Base):
    """A row says that a package version, in its environment, may be satisfied by a version of another package.

    A requirement is one row per version that satisfied it and per extra that brings it in; one pair of packages may
    have several rows, with different ranges, markers or extras.
    """

    __tablename__ = "depends_on"
    __table_args__ = (
        UniqueConstraint("version_id", "entity_id", "key_sha256", name="depends_on_natural_key"),
        digest_length(),
        CheckConstraint("stated_by_solver OR stated_by_reverse_solver", name="stated"),
        Index("depends_on_entity_id_idx", "entity_id"),
    )

    id: Mapped[SurrogateId]
    version_id: Mapped[int] = mapped_column(reference("python_package_version.id"), comment="what depends")
    entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), comment="what satisfies it, without an index"
    )
    key_sha256: Mapped[KeyDigest]
    version_range: Mapped[str | None] = mapped_column(comment="PEP 440 specifier; * is any version")
    marker: Mapped[str | None] = mapped_column(comment="PEP 508 environment marker")
    extra: Mapped[str | None] = mapped_column(comment="the extra of the depending package that brings it in")
    extras: Mapped[str | None] = mapped_column(
        comment="the extras that are asked of the dependency, sorted, with commas between them as in PEP 508"
    )
    marker_evaluation_result: Mapped[bool] = mapped_column(
        comment="whether the marker holds in the depending version's environment"
    )
    stated_by_solver: Mapped[bool] = mapped_column(server_default=false())
    stated_by_reverse_solver: Mapped[bool] = mapped_column(server_default=false())
