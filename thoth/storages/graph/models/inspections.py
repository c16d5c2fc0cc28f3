"""Runs of Dependency Monkey, and the inspections they ask for: software stacks built and run to see how they do."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..enums import InspectionSyncStateEnum
from ..models_base import Base, SurrogateId, reference


class DependencyMonkeyRun(Base):
    """A row is a run of Dependency Monkey, which makes software stacks to inspect, known by its document."""

    __tablename__ = "dependency_monkey_run"
    __table_args__ = (
        UniqueConstraint("dependency_monkey_document_id"),
        CheckConstraint("count >= 0", name="count"),
        CheckConstraint("duration >= 0", name="duration"),
        Index("dependency_monkey_run_run_environment_idx", "run_software_environment_id"),
        Index("dependency_monkey_run_build_environment_idx", "build_software_environment_id"),
        Index("dependency_monkey_run_run_hardware_idx", "run_hardware_information_id"),
        Index("dependency_monkey_run_build_hardware_idx", "build_hardware_information_id"),
        Index("dependency_monkey_run_datetime_idx", "datetime"),
    )

    id: Mapped[SurrogateId]
    dependency_monkey_document_id: Mapped[str]
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    dependency_monkey_name: Mapped[str]
    dependency_monkey_version: Mapped[str]
    seed: Mapped[int | None] = mapped_column(comment="of the random numbers that chose the stacks")
    decision: Mapped[str] = mapped_column(comment="which stacks were kept: random, all, ...")
    count: Mapped[int | None] = mapped_column(comment="how many stacks were asked for")
    limit_latest_versions: Mapped[int | None] = mapped_column(
        comment="how many of the latest versions of each package were considered; negative or NULL is all"
    )
    debug: Mapped[bool] = mapped_column(server_default=false())
    dependency_monkey_error: Mapped[bool] = mapped_column(server_default=false())
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    run_software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id", "SET NULL"))
    build_software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id", "SET NULL"))
    run_hardware_information_id: Mapped[int | None] = mapped_column(reference("hardware_information.id", "SET NULL"))
    build_hardware_information_id: Mapped[int | None] = mapped_column(reference("hardware_information.id", "SET NULL"))


class PythonDependencyMonkeyRequirements(Base):
    """A row says that a run of Dependency Monkey made its stacks from a requirement."""

    __tablename__ = "python_dependency_monkey_requirements"
    __table_args__ = (Index("python_dependency_monkey_requirements_requirement_idx", "python_package_requirement_id"),)

    dependency_monkey_run_id: Mapped[int] = mapped_column(reference("dependency_monkey_run.id"), primary_key=True)
    python_package_requirement_id: Mapped[int] = mapped_column(
        reference("python_package_requirement.id"), primary_key=True
    )


class InspectionRun(Base):
    """A row is one run of an inspection: a software stack that was built and run, or is going to be (PENDING)."""

    __tablename__ = "inspection_run"
    __table_args__ = (
        UniqueConstraint("inspection_document_id", "inspection_result_number", name="inspection_run_natural_key"),
        CheckConstraint("inspection_result_number >= 0", name="inspection_result_number"),
        *(
            CheckConstraint(f"{stage}_requests_{what} >= 0", name=f"{stage}_requests_{what}")
            for stage in ("build", "run")
            for what in ("cpu", "memory")
        ),
        Index("inspection_run_dependency_monkey_run_id_idx", "dependency_monkey_run_id"),
        Index("inspection_run_inspection_software_stack_id_idx", "inspection_software_stack_id"),
        Index("inspection_run_build_hardware_idx", "build_hardware_information_id"),
        Index("inspection_run_run_hardware_idx", "run_hardware_information_id"),
        Index("inspection_run_build_environment_idx", "build_software_environment_id"),
        Index("inspection_run_run_environment_idx", "run_software_environment_id"),
        Index(
            "inspection_run_pending_idx",
            "inspection_document_id",
            postgresql_where="inspection_sync_state = 'PENDING'",
        ),
    )

    id: Mapped[SurrogateId]
    inspection_document_id: Mapped[str]
    inspection_result_number: Mapped[int] = mapped_column(
        comment="which run of the inspection, from 0; an inspection of 2019 has one"
    )
    datetime: Mapped[Datetime | None] = mapped_column(comment="when the inspection was made")
    amun_version: Mapped[str | None]
    build_requests_cpu: Mapped[float | None] = mapped_column(comment="cores")
    build_requests_memory: Mapped[float | None] = mapped_column(comment="GiB")
    run_requests_cpu: Mapped[float | None] = mapped_column(comment="cores")
    run_requests_memory: Mapped[float | None] = mapped_column(comment="GiB")
    inspection_sync_state: Mapped[InspectionSyncStateEnum] = mapped_column(
        Enum(InspectionSyncStateEnum, name="inspection_sync_state")
    )
    build_hardware_information_id: Mapped[int | None] = mapped_column(reference("hardware_information.id", "SET NULL"))
    run_hardware_information_id: Mapped[int | None] = mapped_column(reference("hardware_information.id", "SET NULL"))
    build_software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id", "SET NULL"))
    run_software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id", "SET NULL"))
    dependency_monkey_run_id: Mapped[int | None] = mapped_column(reference("dependency_monkey_run.id", "SET NULL"))
    inspection_software_stack_id: Mapped[int | None] = mapped_column(reference("python_software_stack.id", "SET NULL"))
