"""thoth-storages stats: what the graph holds, how much room it takes, and what remains to be done."""

from __future__ import annotations

import json

import click

from .leaving import INTERRUPTED, leave


@click.command()
@click.option("--exact", is_flag=True, help="Count the rows: each table is read as a whole.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stats(exact: bool, as_json: bool) -> None:
    """Say what the graph holds and how large it is.

    How many rows each table has (an estimate, marked ~, unless --exact), what they take on the server's disk, when each
    kind of document was last synced, how many documents are in quarantine or wait for packages, and what the graph
    cache is. What takes longer than THOTH_STORAGES_STATEMENT_TIMEOUT is left out.

    \b
    Example: thoth-storages stats
             thoth-storages stats --exact --json

    \b
    Exit codes:
      0    said
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting
      4    PostgreSQL cannot be reached or used
      5    the tables are not ones of this library
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from .stats_figures import Figures, figures_of, for_programs
    from .stats_shown import print_figures
    from .sync_ending import connected_graph, ending_of

    found: list[Figures] = []

    def work() -> None:
        with connected_graph() as graph:
            found.append(figures_of(graph, exact=exact))

    ending = ending_of(work, "interrupted")
    if ending.code == INTERRUPTED:
        raise SystemExit(INTERRUPTED)  # it was said when it happened
    if ending.message is not None:
        leave(ending.message, ending.code)
    (figures,) = found
    if as_json:
        click.echo(json.dumps(for_programs(figures), indent=2))
    else:
        print_figures(figures)
