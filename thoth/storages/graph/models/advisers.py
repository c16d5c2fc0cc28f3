"""Runs of the adviser and of the provenance checker, and where Kebechet is installed to ask for them."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..enums import RecommendationTypeEnum, RequirementsFormatEnum, SourceTypeEnum
from ..models_base import Base, SurrogateId, reference


class AdviserRun(Base):
    """A row is a run of the adviser for a user's stack, known by its document."""

    __tablename__ = "adviser_run"
    __table_args__ = (
        UniqueConstraint("adviser_document_id"),
        CheckConstraint("re_run_adviser_id <> adviser_document_id", name="re_run_adviser_id"),
        CheckConstraint("duration >= 0", name="duration"),
        Index("adviser_run_user_software_stack_id_idx", "user_software_stack_id"),
        Index("adviser_run_external_run_environment_idx", "external_run_software_environment_id"),
        Index("adviser_run_external_build_environment_idx", "external_build_software_environment_id"),
        Index("adviser_run_external_hardware_idx", "external_hardware_information_id"),
        Index("adviser_run_re_run_adviser_id_idx", "re_run_adviser_id"),
        # An origin is free text, which a hash index takes at any length.
        Index("adviser_run_origin_idx", "origin", postgresql_using="hash"),
        Index("adviser_run_datetime_idx", "datetime"),
        Index("adviser_run_adviser_version_idx", "adviser_version"),
        Index("adviser_run_need_re_run_idx", "source_type", postgresql_where="need_re_run"),
    )

    id: Mapped[SurrogateId]
    adviser_document_id: Mapped[str]
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    adviser_version: Mapped[str]
    adviser_name: Mapped[str]
    count: Mapped[int | None] = mapped_column(comment="how many stacks were asked for")
    limit: Mapped[int | None] = mapped_column(comment="how many stacks were scored at most")
    origin: Mapped[str | None] = mapped_column(comment="what the advice is for, such as the URL of a repository")
    source_type: Mapped[SourceTypeEnum | None] = mapped_column(
        Enum(SourceTypeEnum, name="source_type"), comment="what asked for the advice"
    )
    is_s2i: Mapped[bool | None] = mapped_column(comment="whether it was asked for by a build of an S2I image")
    debug: Mapped[bool] = mapped_column(server_default=false())
    need_re_run: Mapped[bool | None] = mapped_column(
        comment="whether it is to be repeated once the packages that it did not know are solved"
    )
    re_run_adviser_id: Mapped[str | None] = mapped_column(comment="document id of the run that this one repeats")
    limit_latest_versions: Mapped[int | None] = mapped_column(
        comment="how many of the latest versions of each package were considered; negative or NULL is all"
    )
    adviser_error: Mapped[bool] = mapped_column(server_default=false())
    recommendation_type: Mapped[RecommendationTypeEnum] = mapped_column(
        Enum(RecommendationTypeEnum, name="recommendation_type")
    )
    requirements_format: Mapped[RequirementsFormatEnum] = mapped_column(
        Enum(RequirementsFormatEnum, name="requirements_format")
    )
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    advised_configuration_changes: Mapped[bool] = mapped_column(server_default=false())
    additional_stack_info: Mapped[bool] = mapped_column(server_default=false())
    user_software_stack_id: Mapped[int | None] = mapped_column(
        reference("external_python_software_stack.id", "SET NULL")
    )
    external_run_software_environment_id: Mapped[int | None] = mapped_column(
        reference("external_software_environment.id", "SET NULL")
    )
    external_build_software_environment_id: Mapped[int | None] = mapped_column(
        reference("external_software_environment.id", "SET NULL")
    )
    external_hardware_information_id: Mapped[int | None] = mapped_column(
        reference("external_hardware_information.id", "SET NULL")
    )


class Advised(Base):
    """A row says that an adviser's run advised a software stack."""

    __tablename__ = "advised"
    __table_args__ = (Index("advised_python_software_stack_id_idx", "python_software_stack_id"),)

    adviser_run_id: Mapped[int] = mapped_column(reference("adviser_run.id"), primary_key=True)
    python_software_stack_id: Mapped[int] = mapped_column(reference("python_software_stack.id"), primary_key=True)


class HasUnresolved(Base):
    """A row says that an adviser's run came across a package that was not solved then."""

    __tablename__ = "has_unresolved"
    __table_args__ = (Index("has_unresolved_entity_idx", "python_package_version_entity_id"),)

    adviser_run_id: Mapped[int] = mapped_column(reference("adviser_run.id"), primary_key=True)
    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )


class ProvenanceCheckerRun(Base):
    """A row is a check of where the packages of a user's stack come from, known by its document."""

    __tablename__ = "provenance_checker_run"
    __table_args__ = (
        UniqueConstraint("provenance_checker_document_id"),
        CheckConstraint("duration >= 0", name="duration"),
        Index("provenance_checker_run_user_software_stack_id_idx", "user_software_stack_id"),
        Index("provenance_checker_run_datetime_idx", "datetime"),
    )

    id: Mapped[SurrogateId]
    provenance_checker_document_id: Mapped[str]
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    provenance_checker_version: Mapped[str]
    provenance_checker_name: Mapped[str]
    origin: Mapped[str | None] = mapped_column(comment="what was checked, such as the URL of a repository")
    debug: Mapped[bool] = mapped_column(server_default=false())
    provenance_checker_error: Mapped[bool] = mapped_column(server_default=false())
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    user_software_stack_id: Mapped[int | None] = mapped_column(
        reference("external_python_software_stack.id", "SET NULL")
    )


class KebechetGithubAppInstallations(Base):
    """A row is a repository that Kebechet looks after, in one of its runtime environments."""

    __tablename__ = "kebechet_github_installations"
    __table_args__ = (
        UniqueConstraint(
            "slug",
            "runtime_environment_name",
            name="kebechet_github_installations_natural_key",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("slug LIKE '%/%'", name="slug"),
        CheckConstraint("slug = lower(slug)", name="slug_case"),
        CheckConstraint("repo_name <> ''", name="repo_name"),
        Index("kebechet_github_installations_active_idx", "slug", postgresql_where="is_active"),
        Index("kebechet_github_installations_stack_idx", "external_python_software_stack_id"),
        Index("kebechet_github_installations_environment_idx", "external_software_environment_id"),
        Index("kebechet_github_installations_advised_idx", "advised_python_software_stack_id"),
    )

    id: Mapped[SurrogateId]
    slug: Mapped[str] = mapped_column(comment="owner/repository, in lower case")
    repo_name: Mapped[str]
    private: Mapped[bool]
    installation_id: Mapped[str] = mapped_column(comment="GitHub's number of the installation")
    is_active: Mapped[bool]
    runtime_environment_name: Mapped[str | None] = mapped_column(comment="as .thoth.yaml calls it")
    info_manager: Mapped[bool] = mapped_column(
        server_default=false(), comment="whether it is switched on, as each of the managers"
    )
    pipfile_requirements_manager: Mapped[bool] = mapped_column(server_default=false())
    update_manager: Mapped[bool] = mapped_column(server_default=false())
    version_manager: Mapped[bool] = mapped_column(server_default=false())
    thoth_advise_manager: Mapped[bool] = mapped_column(server_default=false())
    thoth_provenance_manager: Mapped[bool] = mapped_column(server_default=false())
    last_run: Mapped[Datetime | None] = mapped_column(comment="when Kebechet last asked for advice")
    external_python_software_stack_id: Mapped[int | None] = mapped_column(
        reference("external_python_software_stack.id", "SET NULL")
    )
    external_software_environment_id: Mapped[int | None] = mapped_column(
        reference("external_software_environment.id", "SET NULL")
    )
    advised_python_software_stack_id: Mapped[int | None] = mapped_column(
        reference("python_software_stack.id", "SET NULL")
    )
