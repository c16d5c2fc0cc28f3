"""thoth-storages documents ls: which documents there are in object storage."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import click

from .completing import KindsArgument
from .documents_choice import kind_of_id
from .documents_ending import one_line_errors
from .leaving import FAILED, leave
from .sync_choice import all_or, day, kinds_of_names, name_of

if TYPE_CHECKING:
    from ..ceph import ListedObject
    from ..sync import DocumentKind

_AT_A_TIME = 100  # lines that are written together
_MOMENT = "%Y-%m-%d %H:%M:%SZ"


class _Listed(NamedTuple):
    kind: DocumentKind
    listed: ListedObject


class _Listing(NamedTuple):
    """What is to be listed: these kinds, the days in their ids, requests instead of documents."""

    kinds: Sequence[DocumentKind]
    since: date | None
    until: date | None
    requests: bool

    def documents(self) -> Iterator[_Listed]:
        for kind in self.kinds:
            store = kind.store()
            store.connect()
            listing = store.iterate_listing(
                start_date=self.since, end_date=self.until, include_end_date=True, only_requests=self.requests
            )
            yield from (_Listed(kind, listed) for listed in listing)


@click.command()
@click.argument("kinds", nargs=-1, cls=KindsArgument, callback=kinds_of_names, metavar="[KIND]...")
@click.option("--since", callback=day, metavar="YYYY-MM-DD", help="From this day (UTC) on, as their ids have it.")
@click.option("--until", callback=day, metavar="YYYY-MM-DD", help="Up to this day (UTC), which is included.")
@click.option("--requests", is_flag=True, help="The requests that led to documents instead.")
@click.option("--after", metavar="ID", help="Begin after this document, which the listing has to have.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="End after so many.")
@click.option("--json", "as_json", is_flag=True, help="A line with a JSON object for each document.")
@click.option("--count", is_flag=True, help="Say how many there are.")
def ls(
    kinds: list[DocumentKind],
    since: date | None,
    until: date | None,
    requests: bool,
    after: str | None,
    limit: int | None,
    as_json: bool,
    count: bool,
) -> None:
    """List the documents in object storage.

    On a terminal: size in bytes, when it was stored (UTC), id. Elsewhere ids alone, one in a line. Kinds come one after
    the other, in the order of thoth-storages sync, and of each the documents as the store sorts them. A listing is
    shown while it is read, however long it is.

    Ids of 2019 name no day: --since and --until leave them out.

    \b
    Example: thoth-storages documents ls solver --since 2026-11-01
             thoth-storages documents ls --count
             thoth-storages documents ls adviser --json | jq -r 'select(.size > 1000000).document_id'

    \b
    Exit codes: 0 well, 1 --after names a document that is not listed, 2 wrong usage, 3 a setting is missing,
                4 the object store cannot be reached or used, 130 interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    if as_json and count:
        raise click.UsageError("either --json or --count")
    if since is not None and until is not None and until < since:
        raise click.UsageError(f"no day is left between --since {since} and --until {until}")
    chosen = _from(all_or(kinds), after)
    with one_line_errors():
        listed = islice(_after(_Listing(chosen, since, until, requests).documents(), after), limit)
        if count:
            _count(chosen, listed)
        else:
            _write(listed, _json_line if as_json else _columns if sys.stdout.isatty() else _id)


def _from(kinds: list[DocumentKind], after: str | None) -> list[DocumentKind]:
    """The kinds from that of a document on."""
    if after is None:
        return kinds
    kind = kind_of_id(after, kinds[0] if len(kinds) == 1 else None)
    if kind not in kinds:
        raise click.UsageError(f"--after {after} is of kind {name_of(kind)}, which is not among those you named")
    return kinds[kinds.index(kind) :]


def _after(listed: Iterator[_Listed], after: str | None) -> Iterator[_Listed]:
    # Not by comparing ids: how a store sorts those with folders differs between servers.
    if after is not None and not any(one.listed.document_id == after for one in listed):
        leave(f"--after {after}: the listing has no such document", FAILED)
    return listed


def _write(listed: Iterator[_Listed], line_of: Callable[[_Listed], str]) -> None:
    while lines := [line_of(one) for one in islice(listed, _AT_A_TIME)]:
        click.echo("\n".join(lines))


def _id(one: _Listed) -> str:
    return one.listed.document_id


def _columns(one: _Listed) -> str:
    from .sync_errors import printable

    document_id, _etag, stored_at, size = one.listed
    return f"{size:>13,}  {stored_at.strftime(_MOMENT)}  {printable(document_id)}"


def _json_line(one: _Listed) -> str:
    listed = one.listed
    return json.dumps(
        {
            "document_id": listed.document_id,
            "kind": name_of(one.kind),
            "size": listed.size,
            "stored_at": listed.last_modified.isoformat(),
            "etag": listed.etag,
        }
    )


def _count(kinds: Sequence[DocumentKind], listed: Iterator[_Listed]) -> None:
    """The number alone for one kind; else a line for each, and one for all."""
    counted = Counter(name_of(one.kind) for one in listed)
    if len(kinds) == 1:
        click.echo(counted.total())
        return
    for kind in kinds:
        click.echo(f"{counted[name_of(kind)]:>12}  {name_of(kind)}")
    click.echo(f"{counted.total():>12}  all")
