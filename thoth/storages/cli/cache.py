"""thoth-storages graph-cache: make a graph cache."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from .. import config
from ..exceptions import CacheConfigurationError, ThothStorageExceptionError

KEY = "python-packages"

# A name alone, as PEP 508 has it: a version or an extra beside it would be taken for a part of the name.
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE)
DEFAULT_FILE = "graph_cache.sqlite3"


def file_of(cache_file: str | None) -> str:
    """The path of the file to make, store or restore: memory, the setting's default, ends with this process."""
    return DEFAULT_FILE if not cache_file or cache_file == config.GRAPH_CACHE.default else cache_file


def read_configuration(path: str) -> list[str]:
    """The names of packages that a cache configuration lists, in its order.

    Raises CacheConfigurationError, which names the file and the line or key, for anything but a YAML mapping with
    python-packages as a list of names.
    """
    import yaml

    try:
        configuration = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CacheConfigurationError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CacheConfigurationError(f"{path}: expected text in UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise CacheConfigurationError(f"{path}{line}: {getattr(error, 'problem', None) or error}") from error
    except (ValueError, RecursionError) as error:
        raise CacheConfigurationError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(configuration, dict) or KEY not in configuration:
        raise CacheConfigurationError(f"{path}: expected a mapping with the key {KEY}")
    return _names(path, configuration[KEY])


def _names(path: str, names: Any) -> list[str]:
    if not isinstance(names, list) or not names:
        raise CacheConfigurationError(f"{path}: {KEY}: expected a list of package names")
    for number, name in enumerate(names):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise CacheConfigurationError(f"{path}: {KEY}[{number}]: expected a package name, not {name!r}")
    return names


def _fail(error: Exception, code: int) -> NoReturn:
    click.echo(f"Error: {error}", err=True)
    sys.exit(code)


@click.command("graph-cache")
@click.argument("cache_file", required=False, envvar=config.GRAPH_CACHE.names[0])
@click.option(
    "-c",
    "--cache-config",
    required=True,
    envvar=config.GRAPH_CACHE_CONFIG.names[0],
    help="YAML file; its key python-packages lists the names of the packages to cache.",
)
def graph_cache(cache_file: str | None, cache_config: str) -> None:
    """Make a graph cache, a SQLite file.

    It holds all that resolving some packages may ask. CACHE_FILE is the path of the file to make or replace; without
    it, THOTH_STORAGES_GRAPH_CACHE names it, else it is graph_cache.sqlite3. Prints what was made as JSON. Exit code 2:
    the configuration is wrong.

    Example: thoth-storages graph-cache -c cache_conf.yaml graph_cache.sqlite3
    """
    from ..graph.cache import GraphCache
    from ..graph.postgres import GraphDatabase

    cache_file = file_of(cache_file)
    try:
        names = read_configuration(cache_config)
    except CacheConfigurationError as error:
        _fail(error, 2)
    try:
        graph = GraphDatabase()
        graph.connect()
        summary = graph.create_graph_cache(cache_file, names)
        made = GraphCache(cache_file)
        made.connect()
        click.echo(json.dumps({**summary, "cache_stats": made.stats()}, indent=2))
    except ThothStorageExceptionError as error:
        _fail(error, 1)
    for name in summary["unknown_packages"]:
        click.echo(f"Warning: no version of {name} was solved yet; it is not in the cache", err=True)


# What releases of 2019 called it; image builds still do.
create_cache = click.Command(
    "create-cache", params=graph_cache.params, callback=graph_cache.callback, help=graph_cache.help, hidden=True
)
