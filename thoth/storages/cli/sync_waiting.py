"""thoth-storages sync --list-waiting: the documents of which something is left out, and what they wait for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from ..graph.postgres import GraphDatabase
from ..sync import KINDS, DocumentKind
from .sync_choice import name_of
from .sync_errors import printable
from .sync_summary import UNCUT, echo_printed

_NAMES = {kind.kind: name_of(kind) for kind in KINDS}


def list_waiting(graph: GraphDatabase, kinds: Sequence[DocumentKind], *, as_json: bool) -> None:
    """Print the documents of these kinds that wait for packages, by kind (in the order of KINDS) and id."""
    found = [record for kind in kinds for record in graph.get_waiting_documents_all(kind.kind, count=None)]
    if as_json:
        waiting = [{**record._asdict(), "kind": _NAMES[record.kind]} for record in found]
        click.echo(json.dumps({"waiting": waiting}, indent=2))
    elif not found:
        click.echo("No document waits for packages.")
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 1))
        for heading in ("kind", "document", "waits until these are solved"):
            table.add_column(heading, no_wrap=True)
        for record in found:
            table.add_row(_NAMES[record.kind], printable(record.document_id), printable("; ".join(record.awaited)))
        console = Console(width=UNCUT, highlight=False, markup=False)
        echo_printed(console, lambda: console.print(table, soft_wrap=True))
        click.echo("\nAll else that they say is in the graph. Every sync that comes across them tells them again.")
