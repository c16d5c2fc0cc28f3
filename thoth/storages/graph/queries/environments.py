"""Questions about software environments and images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TypedDict, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from ..enums import EnvironmentTypeEnum
from ..filters import DEFAULT_COUNT, Environment, Page
from ..models import (
    ExternalSoftwareEnvironment,
    FoundRPM,
    HasSymbol,
    Identified,
    PackageExtractRun,
    PythonPackageVersionEntity,
    RPMPackageVersion,
    SoftwareEnvironment,
    VersionedSymbol,
)
from ..names import normalize_package_name
from ..sql_types import AnySelect
from .base import Questions
from .versions import as_python

AnyEnvironment = type[SoftwareEnvironment] | type[ExternalSoftwareEnvironment]
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


class SoftwareEnvironmentRecord(TypedDict):
    """A software environment and an analysis of it; the last two are None where there is no analysis."""

    cuda_version: str | None
    env_image_name: str | None
    env_image_tag: str | None
    environment_name: str | None
    environment_type: str
    image_sha: str | None
    os_name: str | None
    os_version: str | None
    python_version: str | None
    thoth_image_name: str | None
    thoth_image_version: str | None
    package_extract_document_id: str | None
    datetime: str | datetime | None


def environments_of(is_external: bool) -> AnyEnvironment:
    """The table of environments: those that users told of, or Thoth's own."""
    return ExternalSoftwareEnvironment if is_external else SoftwareEnvironment


def run_of(environments: AnyEnvironment) -> InstrumentedAttribute[int | None]:
    """The column by which an analysis names its environment in that table."""
    if environments is ExternalSoftwareEnvironment:
        return PackageExtractRun.external_software_environment_id
    return PackageExtractRun.software_environment_id


@dataclass(frozen=True, slots=True)
class EnvironmentFilter:
    """Which software environments are asked about; what is None means any."""

    is_external: bool = False
    environment_type: EnvironmentTypeEnum | None = None
    environment_name: str | None = None
    os_name: str | None = None
    os_version: str | None = None
    python_version: str | None = None
    cuda_version: str | None = None
    image_name: str | None = None
    image_sha: str | None = None
    thoth_image_name: str | None = None
    thoth_image_version: str | None = None
    env_image_name: str | None = None
    env_image_tag: str | None = None

    def __post_init__(self) -> None:
        """Take is_external for what Python takes it for: it chooses between tables, it is no value of one."""
        object.__setattr__(self, "is_external", bool(self.is_external))

    @classmethod
    def of(cls, environment: Environment, *, is_external: bool = False, **others: str | None) -> EnvironmentFilter:
        """Environments with this operating system and Python, and what else is asked for."""
        parts = (environment.os_name, environment.os_version, environment.python_version)
        system = dict(zip(("os_name", "os_version", "python_version"), parts, strict=True))
        return cls(is_external=is_external, **system, **others)  # type: ignore[arg-type]

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What rows of the table have to be."""
        environments = environments_of(self.is_external)
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "is_external" and value is not None:
                yield getattr(environments, field.name) == value


@dataclass(frozen=True, slots=True)
class FoundFilter:
    """What has to be in a software environment: a symbol, a Python package, an RPM package; None asks for nothing."""

    library_name: str | None = None
    symbol: str | None = None
    package_name: str | None = None
    rpm_package_name: str | None = None

    def conditions(self, environments: AnyEnvironment) -> Iterator[ColumnElement[bool]]:
        """What environments have to have; each by what belongs to that very environment."""
        if self.library_name is not None or self.symbol is not None:
            yield self._has_symbol(environments)
        runs = select(PackageExtractRun.id).where(run_of(environments) == environments.id)
        if self.package_name is not None:
            found = runs.join(Identified, Identified.package_extract_run_id == PackageExtractRun.id)
            entities = PythonPackageVersionEntity
            found = found.join(entities, entities.id == Identified.python_package_version_entity_id)
            yield found.where(entities.package_name == normalize_package_name(self.package_name)).exists()
        if self.rpm_package_name is not None:
            found = runs.join(FoundRPM, FoundRPM.package_extract_run_id == PackageExtractRun.id)
            found = found.join(RPMPackageVersion, RPMPackageVersion.id == FoundRPM.rpm_package_version_id)
            yield found.where(RPMPackageVersion.package_name == self.rpm_package_name).exists()

    def _has_symbol(self, environments: AnyEnvironment) -> ColumnElement[bool]:
        is_external = environments is ExternalSoftwareEnvironment
        link = HasSymbol.external_software_environment_id if is_external else HasSymbol.software_environment_id
        provided = select(HasSymbol.id).join(VersionedSymbol, VersionedSymbol.id == HasSymbol.versioned_symbol_id)
        provided = provided.where(link == environments.id)
        for column, value in ((VersionedSymbol.library_name, self.library_name), (VersionedSymbol.symbol, self.symbol)):
            if value is not None:
                provided = provided.where(column == value)
        return provided.exists()


# --- Statements ------------------------------------------------------------------------------------------------------


def _names(wanted: EnvironmentFilter) -> AnySelect:
    """Names of environments, sorted, each once."""
    environments = environments_of(wanted.is_external)
    name = as_python(environments.environment_name)
    named = environments.environment_name.is_not(None)
    return select(name).where(named, *wanted.conditions()).distinct().order_by(name)


def _images(is_external: bool) -> AnySelect:
    environments = environments_of(is_external)
    pair = (as_python(environments.thoth_image_name), as_python(environments.thoth_image_version))
    named = environments.thoth_image_name.is_not(None)
    return select(*pair).where(named).distinct().order_by(*pair)


def _environments(wanted: EnvironmentFilter, found: FoundFilter) -> AnySelect:
    """Environments with each of their analyses, newest first; those without one last."""
    environments = environments_of(wanted.is_external)
    own = [getattr(environments, name) for name in list(SoftwareEnvironmentRecord.__annotations__)[:-2]]
    return (
        select(*own, PackageExtractRun.analysis_document_id, PackageExtractRun.datetime)
        .select_from(environments)
        .outerjoin(PackageExtractRun, run_of(environments) == environments.id)
        .where(*wanted.conditions(), *found.conditions(environments))
        .order_by(
            PackageExtractRun.datetime.desc().nulls_last(),
            as_python(PackageExtractRun.analysis_document_id),
            environments.id,
        )
    )


class EnvironmentQueries(Questions):
    """Software environments: those that Thoth runs or builds, and those that users told of."""

    def get_run_software_environment_all(
        self, start_offset: int = 0, count: int | None = DEFAULT_COUNT, is_external: bool = False
    ) -> list[str]:
        """The names of environments that software runs in, sorted, each once; is_external asks for those of users.

        Environments without a name are left out. Raises ValueError for a negative offset or count.
        """
        wanted = EnvironmentFilter(is_external=is_external, environment_type=EnvironmentTypeEnum.RUNTIME)
        return [name for (name,) in self._ask(Page(start_offset, count).of(_names(wanted)))]

    def get_build_software_environment_all(self, start_offset: int = 0, count: int | None = DEFAULT_COUNT) -> list[str]:
        """The names of Thoth's environments that software is built in, sorted, each once.

        Environments without a name are left out. Raises ValueError for a negative offset or count.
        """
        wanted = EnvironmentFilter(environment_type=EnvironmentTypeEnum.BUILDTIME)
        return [name for (name,) in self._ask(Page(start_offset, count).of(_names(wanted)))]

    def get_thoth_s2i_all(self, is_external: bool = False) -> list[tuple[str, str | None]]:
        """(name, version) of every image of Thoth that an environment was built from, sorted, each once."""
        return [(name, version) for name, version in self._ask(_images(is_external))]

    def get_software_environments_all(
        self,
        is_external: bool = False,
        convert_datetime: bool = True,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        env_image_name: str | None = None,
        env_image_tag: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        cuda_version: str | None = None,
        image_name: str | None = None,
        library_name: str | None = None,
        symbol: str | None = None,
        package_name: str | None = None,
        rpm_package_name: str | None = None,
    ) -> list[SoftwareEnvironmentRecord]:
        """Software environments, one for each of their analyses, the newest analysis first and those without one last.

        What is None means any; library and symbol, Python package and RPM package have to be in that environment.
        datetime is a text in UTC unless convert_datetime is False. Raises ValueError for a negative offset or count.
        """
        wanted = EnvironmentFilter.of(
            Environment.of(os_name, os_version, python_version),
            is_external=is_external,
            cuda_version=cuda_version,
            image_name=image_name,
            env_image_name=env_image_name,
            env_image_tag=env_image_tag,
        )
        found = FoundFilter(library_name, symbol, package_name, rpm_package_name)
        page = Page(start_offset, count)
        return [_record(tuple(row), convert_datetime) for row in self._ask(page.of(_environments(wanted, found)))]

    def get_software_environments_count_all(
        self,
        is_external: bool = False,
        *,
        env_image_name: str | None = None,
        env_image_tag: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        cuda_version: str | None = None,
        image_name: str | None = None,
        library_name: str | None = None,
        symbol: str | None = None,
        package_name: str | None = None,
        rpm_package_name: str | None = None,
    ) -> int:
        """How many items get_software_environments_all() has for the same arguments."""
        wanted = EnvironmentFilter.of(
            Environment.of(os_name, os_version, python_version),
            is_external=is_external,
            cuda_version=cuda_version,
            image_name=image_name,
            env_image_name=env_image_name,
            env_image_tag=env_image_tag,
        )
        found = FoundFilter(library_name, symbol, package_name, rpm_package_name)
        return self._count(_environments(wanted, found))


def naive(moment: datetime) -> datetime:
    """A moment in UTC and without a zone, as callers expect it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _record(row: tuple[object, ...], convert_datetime: bool) -> SoftwareEnvironmentRecord:
    values = dict(zip(SoftwareEnvironmentRecord.__annotations__, row, strict=True))
    kind, moment = values["environment_type"], values["datetime"]
    assert isinstance(kind, EnvironmentTypeEnum)
    values["environment_type"] = kind.name
    if isinstance(moment, datetime):
        values["datetime"] = naive(moment).strftime(MOMENT) if convert_datetime else naive(moment)
    return cast("SoftwareEnvironmentRecord", values)
