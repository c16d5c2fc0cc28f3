"""thoth-storages documents get: documents from object storage, as they are stored."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import click

from .completing import KindOption
from .documents_choice import kind_of_id, one_kind
from .documents_ending import ends_all, one_line_errors
from .leaving import FAILED, leave
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from ..result_base import ResultStorageBase
    from ..sync import DocumentKind


class _Wanted(NamedTuple):
    store: ResultStorageBase
    document_id: str


@click.command()
@click.argument("document_ids", nargs=-1, required=True, metavar="ID...")
@click.option(
    "--kind", cls=KindOption, callback=one_kind, metavar="KIND", help="What they are, where their ids do not tell."
)
@click.option("--request", is_flag=True, help="The requests that led to them instead.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Write to this file; or, for several documents or where it is a directory or ends with a slash, into it.",
)
@quiet_option
def get(document_ids: tuple[str, ...], kind: DocumentKind | None, request: bool, output: str | None) -> None:
    """Fetch documents from object storage as they are stored.

    One goes to standard output, byte for byte; of several, those that end no line are followed by a newline. Files are
    replaced when they are whole, and their paths are printed. In a directory a document is <its id>.json, with a slash
    in the id written as %2F; thoth-storages sync --from and documents put take it from there.

    A result of an inspection, <inspection id>/results/<number>, is made of the objects that hold it. A document that is
    not there fails; the others are fetched all the same.

    \b
    Example: thoth-storages documents get adviser-261122113528-9609fe253f1fb928
             thoth-storages documents ls solver | xargs thoth-storages documents get -o solvers/

    \b
    Exit codes: 0 well, 1 a document is not there or a file cannot be written, 2 wrong usage, 3 a setting is missing,
                4 the object store cannot be reached or used, 130 interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    if output == "":
        raise click.UsageError("--output: expected a path, not an empty text")
    with one_line_errors():
        wanted = _wanted(document_ids, kind, request=request)
        place = _place(output, len(wanted))
        failed = sum(not _fetch(one, place, is_alone=len(wanted) == 1) for one in wanted)
    if failed:
        if len(wanted) > 1:
            leave(f"{failed:,} of {len(wanted):,} documents could not be fetched", FAILED)
        raise SystemExit(FAILED)


def _wanted(document_ids: Sequence[str], kind: DocumentKind | None, *, request: bool) -> list[_Wanted]:
    from ..result_base import REQUEST_SUFFIX

    kinds = {document_id: kind_of_id(document_id, kind) for document_id in document_ids}
    stores = {one: one.store() for one in set(kinds.values())}
    for store in stores.values():
        store.connect()
    suffix = REQUEST_SUFFIX if request else ""
    return [_Wanted(stores[one], f"{document_id.removesuffix(suffix)}{suffix}") for document_id, one in kinds.items()]


class _Place(NamedTuple):
    """A file, or a directory for files."""

    path: Path
    is_directory: bool

    def of(self, document_id: str) -> Path:
        return self.path / f"{quote(document_id, safe='')}.json" if self.is_directory else self.path


def _place(output: str | None, count: int) -> _Place | None:
    if output is None or output == "-":
        return None
    # A link stays one, and what it points at is replaced.
    path = Path(output).resolve()
    is_directory = count > 1 or path.is_dir() or output.endswith("/")
    if is_directory and path.exists() and not path.is_dir():
        raise click.UsageError(f"--output {output}: expected a directory for {count:,} documents, and it is none")
    if is_directory:
        path.mkdir(parents=True, exist_ok=True)
    return _Place(path, is_directory)


def _fetch(one: _Wanted, place: _Place | None, *, is_alone: bool) -> bool:
    """Whether it was fetched; that it is not there, or cannot be written, is said here."""
    from ..sync.stored import stored_bytes
    from .sync_errors import message_of

    try:
        blob = stored_bytes(one.store, one.document_id)
        if place is None:
            _print(blob, is_alone=is_alone)
        else:
            _write(place.of(one.document_id), blob)
    except Exception as error:
        if ends_all(error):
            raise
        click.echo(f"Error: {message_of(error)}", err=True)
        return False
    return True


def _print(blob: bytes, *, is_alone: bool) -> None:
    out = sys.stdout.buffer
    ends_a_line = blob.endswith(b"\n")
    out.write(blob if ends_a_line or (is_alone and not out.isatty()) else blob + b"\n")
    out.flush()


def _write(path: Path, blob: bytes) -> None:
    from ..replaced_files import written_beside
    from .sync_errors import printable

    if path.exists() and not path.is_file():  # a pipe, a device: nothing that could be replaced
        path.write_bytes(blob)
        return
    with written_beside(path, mode=_mode_of_new_files()) as temporary:
        temporary.write_bytes(blob)
    say(printable(str(path)))


def _mode_of_new_files() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
