"""The group of all commands."""

from __future__ import annotations

import logging
from typing import Any

import click

from .. import __version__
from .backup import backup, restore
from .bench import bench
from .cache import create_cache, graph_cache
from .cache_store import restore_cache, store_cache
from .demo import demo
from .dependents import dependents
from .doctor import doctor
from .documents import documents
from .grouped import GroupedCommands
from .leaving import INTERRUPTED, hearing_signals_again, leave
from .local import local
from .pictures import generate_schema
from .purge import purge
from .schema import schema
from .show import show
from .stats import stats
from .sync import sync
from .tree import tree

OURS = "thoth.storages"
"""The logger of this library."""


class _Commands(GroupedCommands):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            with hearing_signals_again():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            leave("interrupted", INTERRUPTED)


@click.group(
    cls=_Commands, context_settings={"auto_envvar_prefix": "THOTH_STORAGES", "help_option_names": ["-h", "--help"]}
)
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is done.")
@click.version_option(__version__, prog_name="thoth-storages")
def cli(verbose: bool) -> None:
    """A knowledge graph of software. New here? Run thoth-storages demo."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    if verbose:  # what other libraries do in between is of no interest
        logging.getLogger(OURS).setLevel(logging.INFO)
    # SQLAlchemy prints statements by itself, beside the handler above, where its own logger has none.
    logging.getLogger("sqlalchemy.engine.Engine").addHandler(logging.NullHandler())


for command in (
    demo,
    local,
    doctor,
    stats,
    bench,
    show,
    tree,
    dependents,
    schema,
    sync,
    documents,
    graph_cache,
    create_cache,
    generate_schema,
    backup,
    restore,
    purge,
    store_cache,
    restore_cache,
):
    cli.add_command(command)
