"""Software environments and hardware: where something ran, was built or is meant to run.

What users tell of their own environments is kept apart (external_*) from what Thoth runs itself. Rows never change:
every column is part of the key, so a different environment is a different row.
"""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from ..enums import EnvironmentTypeEnum
from ..models_base import Base, KeyDigest, SurrogateId, digest_length

EnvironmentType = Annotated[
    EnvironmentTypeEnum, mapped_column(Enum(EnvironmentTypeEnum, name="environment_type", metadata=Base.metadata))
]


class _Environment:
    """What both tables of software environments hold."""

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    environment_type: Mapped[EnvironmentType]
    environment_name: Mapped[str | None]
    python_version: Mapped[str | None] = mapped_column(comment="major.minor")
    image_name: Mapped[str | None] = mapped_column(comment="with its registry, without its tag")
    image_sha: Mapped[str | None] = mapped_column(comment="digest of the last layer, not of the whole image")
    os_name: Mapped[str | None] = mapped_column(comment="ubi counts as rhel")
    os_version: Mapped[str | None] = mapped_column(comment="RHEL without its minor version")
    thoth_image_name: Mapped[str | None] = mapped_column(comment="of the Thoth S2I image it was built from")
    thoth_image_version: Mapped[str | None]
    env_image_name: Mapped[str | None] = mapped_column(comment="IMAGE_NAME in the image's own environment variables")
    env_image_tag: Mapped[str | None] = mapped_column(comment="IMAGE_TAG in the image's own environment variables")
    cuda_version: Mapped[str | None]


def _environment_rules(table: str) -> tuple[SchemaItem, ...]:
    return (
        UniqueConstraint("environment_type", "key_sha256"),
        digest_length(),
        Index(f"{table}_os_idx", "os_name", "os_version", "python_version"),
        # Names of images are free text, which a hash index takes at any length.
        Index(f"{table}_image_name_idx", "image_name", postgresql_using="hash"),
        Index(f"{table}_thoth_image_name_idx", "thoth_image_name", postgresql_using="hash"),
        Index(f"{table}_env_image_name_idx", "env_image_name", postgresql_using="hash"),
    )


class SoftwareEnvironment(_Environment, Base):
    """A row is a software environment that Thoth itself runs, builds or provides."""

    __tablename__ = "software_environment"
    __table_args__ = _environment_rules("software_environment")


class ExternalSoftwareEnvironment(_Environment, Base):
    """A row is a software environment that a user told of."""

    __tablename__ = "external_software_environment"
    __table_args__ = _environment_rules("external_software_environment")


class _Hardware:
    """What both tables of hardware hold."""

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    cpu_vendor: Mapped[int | None] = mapped_column(comment="number as CPUID gives it")
    cpu_model: Mapped[int | None] = mapped_column(comment="number as CPUID gives it")
    cpu_cores: Mapped[int | None]
    cpu_model_name: Mapped[str | None]
    cpu_family: Mapped[int | None] = mapped_column(comment="number as CPUID gives it")
    cpu_physical_cpus: Mapped[int | None]
    gpu_model_name: Mapped[str | None]
    gpu_vendor: Mapped[str | None]
    gpu_cores: Mapped[int | None]
    gpu_memory_size: Mapped[int | None] = mapped_column(comment="as it was told, in no unit of ours")
    ram_size: Mapped[int | None] = mapped_column(comment="as it was told, in no unit of ours")


_SIZES = ("cpu_cores", "cpu_physical_cpus", "gpu_cores", "gpu_memory_size", "ram_size")
_KNOWN = (
    "num_nonnulls(cpu_vendor, cpu_model, cpu_cores, cpu_model_name, cpu_family, cpu_physical_cpus, "
    "gpu_model_name, gpu_vendor, gpu_cores, gpu_memory_size, ram_size) >= 1"
)


def _hardware_rules() -> tuple[SchemaItem, ...]:
    return (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint(_KNOWN, name="not_empty"),
        *(CheckConstraint(f"{size} >= 0", name=size) for size in _SIZES),
    )


class HardwareInformation(_Hardware, Base):
    """A row is hardware that Thoth itself runs on; where nothing is known of it there is no row."""

    __tablename__ = "hardware_information"
    __table_args__ = _hardware_rules()


class ExternalHardwareInformation(_Hardware, Base):
    """A row is hardware that a user told of; where nothing is known of it there is no row."""

    __tablename__ = "external_hardware_information"
    __table_args__ = _hardware_rules()
