"""Packages and environments as they are written on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

import click

from ..graph.filters import Environment, checked_text
from ..graph.names import is_package_name, normalize_extra, normalize_package_name, pinned_version

F = TypeVar("F", bound=Callable[..., Any])

# What PEP 508 allows before a marker; what the parts may be is checked after.
_PARTS = re.compile(r"(?P<name>[^\[\]=<>!~;@]+)(?:\[(?P<extras>[^\[\]]*)\]\s*)?(?P<specifier>===?.*)?")


@dataclass(frozen=True)
class Asked:
    """A package as it was asked about, in the graph's own spelling; a version of None is any."""

    package_name: str
    package_version: str | None = None
    extras: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """The package as PEP 508 writes it."""
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        return f"{self.package_name}{extras}" + (f"=={self.package_version}" if self.package_version else "")


def package(context: click.Context, parameter: click.Parameter, value: str) -> Asked:
    """The package that the argument names. Raises BadParameter, which says what was expected, where it names none."""
    try:
        return _asked(value)
    except ValueError:
        expected = "a package such as flask, flask==3.0.3 or flask[async]==3.0.3"
        raise click.BadParameter(f"expected {expected}, not {value!r}", context, parameter) from None


def _asked(text: str) -> Asked:
    """The package that a text names. Raises ValueError where it names none, or versions in a range."""
    parts = _PARTS.fullmatch(checked_text("package", text) or "")
    if parts is None or not is_package_name(parts["name"]):
        raise ValueError
    version = None if parts["specifier"] is None else pinned_version(parts["specifier"])
    if parts["specifier"] is not None and version is None:
        raise ValueError
    return Asked(normalize_package_name(parts["name"]), version, extras_of(parts["extras"]))


def extras_of(text: str | None) -> frozenset[str]:
    """The extras that a text lists with commas between them. Raises ValueError for what is no name."""
    if text is None or not text.strip():
        return frozenset()
    extras = text.split(",")
    if not all(map(is_package_name, extras)):
        raise ValueError
    return frozenset(normalize_extra(extra) or "" for extra in extras)


def text(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The text as it is. Raises BadParameter for one that is empty, or that no database holds."""
    if value is not None and not value.strip():
        raise click.BadParameter("expected a text that is not empty", context, parameter)
    try:
        return checked_text("it", value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


def extras(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[str]:
    """The extras that are listed. Raises BadParameter for what is no name."""
    try:
        return extras_of(text(context, parameter, value))
    except ValueError:
        raise click.BadParameter(f"expected extras such as async,dotenv, not {value!r}", context, parameter) from None


def in_environment(command: F) -> F:
    """Options that name an environment, given to the command as os_name, os_version and python_version."""
    for option in (
        click.option("--python", "python_version", callback=text, metavar="X.Y", help="In this Python, such as 3.11."),
        click.option("--os-version", callback=text, metavar="VERSION", help="In this version of it, such as 9."),
        click.option("--os", "os_name", callback=text, metavar="NAME", help="In this operating system, such as rhel."),
    ):
        command = option(command)
    return command


class EnvironmentArguments(TypedDict):
    """An environment as questions take it, and as JSON shows it."""

    os_name: str | None
    os_version: str | None
    python_version: str | None


def arguments_of(environment: Environment) -> EnvironmentArguments:
    """The environment for a question, or for JSON."""
    return EnvironmentArguments(
        os_name=environment.os_name, os_version=environment.os_version, python_version=environment.python_version
    )
