"""thoth-storages store-cache and restore-cache: the graph cache in object storage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import config
from ..exceptions import NotFoundError
from .backup_steps import endings, size_of
from .cache import file_of
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from ..graph_cache import GraphCacheStore

_INTERRUPTED = "interrupted: the graph cache is as it was"

_file_argument = click.argument("cache_file", required=False, envvar=config.GRAPH_CACHE.names[0])
_json_option = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")


@click.command("store-cache")
@_file_argument
@_json_option
@quiet_option
def store_cache(cache_file: str | None, as_json: bool) -> None:
    """Put a graph cache into object storage.

    CACHE_FILE is its path; without it, THOTH_STORAGES_GRAPH_CACHE names it. The cache that was stored before is
    replaced. The file may be in use.

    \b
    Example: thoth-storages store-cache graph_cache.sqlite3

    \b
    Exit codes:
      0    stored
      1    the file is missing, damaged or no graph cache
      2    no file is named
      3    a setting is missing
      4    the object store cannot be reached or used
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from ..graph_cache import GraphCacheStore

    path = file_of(cache_file)
    with endings(_INTERRUPTED):
        store = GraphCacheStore()
        store.connect()
        store.store(path)
        _tell(path, store, "is stored as", as_json)


@click.command("restore-cache")
@_file_argument
@_json_option
@quiet_option
def restore_cache(cache_file: str | None, as_json: bool) -> None:
    """Fetch the graph cache that is in object storage.

    CACHE_FILE is the path it is put at; without it, THOTH_STORAGES_GRAPH_CACHE names it. What is there is replaced when
    the fetched one is whole and sound, and is as it was if not.

    \b
    Example: thoth-storages restore-cache graph_cache.sqlite3

    \b
    Exit codes:
      0    restored
      1    what is stored, or the file that is there, is damaged or no graph cache
      2    no file is named
      3    no cache was stored yet (make one and store it), or a setting is missing
      4    the object store cannot be reached or used
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from ..graph_cache import GraphCacheStore

    path = file_of(cache_file)
    with endings(_INTERRUPTED):
        store = GraphCacheStore()
        store.connect()
        try:
            store.retrieve(path)
        except NotFoundError as error:
            raise NotFoundError(f"{error}: thoth-storages graph-cache makes a cache, store-cache stores it") from error
        _tell(path, store, "was restored from", as_json)


def _tell(path: str, store: GraphCacheStore, what: str, as_json: bool) -> None:
    size, key = Path(path).stat().st_size, f"{store.prefix}/{store.OBJECT_KEY}"
    if as_json:
        click.echo(json.dumps({"cache_file": path, "cache_file_size": size, "object": key}, indent=2))
    else:
        say(f"{path} ({size_of(size)}) {what} {key}")
