"""thoth-storages show: what is known of a package."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..graph.filters import Environment
from .asking import answer, asks
from .package_argument import Asked, in_environment, package
from .package_pictures import in_picture, write_picture
from .sync_errors import printable
from .wording import how_many

if TYPE_CHECKING:
    from .shown import Facts, Known, Rule, Version, Vulnerability

_INDENT = "  "
_METADATA = {
    "summary": "summary",
    "license": "licence",
    "author": "author",
    "requires_python": "requires Python",
    "home_page": "home page",
    "project_url": "links",
}
_LONGEST = 400
"""Letters of a text that are shown; --json has all."""


@click.command()
@click.argument("package", callback=package)
@in_environment
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="So many of each at most."
)
@in_picture
@asks
def show(
    package: Asked,
    os_name: str | None,
    os_version: str | None,
    python_version: str | None,
    limit: int,
    picture: Path | None,
    cache_file: str | None,
    as_json: bool,
) -> None:
    """Show what is known of a package.

    PACKAGE is a name, or name==version for one version. Shown are its versions, newest first, with the environments
    and indexes that they were solved in; solver errors; what it needs and what needs it; vulnerabilities; rules that
    keep it from being solved; and what it says of itself. --json has all of it, the text the first 20 of each. The
    picture shows what it needs and what needs it.

    A graph cache knows where a version was solved and what it needs, nothing else.

    \b
    Example: thoth-storages show flask
             thoth-storages show flask==3.0.3 --python 3.11
             thoth-storages show flask --json | jq -r '.versions[].package_version'
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from .shown import known_of, neighbours

    environment = Environment.of(os_name, os_version, python_version)
    is_offline = cache_file is not None
    found = answer(cache_file, lambda graph: known_of(graph, package, environment, is_offline=is_offline))
    if picture is not None:
        write_picture(picture, neighbours(found), beside_json=as_json)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    elif picture is None:
        for line in _lines(found, limit):
            click.echo(line)


def _lines(found: Known, limit: int) -> Iterator[str]:
    yield click.style(printable(str(found.asked)), bold=True)
    yield from _section("Versions", [_version(one) for one in found.versions], limit, "none was solved there")
    if found.described is not None:
        yield from _section(f"{_name(found)} needs", _needs(found), limit, "nothing")
    if found.facts is None:
        yield "\nA graph cache does not say what needs it, nor vulnerabilities, rules and metadata."
    else:
        yield from _facts(found, found.facts, limit)


def _facts(found: Known, facts: Facts, limit: int) -> Iterator[str]:
    needed_by = [f"{name} {', '.join(versions[:3])}{_more(versions)}" for name, versions in facts.needed_by.items()]
    yield from _section(f"{found.asked} is needed by", needed_by, limit, "nothing that was solved")
    if facts.solver_error_documents:
        yield from _section("Documents of solver errors", facts.solver_error_documents, limit)
    if facts.vulnerabilities:
        yield from _section("Vulnerabilities", list(map(_vulnerability, facts.vulnerabilities)), limit)
    if facts.rules:
        yield from _section("Rules", list(map(_rule, facts.rules)), limit)
    if facts.metadata is not None:
        yield from _section(f"{_name(found)} says of itself", list(_metadata(facts.metadata)), limit)


def _name(found: Known) -> str:
    return f"{found.asked.package_name} {found.described}"


def _section(title: str, items: list[str], limit: int, nothing: str = "") -> Iterator[str]:
    yield f"\n{click.style(printable(title), bold=True)}" + ("" if items else f": {nothing}")
    for item in items[:limit]:
        yield from _wrapped(printable(item))
    if len(items) > limit:
        yield f"{_INDENT}... and {len(items) - limit:,} more (--limit, --json)"


def _wrapped(item: str) -> Iterable[str]:
    """The item in lines that fit the terminal; in one line elsewhere."""
    if not sys.stdout.isatty():
        return [f"{_INDENT}{item}"]
    width = max(shutil.get_terminal_size().columns, 2 * len(_INDENT) + 20)
    return textwrap.wrap(item, width, initial_indent=_INDENT, subsequent_indent=2 * _INDENT, break_long_words=False)


def _more(versions: list[str]) -> str:
    return f" and {how_many(len(versions) - 3, 'older version')}" if len(versions) > 3 else ""


def _version(one: Version) -> str:
    environments = (
        f"{each['os_name']} {each['os_version']} Python {each['python_version']}" for each in one.environments
    )
    where = f"{one.index_url or 'on no index'}  {', '.join(environments)}"
    return f"{one.package_version}  {where}{'  solver error' if one.has_solver_error else ''}"


def _needs(found: Known) -> list[str]:
    from .tree_text import requirement_words

    roots = found.dependencies.roots
    return list(
        dict.fromkeys(
            click.unstyle(requirement_words(found.dependencies, root, one))
            for root in roots
            for one in found.dependencies.requirements.get(root, [])
        )
    )


def _vulnerability(one: Vulnerability) -> str:
    versions = f" ({', '.join(one.versions)})" if one.versions else ""
    details = textwrap.shorten(one.details, _LONGEST, placeholder=" ...")
    return f"{one.cve_id}{versions}: {details}{f'  {one.link}' if one.link else ''}"


def _rule(one: Rule) -> str:
    where = f" on {one.index_url}" if one.index_url else ""
    versions = one.version_range if one.version_range not in (None, "*") else "all versions"
    return f"{one.rule_id}: {versions}{where} not solved{f': {one.description}' if one.description else ''}"


def _metadata(metadata: dict[str, Any]) -> Iterator[str]:
    for key, title in _METADATA.items():
        value = metadata.get(key)
        text = "; ".join(value) if isinstance(value, list) else value
        if text:
            yield f"{title}: {textwrap.shorten(text, _LONGEST, placeholder=' ...')}"
