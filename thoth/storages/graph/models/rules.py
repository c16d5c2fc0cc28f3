"""Rules that keep package versions from being solved."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference


class PythonPackageVersionEntityRule(Base):
    """A row is a rule: versions of a package, on one index or on any, that are not to be solved."""

    __tablename__ = "python_package_version_entity_rule"
    __table_args__ = (
        UniqueConstraint(
            "package_name",
            "version_range",
            "python_package_index_id",
            name="python_package_version_entity_rule_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("package_name <> ''", name="package_name"),
        Index("python_package_version_entity_rule_index_idx", "python_package_index_id"),
    )

    id: Mapped[SurrogateId]
    package_name: Mapped[str] = mapped_column(comment="normalised by PEP 503")
    version_range: Mapped[str | None] = mapped_column(comment="PEP 440 specifier; NULL is all versions")
    python_package_index_id: Mapped[int | None] = mapped_column(
        reference("python_package_index.id"), comment="NULL is any index"
    )
    description: Mapped[str | None] = mapped_column(comment="why")


class PythonPackageVersionEntityRulesAssociation(Base):
    """A row says that a rule applies to a package version; it follows from both and can be rebuilt."""

    __tablename__ = "python_package_version_entity_rules_association"
    __table_args__ = (
        Index("python_package_version_entity_rules_association_rule_idx", "python_package_version_entity_rule_id"),
    )

    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )
    python_package_version_entity_rule_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity_rule.id"), primary_key=True
    )
