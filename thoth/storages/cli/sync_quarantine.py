"""thoth-storages sync --list-quarantined and --release-quarantined: documents that could not be synced, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.table import Table

from ..exceptions import NotFoundError
from ..graph.postgres import GraphDatabase
from ..graph.queries.quarantine import QuarantinedDocumentRecord
from ..sync import KINDS, DocumentKind
from .sync_choice import name_of
from .sync_errors import printable
from .sync_summary import UNCUT, echo_printed
from .wording import how_many

_NAMES = {kind.kind: name_of(kind) for kind in KINDS}
_MOMENT = "%Y-%m-%d %H:%M:%SZ"


def list_quarantined(graph: GraphDatabase, kinds: Sequence[DocumentKind], *, as_json: bool) -> None:
    """Print the documents of these kinds that are in quarantine, by kind (in the order of KINDS) and id."""
    found = [record for kind in kinds for record in graph.get_quarantined_documents_all(kind.kind, count=None)]
    if as_json:
        click.echo(json.dumps({"quarantined": list(_for_programs(found))}, indent=2))
    elif found:
        # A terminal may break a line, but an id that is to be copied stays in one piece.
        console = Console(width=UNCUT, highlight=False, markup=False)
        echo_printed(console, lambda: console.print(_table(found), soft_wrap=True))
        click.echo("\n" + "\n".join(_advice(found)))
    else:
        click.echo("There is nothing in quarantine.")


def release_quarantined(
    graph: GraphDatabase, kinds: Sequence[DocumentKind], document_ids: Sequence[str], *, as_json: bool
) -> None:
    """Take documents out of quarantine. Raises NotFoundError, after all of them, where some are not in it."""
    ids = list(dict.fromkeys(document_ids))
    released = [one for one in ids if sum(graph.release_quarantined_documents([one], kind.kind) for kind in kinds)]
    if as_json:
        click.echo(json.dumps({"released": released}, indent=2))
    else:
        click.echo(f"{how_many(len(released), 'document')} taken out of quarantine.")
    if missing := [one for one in ids if one not in released]:
        raise NotFoundError(f"not in quarantine: {', '.join(missing)}; --list-quarantined shows what is")


def _advice(records: Sequence[QuarantinedDocumentRecord]) -> Iterator[str]:
    if any(record.etag for record in records):
        yield "To try again what a listing of the object store gave: thoth-storages sync --graceful --retry-quarantined"
    if not all(record.etag for record in records):
        yield "What was read from a file, or named by --id, is tried each time it is given; to try files again:"
        yield "thoth-storages sync --graceful --from DIRECTORY"
    yield "To take out what is gone: thoth-storages sync --release-quarantined ID"


def _for_programs(records: Sequence[QuarantinedDocumentRecord]) -> Iterator[dict[str, object]]:
    for record in records:
        moments = {"first_at": record.first_at.isoformat(), "last_at": record.last_at.isoformat()}
        yield {**record._asdict(), **moments, "kind": _NAMES[record.kind]}


def _table(records: Sequence[QuarantinedDocumentRecord]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in ("kind", "document", "tried", "last", "what is wrong"):
        table.add_column(heading, justify="right" if heading == "tried" else "left", no_wrap=True)
    for record in records:
        place = f"at {record.json_path}: " if record.json_path else ""
        tried = (f"{record.times:,}", record.last_at.strftime(_MOMENT))
        wrong = printable(f"{place}{record.reason}")
        table.add_row(_NAMES[record.kind], printable(record.document_id), *tried, wrong)
    return table
