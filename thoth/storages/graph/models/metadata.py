"""Core metadata and licences: https://packaging.python.org/specifications/core-metadata/.

Scalars and lists together make a row's key, so a row never changes: a newer document points its package version to
another row.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from ..enums import MetadataDistutilsTypeEnum
from ..models_base import Base, KeyDigest, SurrogateId, digest_length, reference


class PythonPackageMetadata(Base):
    """A row is the core metadata of a distribution, as importlib.metadata gives it."""

    __tablename__ = "python_package_metadata"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    author: Mapped[str | None]
    author_email: Mapped[str | None]
    download_url: Mapped[str | None]
    home_page: Mapped[str | None]
    keywords: Mapped[str | None]
    license: Mapped[str | None]
    maintainer: Mapped[str | None]
    maintainer_email: Mapped[str | None]
    metadata_version: Mapped[str | None]
    name: Mapped[str | None]
    summary: Mapped[str | None]
    version: Mapped[str | None]
    requires_python: Mapped[str | None]
    description: Mapped[str | None]
    description_content_type: Mapped[str | None]


class PythonPackageLicense(Base):
    """A row is a licence as a licence database of some version names it."""

    __tablename__ = "python_package_license"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("num_nonnulls(license_name, license_identifier, license_version) >= 1", name="not_empty"),
    )

    id: Mapped[SurrogateId]
    key_sha256: Mapped[KeyDigest]
    license_name: Mapped[str | None]
    license_identifier: Mapped[str | None] = mapped_column(comment="SPDX identifier")
    license_version: Mapped[str | None] = mapped_column(comment="version of the licence database")


class _Value:
    """What the tables of values that metadata lists have in common: the value's digest is its key."""

    id: Mapped[SurrogateId] = mapped_column(sort_order=-1)
    key_sha256: Mapped[KeyDigest] = mapped_column(sort_order=-1)


class _Link:
    """What the tables that link metadata to such values have in common."""

    python_package_metadata_id: Mapped[int] = mapped_column(
        reference("python_package_metadata.id"), primary_key=True, sort_order=-1
    )


def _one_text(column: str) -> tuple[SchemaItem, ...]:
    return (UniqueConstraint("key_sha256"), digest_length(), CheckConstraint(f"{column} <> ''", name=column))


class PythonPackageMetadataClassifier(_Value, Base):
    """A row is a trove classifier (Classifier)."""

    __tablename__ = "python_package_metadata_classifier"
    __table_args__ = _one_text("classifier")

    classifier: Mapped[str]


class PythonPackageMetadataPlatform(_Value, Base):
    """A row is a platform a distribution claims to run on (Platform)."""

    __tablename__ = "python_package_metadata_platform"
    __table_args__ = _one_text("platform")

    platform: Mapped[str]


class PythonPackageMetadataSupportedPlatform(_Value, Base):
    """A row is a platform a binary distribution was built for (Supported-Platform)."""

    __tablename__ = "python_package_metadata_supported_platform"
    __table_args__ = _one_text("supported_platform")

    supported_platform: Mapped[str]


class PythonPackageMetadataRequiresExternal(_Value, Base):
    """A row is something outside of Python that a distribution needs (Requires-External)."""

    __tablename__ = "python_package_metadata_requires_external"
    __table_args__ = _one_text("dependency")

    dependency: Mapped[str]


class PythonPackageMetadataProvidesExtra(_Value, Base):
    """A row is the name of an optional feature (Provides-Extra)."""

    __tablename__ = "python_package_metadata_provides_extra"
    __table_args__ = _one_text("optional_feature")

    optional_feature: Mapped[str]


class PythonPackageMetadataProjectUrl(_Value, Base):
    """A row is a link of a project with its label (Project-URL)."""

    __tablename__ = "python_package_metadata_project_url"
    __table_args__ = (
        UniqueConstraint("key_sha256"),
        digest_length(),
        CheckConstraint("num_nonnulls(url, label) >= 1", name="not_empty"),
    )

    url: Mapped[str | None]
    label: Mapped[str | None]


class PythonPackageMetadataDistutils(_Value, Base):
    """A row is a text under Requires-Dist, Provides-Dist or Obsoletes-Dist."""

    __tablename__ = "python_package_metadata_distutils"
    __table_args__ = (
        UniqueConstraint("distutils_type", "key_sha256"),
        digest_length(),
        CheckConstraint("distutils <> ''", name="distutils"),
    )

    distutils: Mapped[str]
    distutils_type: Mapped[MetadataDistutilsTypeEnum] = mapped_column(
        Enum(MetadataDistutilsTypeEnum, name="distutils_type")
    )


class HasMetadataClassifier(_Link, Base):
    """A row says that metadata lists a classifier."""

    __tablename__ = "has_metadata_classifier"
    __table_args__ = (Index("has_metadata_classifier_value_idx", "python_package_metadata_classifier_id"),)

    python_package_metadata_classifier_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_classifier.id"), primary_key=True
    )


class HasMetadataPlatform(_Link, Base):
    """A row says that metadata lists a platform."""

    __tablename__ = "has_metadata_platform"
    __table_args__ = (Index("has_metadata_platform_value_idx", "python_package_metadata_platform_id"),)

    python_package_metadata_platform_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_platform.id"), primary_key=True
    )


class HasMetadataSupportedPlatform(_Link, Base):
    """A row says that metadata lists a supported platform."""

    __tablename__ = "has_metadata_supported_platform"
    __table_args__ = (
        Index("has_metadata_supported_platform_value_idx", "python_package_metadata_supported_platform_id"),
    )

    python_package_metadata_supported_platform_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_supported_platform.id"), primary_key=True
    )


class HasMetadataRequiresExternal(_Link, Base):
    """A row says that metadata lists an external requirement."""

    __tablename__ = "has_metadata_requires_external"
    __table_args__ = (
        Index("has_metadata_requires_external_value_idx", "python_package_metadata_requires_external_id"),
    )

    python_package_metadata_requires_external_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_requires_external.id"), primary_key=True
    )


class HasMetadataProvidesExtra(_Link, Base):
    """A row says that metadata lists an optional feature."""

    __tablename__ = "has_metadata_provides_extra"
    __table_args__ = (Index("has_metadata_provides_extra_value_idx", "python_package_metadata_provides_extra_id"),)

    python_package_metadata_provides_extra_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_provides_extra.id"), primary_key=True
    )


class HasMetadataProjectUrl(_Link, Base):
    """A row says that metadata lists a link."""

    __tablename__ = "has_metadata_project_url"
    __table_args__ = (Index("has_metadata_project_url_value_idx", "python_package_metadata_project_url_id"),)

    python_package_metadata_project_url_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_project_url.id"), primary_key=True
    )


class HasMetadataDistutils(_Link, Base):
    """A row says that metadata lists a text of Requires-Dist, Provides-Dist or Obsoletes-Dist."""

    __tablename__ = "has_metadata_distutils"
    __table_args__ = (Index("has_metadata_distutils_value_idx", "python_package_metadata_distutils_id"),)

    python_package_metadata_distutils_id: Mapped[int] = mapped_column(
        reference("python_package_metadata_distutils.id"), primary_key=True
    )
