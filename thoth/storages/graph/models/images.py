"""Analyses of container images, and the Python files, packages and interpreters found in them."""

from __future__ import annotations

from datetime import datetime as Datetime  # noqa: N812 (the column is called datetime)

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference
from .environments import EnvironmentType


class PackageExtractRun(Base):
    """A row is an analysis of a container image, known by its document."""

    __tablename__ = "package_extract_run"
    __table_args__ = (
        UniqueConstraint("analysis_document_id"),
        CheckConstraint(
            "num_nonnulls(software_environment_id, external_software_environment_id) = 1", name="environment"
        ),
        CheckConstraint("image_size >= 0", name="image_size"),
        CheckConstraint("duration >= 0", name="duration"),
        Index("package_extract_run_software_environment_id_idx", "software_environment_id"),
        Index("package_extract_run_external_software_environment_id_idx", "external_software_environment_id"),
        Index("package_extract_run_datetime_idx", "datetime"),
        Index("package_extract_run_version_idx", "package_extract_version"),
    )

    id: Mapped[SurrogateId]
    analysis_document_id: Mapped[str]
    package_extract_name: Mapped[str] = mapped_column(comment="the analyser's")
    package_extract_version: Mapped[str] = mapped_column(comment="the analyser's")
    datetime: Mapped[Datetime] = mapped_column(comment="when the document was made")
    environment_type: Mapped[EnvironmentType]
    origin: Mapped[str | None] = mapped_column(comment="who or what asked for the analysis")
    debug: Mapped[bool] = mapped_column(server_default=false())
    package_extract_error: Mapped[bool] = mapped_column(server_default=false())
    image_size: Mapped[int | None] = mapped_column(comment="bytes")
    image_tag: Mapped[str]
    duration: Mapped[int | None] = mapped_column(comment="seconds")
    os_name: Mapped[str] = mapped_column(comment="ID of the image's os-release; ubi counts as rhel")
    os_id: Mapped[str] = mapped_column(comment="ID of the image's os-release")
    os_version_id: Mapped[str] = mapped_column(comment="VERSION_ID of the image's os-release")
    software_environment_id: Mapped[int | None] = mapped_column(reference("software_environment.id"))
    external_software_environment_id: Mapped[int | None] = mapped_column(reference("external_software_environment.id"))


class Identified(Base):
    """A row says that an analysis found a Python package at a place in the image."""

    __tablename__ = "identified"
    __table_args__ = (
        digest_length(),
        Index("identified_python_package_version_entity_id_idx", "python_package_version_entity_id"),
    )

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    python_package_version_entity_id: Mapped[int] = mapped_column(
        reference("python_package_version_entity.id"), primary_key=True
    )
    key_sha256: Mapped[KeyDigest] = mapped_column(primary_key=True)
    location: Mapped[str | None] = mapped_column(comment="directory in the image; documents of 2019 name none")


class PythonFileDigest(Base):
    """A row is the content of a Python file, known by its digest."""

    __tablename__ = "python_file_digest"
    __table_args__ = (UniqueConstraint("sha256"), CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"))

    id: Mapped[SurrogateId]
    sha256: Mapped[str]


class FoundPythonFile(Base):
    """A row says that an analysis found a Python file at a path in the image."""

    __tablename__ = "found_python_file"
    __table_args__ = (
        digest_length(),
        CheckConstraint("file <> ''", name="file"),
        Index("found_python_file_python_file_digest_id_idx", "python_file_digest_id"),
    )

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    python_file_digest_id: Mapped[int] = mapped_column(reference("python_file_digest.id"), primary_key=True)
    key_sha256: Mapped[KeyDigest] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(comment="path in the image")


class IncludedFile(Base):
    """A row says that an artifact of a package holds a Python file at a path."""

    __tablename__ = "included_file"
    __table_args__ = (
        digest_length(),
        CheckConstraint("file <> ''", name="file"),
        Index("included_file_python_file_digest_id_idx", "python_file_digest_id"),
    )

    python_artifact_id: Mapped[int] = mapped_column(reference("python_artifact.id"), primary_key=True)
    python_file_digest_id: Mapped[int] = mapped_column(reference("python_file_digest.id"), primary_key=True)
    key_sha256: Mapped[KeyDigest] = mapped_column(primary_key=True)
    file: Mapped[str] = mapped_column(comment="path in the artifact")


class PythonInterpreter(Base):
    """A row is a Python interpreter as it lies in an image: path, what it links to, version."""

    __tablename__ = "python_interpreter"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("num_nonnulls(path, link, version) >= 1", name="not_empty"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    path: Mapped[str | None]
    link: Mapped[str | None] = mapped_column(comment="what the path is a symbolic link to")
    version: Mapped[str | None] = mapped_column(comment="as the interpreter prints it")


class FoundPythonInterpreter(Base):
    """A row says that an analysis found a Python interpreter in the image."""

    __tablename__ = "found_python_interpreter"
    __table_args__ = (Index("found_python_interpreter_python_interpreter_id_idx", "python_interpreter_id"),)

    package_extract_run_id: Mapped[int] = mapped_column(reference("package_extract_run.id"), primary_key=True)
    python_interpreter_id: Mapped[int] = mapped_column(reference("python_interpreter.id"), primary_key=True)
