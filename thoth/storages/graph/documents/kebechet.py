"""What the files of a repository say that Kebechet looks after: Pipfile, Pipfile.lock and .thoth.yaml, as objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...exceptions import SchemaError
from ..enums import KebechetManagerEnum
from .adviser import slug_of
from .reading import Place
from .runtime_environments import RuntimeEnvironment, parse_runtime_environment
from .stacks import Stack, parse_stack

MANAGERS = {
    "info": KebechetManagerEnum.INFO_MANAGER,
    "pipfile-requirements": KebechetManagerEnum.PIPFILE_REQUIREMENTS_MANAGER,
    "update": KebechetManagerEnum.UPDATE_MANAGER,
    "version": KebechetManagerEnum.VERSION_MANAGER,
    "thoth-advise": KebechetManagerEnum.THOTH_ADVISE_MANAGER,
    "thoth-provenance": KebechetManagerEnum.THOTH_PROVENANCE_MANAGER,
}
"""{name in .thoth.yaml: manager}."""


class RuntimeEnvironmentMissingError(SchemaError, ValueError):
    """A .thoth.yaml has no runtime environment of the name that was asked for."""


@dataclass(frozen=True, slots=True)
class RepositoryRows:
    """What a repository's files say of one of its runtime environments; None of the name is the first one."""

    slug: str
    runtime_environment_name: str | None
    stack: Stack
    environment: RuntimeEnvironment
    managers: frozenset[KebechetManagerEnum]
    remarks: tuple[str, ...]


def repository_slug(slug: object) -> str:
    """owner/repository in lower case, as the graph has it. Raises TypeError and ValueError for what is none."""
    if not isinstance(slug, str):
        raise TypeError(f"slug must be a text, not {slug!r}")
    try:
        found = slug_of(Place(None, "slug", slug).name())
    except SchemaError as error:
        raise ValueError(f"slug: expected {error.expected}") from None
    if found is None:
        raise ValueError(f"slug must be owner/repository, not {slug!r}")
    return found


def parse(
    slug: str,
    *,
    requirements: Any = None,
    requirements_lock: Any = None,
    thoth_config: Any = None,
    runtime_environment_name: str | None = None,
) -> RepositoryRows:
    """What the files say; None is a file that the repository does not have.

    Raises SchemaError, which names the file and the place in it, for what is none of them, and
    RuntimeEnvironmentMissingError, a ValueError as well, where .thoth.yaml does not know the environment.
    """
    remarks: list[str] = []
    files = Place(slug, "", {"requirements": requirements, "requirements_locked": requirements_lock})
    config = None if thoth_config is None else Place(slug, "thoth_config", thoth_config)
    environment = _environment(slug, config, runtime_environment_name)
    return RepositoryRows(
        slug=slug,
        runtime_environment_name=runtime_environment_name,
        stack=parse_stack(files, remarks),
        environment=parse_runtime_environment(environment),
        managers=frozenset() if config is None else _managers(config, remarks),
        remarks=tuple(remarks),
    )


def _environment(slug: str, config: Place | None, name: str | None) -> Place | None:
    """The runtime environment of this name, the first one without a name; None where there is none at all."""
    environments = [] if config is None else list(config.items("runtime_environments"))
    if name is None:
        return environments[0] if environments else None
    known = [place["name"].text() for place in environments]
    if name not in known:
        expected = f"a runtime environment {name!r}, not only {', '.join(map(repr, known)) or 'none at all'}"
        raise RuntimeEnvironmentMissingError(slug, "thoth_config.runtime_environments", expected)
    return environments[known.index(name)]


def _managers(config: Place, remarks: list[str]) -> frozenset[KebechetManagerEnum]:
    """The managers that are switched on; those that nobody knows are left out, with a remark."""
    found = set()
    for manager in config.items("managers"):
        name = manager.get("name")
        if name is None:
            continue
        known = MANAGERS.get(name.text())
        if known is None:
            remarks.append(f"{name.path}: left out, it is none of {', '.join(MANAGERS)}")
        else:
            found.add(known)
    return frozenset(found)
