"""Questions about the repositories that Kebechet looks after.

An installation is a repository in one of its runtime environments: one repository may have several.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypedDict, cast

from sqlalchemy import func, select

from ...exceptions import NotFoundError
from ..enums import EnvironmentTypeEnum, KebechetManagerEnum
from ..filters import Environment, PackageAt, checked_flag, checked_text
from ..models import (
    ExternalPythonSoftwareStack,
    ExternalSoftwareEnvironment,
    HasExternalPythonRequirementsLock,
    KebechetGithubAppInstallations,
    PythonPackageIndex,
    PythonPackageVersionEntity,
)
from ..models_base import plain, table_of
from ..sql_types import AnyRow, AnySelect
from .base import Questions
from .environments import EnvironmentFilter
from .installations import InstallationFilter
from .versions import as_python, select_entities

_INSTALLATIONS = KebechetGithubAppInstallations
_ENVIRONMENTS = ExternalSoftwareEnvironment
_BY_REPOSITORY = (as_python(_INSTALLATIONS.slug), as_python(_INSTALLATIONS.runtime_environment_name).nulls_first())


class Installation(TypedDict):
    """A repository in one of its runtime environments."""

    id: int
    slug: str
    repo_name: str
    private: bool
    installation_id: str
    is_active: bool
    runtime_environment_name: str | None
    info_manager: bool
    pipfile_requirements_manager: bool
    update_manager: bool
    version_manager: bool
    thoth_advise_manager: bool
    thoth_provenance_manager: bool
    last_run: str | None
    """In UTC and without an offset: 2023-05-01 12:00:00."""
    external_python_software_stack_id: int | None
    external_software_environment_id: int | None
    advised_python_software_stack_id: int | None


class InstallationOfPackage(TypedDict):
    """Where a repository has a package in its lock."""

    environment_name: str | None
    installation_id: str
    private: bool
    package_name: str
    package_version: str | None
    index_url: str | None


def manager_of(kebechet_manager: str) -> KebechetManagerEnum:
    """The manager of this name. Raises NotFoundError, which lists them, for any other."""
    known = KebechetManagerEnum.__members__
    if not isinstance(kebechet_manager, str) or kebechet_manager not in known:
        raise NotFoundError(f"kebechet_manager must be one of {', '.join(known)}, not {kebechet_manager!r}")
    return known[kebechet_manager]


# --- Statements ------------------------------------------------------------------------------------------------------


def _installations(installations: InstallationFilter) -> AnySelect:
    """All columns of installations, by repository and runtime environment, the one without a name first."""
    columns = table_of(_INSTALLATIONS).columns
    return select(*columns).where(*installations.conditions()).order_by(*_BY_REPOSITORY)


def _installed_in(wanted: EnvironmentFilter) -> AnySelect:
    """The same of active installations whose environment is as asked for."""
    joined = _INSTALLATIONS.external_software_environment_id == _ENVIRONMENTS.id
    statement = _installations(InstallationFilter(is_active=True)).join(_ENVIRONMENTS, joined)
    return statement.where(*wanted.conditions())


def _active_slugs() -> AnySelect:
    """The repositories that Kebechet looks after, sorted, each once."""
    slug = as_python(_INSTALLATIONS.slug)
    return select(slug).where(_INSTALLATIONS.is_active).group_by(slug).order_by(slug)


def _slugs_with(manager: KebechetManagerEnum, distinct: bool) -> AnySelect:
    """The repository of each installation that has a manager switched on; each once if distinct."""
    statement: AnySelect = select(_INSTALLATIONS.slug).where(getattr(_INSTALLATIONS, manager.name.lower()))
    return statement.distinct() if distinct else statement


def _stacks(is_active: bool | None) -> AnySelect:
    """The stack of each installation that has one."""
    stack = _INSTALLATIONS.external_python_software_stack_id
    statement: AnySelect = select(stack).where(stack.is_not(None))
    return statement if is_active is None else statement.where(_INSTALLATIONS.is_active == is_active)


def _with_package(package: PackageAt, wanted: EnvironmentFilter) -> AnySelect:
    """Active installations that have a package in their lock: first by repository, then the newest version.

    Then by environment and index.
    """
    entities, locked = PythonPackageVersionEntity, HasExternalPythonRequirementsLock
    environment = func.coalesce(_ENVIRONMENTS.environment_name, _INSTALLATIONS.runtime_environment_name)
    columns = (
        _INSTALLATIONS.slug,
        environment.label("environment_name"),
        _INSTALLATIONS.installation_id,
        _INSTALLATIONS.private,
        entities.package_name,
        entities.package_version,
        PythonPackageIndex.url.label("index_url"),
    )
    stack_id = _INSTALLATIONS.external_python_software_stack_id
    lock_id = ExternalPythonSoftwareStack.external_python_requirements_lock_id
    return (
        select_entities(package, *columns)
        .join(locked, locked.python_package_version_entity_id == entities.id)
        .join(ExternalPythonSoftwareStack, lock_id == locked.external_python_requirements_locked_id)
        .join(_INSTALLATIONS, stack_id == ExternalPythonSoftwareStack.id)
        .outerjoin(_ENVIRONMENTS, _ENVIRONMENTS.id == _INSTALLATIONS.external_software_environment_id)
        .where(_INSTALLATIONS.is_active, *wanted.conditions())
        .order_by(
            as_python(_INSTALLATIONS.slug),
            entities.version_order.desc().nulls_last(),
            entities.package_version.desc(),
            environment.collate("C").nulls_first(),
            PythonPackageIndex.url,
        )
    )


def _shown(row: AnyRow) -> Installation:
    return cast("Installation", {name: plain(value) for name, value in row._mapping.items()})


class KebechetQueries(Questions):
    """Repositories that Kebechet looks after; a slug is owner/repository, in whatever case."""

    def get_kebechet_github_app_installations_all(
        self,
        *,
        id: int | None = None,  # noqa: A002 (callers name it so)
        slug: str | None = None,
        private: bool | None = None,
        installation_id: str | None = None,
        is_active: bool | None = None,
        runtime_environment_name: str | None = None,
        info_manager: bool | None = None,
        pipfile_requirements_manager: bool | None = None,
        update_manager: bool | None = None,
        version_manager: bool | None = None,
        thoth_advise_manager: bool | None = None,
        thoth_provenance_manager: bool | None = None,
        last_run_before: datetime | None = None,
        last_run_after: datetime | None = None,
        external_python_software_stack_id: int | None = None,
        external_software_environment_id: int | None = None,
        advised_python_software_stack_id: int | None = None,
    ) -> list[Installation]:
        """Installations, by repository and runtime environment, the one without a name first; None means any.

        The last run is before or after a moment, which is in UTC where it has no zone.
        """
        installations = InstallationFilter(
            id=id,
            slug=slug,
            private=private,
            installation_id=installation_id,
            is_active=is_active,
            runtime_environment_name=runtime_environment_name,
            info_manager=info_manager,
            pipfile_requirements_manager=pipfile_requirements_manager,
            update_manager=update_manager,
            version_manager=version_manager,
            thoth_advise_manager=thoth_advise_manager,
            thoth_provenance_manager=thoth_provenance_manager,
            last_run_before=last_run_before,
            last_run_after=last_run_after,
            external_python_software_stack_id=external_python_software_stack_id,
            external_software_environment_id=external_software_environment_id,
            advised_python_software_stack_id=advised_python_software_stack_id,
        )
        return [_shown(row) for row in self._ask(_installations(installations.checked()))]

    def get_kebechet_github_installation_info_with_software_environment_all(
        self,
        *,
        python_version: str | None = None,
        image_name: str | None = None,
        image_sha: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        thoth_image_name: str | None = None,
        thoth_image_version: str | None = None,
        env_image_name: str | None = None,
        env_image_tag: str | None = None,
        cuda_version: str | None = None,
        environment_type: str | None = None,
    ) -> list[Installation]:
        """Active installations whose software environment is known and as asked for, in the order of all of them.

        None means any; the type is RUNTIME or BUILDTIME, in whatever case.
        """
        others = {
            "image_name": image_name,
            "image_sha": image_sha,
            "thoth_image_name": thoth_image_name,
            "thoth_image_version": thoth_image_version,
            "env_image_name": env_image_name,
            "env_image_tag": env_image_tag,
            "cuda_version": cuda_version,
        }
        for name, value in others.items():
            checked_text(name, value)
        environment = Environment.of(os_name, os_version, python_version)
        wanted = EnvironmentFilter.of(environment, is_external=True, **others)
        if environment_type is not None:
            wanted = replace(wanted, environment_type=_environment_type(environment_type))
        return [_shown(row) for row in self._ask(_installed_in(wanted))]

    def get_kebechet_github_installations_info_for_python_package_version(
        self,
        package_name: str,
        *,
        package_version: str | None = None,
        index_url: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> dict[str, InstallationOfPackage]:
        """{slug: where it has the package} of active installations with the package in their lock, sorted by slug.

        Of a repository that has it several times the newest version is given, then the first environment by name.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        wanted = EnvironmentFilter.of(Environment.of(os_name, os_version, python_version), is_external=True)
        found: dict[str, InstallationOfPackage] = {}
        for row in self._ask(_with_package(package, wanted)):
            values = dict(row._mapping)
            found.setdefault(values.pop("slug"), cast("InstallationOfPackage", values))
        return found

    def get_active_kebechet_github_installations_repos(self) -> list[str]:
        """The repositories that Kebechet looks after, sorted, each once."""
        return [slug for (slug,) in self._ask(_active_slugs())]

    def get_active_kebechet_github_installations_repos_count_all(self) -> int:
        """How many repositories Kebechet looks after."""
        return self._count(_active_slugs())

    def get_kebechet_github_installations_active_managers(
        self, slug: str, runtime_environment_name: str | None = None
    ) -> list[str]:
        """The managers that are switched on, as KebechetManagerEnum names them and in its order.

        None is the installation without a named runtime environment. Empty where there is no such installation.
        """
        checked_text("runtime_environment_name", runtime_environment_name)
        installation = InstallationFilter(slug=slug, runtime_environment_name=runtime_environment_name).checked()
        statement = _installations(installation)
        if runtime_environment_name is None:
            statement = statement.where(_INSTALLATIONS.runtime_environment_name.is_(None))
        rows = self._ask(statement)
        return [manager.name for manager in KebechetManagerEnum if rows and rows[0]._mapping[manager.name.lower()]]

    def get_kebechet_github_installations_active_managers_count_all(
        self, kebechet_manager: str, distinct: bool = False
    ) -> int:
        """How many installations have a manager switched on; how many repositories, if distinct.

        Raises NotFoundError for what is no name of KebechetManagerEnum.
        """
        manager = manager_of(kebechet_manager)
        return self._count(_slugs_with(manager, distinct))

    def get_kebechet_github_installations_software_stack_count_all(self, *, is_active: bool | None = None) -> int:
        """How many software stacks repositories have, one in each of their runtime environments at most.

        With is_active given, only those of installations that are, or that are not.
        """
        return self._count(_stacks(checked_flag("is_active", is_active)))


def _environment_type(name: str) -> EnvironmentTypeEnum:
    known = EnvironmentTypeEnum.__members__
    if not isinstance(name, str) or name.upper() not in known:
        raise ValueError(f"environment_type must be one of {', '.join(known)}, not {name!r}")
    return known[name.upper()]
