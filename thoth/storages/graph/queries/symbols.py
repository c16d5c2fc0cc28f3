"""Questions about symbols: what images offer, what packages need."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ..filters import Environment, PackageAt
from ..models import HasArtifact, HasSymbol, PythonPackageVersionEntity, RequiresSymbol, VersionedSymbol
from ..sql_types import AnySelect
from .base import Questions
from .environments import EnvironmentFilter, environments_of
from .shaped import shaped
from .versions import as_python, select_entities


def _offered(wanted: EnvironmentFilter) -> AnySelect:
    """The symbols that the environments provide, sorted, each once."""
    environments = environments_of(wanted.is_external)
    link = HasSymbol.external_software_environment_id if wanted.is_external else HasSymbol.software_environment_id
    provided = (
        select(HasSymbol.versioned_symbol_id).join(environments, environments.id == link).where(*wanted.conditions())
    )
    return (
        select(as_python(VersionedSymbol.symbol))
        .where(VersionedSymbol.id.in_(provided))
        .distinct()
        .order_by(as_python(VersionedSymbol.symbol))
    )


def _required(package: PackageAt) -> AnySelect:
    """The symbols that artifacts of a package version need, sorted, each once."""
    return (
        select_entities(package, as_python(VersionedSymbol.symbol))
        .join(HasArtifact, HasArtifact.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(RequiresSymbol, RequiresSymbol.python_artifact_id == HasArtifact.python_artifact_id)
        .join(VersionedSymbol, VersionedSymbol.id == RequiresSymbol.versioned_symbol_id)
        .distinct()
        .order_by(as_python(VersionedSymbol.symbol))
    )


def _one_of(name: str, value: str | None, earlier: str | None) -> str:
    """The argument under its name of today or its earlier one, thoth_s2i_...; TypeError unless it is exactly one."""
    if (value is None) == (earlier is None):
        older = name.replace("thoth_", "thoth_s2i_")
        raise TypeError(f"{name} must be given once: as {name}, or by its earlier name {older}")
    return value or earlier or ""


class SymbolQueries(Questions):
    """Symbols of libraries, such as GLIBC_2.17."""

    def get_thoth_s2i_analyzed_image_symbols_all(
        self,
        thoth_image_name: str | None = None,
        thoth_image_version: str | None = None,
        is_external: bool = False,
        *,
        thoth_s2i_image_name: str | None = None,
        thoth_s2i_image_version: str | None = None,
    ) -> list[str]:
        """The symbols that an image of Thoth provides, sorted, each once; empty where it was not analysed.

        Name and version may be given by their earlier names, thoth_s2i_image_name and thoth_s2i_image_version. Raises
        TypeError unless each is given exactly once.
        """
        wanted = EnvironmentFilter(
            is_external=is_external,
            thoth_image_name=_one_of("thoth_image_name", thoth_image_name, thoth_s2i_image_name),
            thoth_image_version=_one_of("thoth_image_version", thoth_image_version, thoth_s2i_image_version),
        )
        return self._offered(wanted)

    def get_analyzed_image_symbols_all(
        self, os_name: str, os_version: str, *, python_version: str | None = None, cuda_version: str | None = None
    ) -> list[str]:
        """The symbols that Thoth's own environments of an operating system provide, sorted, each once.

        What is None means any.
        """
        environment = Environment.of(os_name, os_version, python_version)
        return self._offered(EnvironmentFilter.of(environment, cuda_version=cuda_version))

    def get_python_package_required_symbols(
        self, package_name: str, package_version: str, index_url: str | None
    ) -> list[str]:
        """The symbols that artifacts of a package version need, sorted, each once; empty where nothing is known.

        They are remembered; see Questions for when they are forgotten. An index of None means any.
        """
        package = PackageAt.of(package_name, package_version, index_url)

        def ask() -> tuple[Any, ...]:
            return tuple(symbol for (symbol,) in self._ask(*shaped(_required, package)))

        return list(self._remembered("get_python_package_required_symbols", package, None, ask))

    def _offered(self, wanted: EnvironmentFilter) -> list[str]:
        return [symbol for (symbol,) in self._ask(*shaped(_offered, wanted))]
