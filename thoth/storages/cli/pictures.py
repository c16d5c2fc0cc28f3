"""thoth-storages generate-schema: pictures of the tables."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .leaving import INTERRUPTED, leave
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from .drawing import Tables

KINDS = {".png": "png", ".svg": "svg"}


def _picture(_: click.Context, __: click.Parameter, value: str) -> Path:
    if Path(value).suffix.lower() not in KINDS:
        raise click.BadParameter(f"{value}: expected a name that ends with {' or '.join(KINDS)}")
    return Path(value)


def _regexes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> list[re.Pattern[str]]:
    regexes = []
    for value in values:
        try:
            regexes.append(re.compile(value))
        except re.error as error:
            raise click.BadParameter(f"{value!r} is not a regular expression: {error}") from error
    return regexes


@click.command("generate-schema")
@click.argument("schema_file", default="schema.png", type=click.Path(dir_okay=False), callback=_picture)
@click.argument("cache_schema_file", default="schema_cache.png", type=click.Path(dir_okay=False), callback=_picture)
@click.option(
    "-i",
    "--include",
    multiple=True,
    callback=_regexes,
    metavar="REGEX",
    help="Only tables of the graph with this in their name (as re.search finds it); may be given several times.",
)
@click.option(
    "--include_performance_models",
    type=click.BOOL,
    metavar="BOOL",
    default=True,
    help="Whether tables of performance indicators, whose names begin with pi, are drawn; true unless given.",
)
@quiet_option
def generate_schema(
    schema_file: Path,
    cache_schema_file: Path,
    include: list[re.Pattern[str]],
    include_performance_models: bool,
) -> None:
    """Draw pictures of the tables, as PNG or SVG.

    One of the graph's tables, one of the graph cache's, which is always whole. The suffix of a file says which kind it
    is. Needs no server. Existing files are replaced once both pictures are drawn.

    Example: thoth-storages generate-schema -i depends_on -i python_package schema.svg
    """
    if schema_file.resolve() == cache_schema_file.resolve():
        raise click.UsageError("the two pictures need files of their own")
    from .drawing import tables_of

    graph, cache = _bases()
    tables = [_chosen(tables_of(graph), include, include_performance_models), tables_of(cache, "sqlite")]
    try:
        _draw(tables, [schema_file, cache_schema_file])
    except KeyboardInterrupt:
        leave("interrupted: a picture that was not announced is as it was before", INTERRUPTED)


def _bases() -> tuple[type, type]:
    from ..graph.models import Base
    from ..graph.models_cache import CacheBase

    return Base, CacheBase


def _chosen(tables: Tables, include: list[re.Pattern[str]], performance: bool) -> Tables:
    from .drawing import PERFORMANCE_PREFIX

    names = [table.name for table in tables.all if performance or not table.name.startswith(PERFORMANCE_PREFIX)]
    for regex in include:
        if not any(map(regex.search, names)):
            without = "" if performance else f" (tables {PERFORMANCE_PREFIX}... are left out)"
            raise click.UsageError(f"--include {regex.pattern!r} matches the name of no table of the graph{without}")
    return tables.named(name for name in names if not include or any(regex.search(name) for regex in include))


def _draw(tables: list[Tables], paths: list[Path]) -> None:
    """Draw all the pictures, then write them."""
    from .arranging import picture

    drawn = [picture(one, KINDS[path.suffix.lower()]) for one, path in zip(tables, paths, strict=True)]
    for content, path in zip(drawn, paths, strict=True):
        try:
            replace(path, content)
        except OSError as error:
            raise click.ClickException(f"cannot write {path}: {error.strerror}; it is as it was before") from error
        say(f"wrote {path}")


def replace(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all: whoever reads meanwhile sees the old one or the new one."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # some file systems say only now that they are full
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
