"""Solvers and their runs."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, SurrogateId, reference


class EcosystemSolver(Base):
    """A row is a solver in a version, for the environment it runs in."""

    __tablename__ = "ecosystem_solver"
    __table_args__ = (
        UniqueConstraint(
            "ecosystem",
            "solver_name",
            "solver_version",
            "os_name",
            "os_version",
            "python_version",
            name="ecosystem_solver_natural_key",
        ),
        Index("ecosystem_solver_environment_idx", "os_name", "os_version", "python_version"),
    )

    id: Mapped[SurrogateId]
    ecosystem: Mapped[str] = mapped_column(comment="python")
    solver_name: Mapped[str]
    solver_version: Mapped[str]
    os_name: Mapped[str]
    os_version: Mapped[str]
    python_version: Mapped[str]


class Solved(Base):
    """A row says how a solver's run, known by its document, ended for a package version; rows are history."""

    __tablename__ = "solved"
    __table_args__ = (
        UniqueConstraint("document_id", "version_id"),
        CheckConstraint("error OR NOT (error_unparseable OR error_unsolvable)", name="error"),
        CheckConstraint("NOT (error_unparseable AND error_unsolvable)", name="error_kind"),
        Index("solved_version_id_idx", "version_id", "datetime", "document_id"),
        Index("solved_ecosystem_solver_id_idx", "ecosystem_solver_id", "datetime"),
    )

    id: Mapped[SurrogateId]
    document_id: Mapped[str]
    version_id: Mapped[int] = mapped_column(reference("python_package_version.id"))
    ecosystem_solver_id: Mapped[int] = mapped_column(reference("ecosystem_solver.id"))
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    error: Mapped[bool] = mapped_column(server_default=false())
    error_unparseable: Mapped[bool] = mapped_column(
        server_default=false(), comment="the requirement could not be parsed"
    )
    error_unsolvable: Mapped[bool] = mapped_column(server_default=false(), comment="no index provides the version")
    is_provided: Mapped[bool | None] = mapped_column(comment="whether an index provides this version")
