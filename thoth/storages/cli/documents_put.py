"""thoth-storages documents put: documents from files into object storage."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .completing import KindOption
from .documents_choice import one_kind
from .documents_ending import ends_all, one_line_errors
from .leaving import FAILED, leave
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from ..result_base import ResultStorageBase
    from ..sync import DocumentKind
    from ..sync.stored import CheckedDocument, Put

_STANDARD_INPUT = "-"


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option(
    "--kind", cls=KindOption, callback=one_kind, metavar="KIND", help="What they are, where their own ids do not tell."
)
@click.option("--force", is_flag=True, help="Replace documents that are stored with other content.")
@quiet_option
def put(files: tuple[str, ...], kind: DocumentKind | None, force: bool) -> None:
    """Check documents and put them into object storage.

    Each is stored under the id that it gives itself. It must be what its store demands, and what the graph reads from a
    document of its kind, so that it can be synced. What is stored already with the same content is left as it is; with
    other content, it is only replaced with --force. A file at fault is named, and nothing of it is stored; the others
    are. - is standard input.

    \b
    Example: thoth-storages documents put adviser-261122113528-9609fe253f1fb928.json
             thoth-storages documents get adviser-261122113528-9609fe253f1fb928 | thoth-storages documents put -

    \b
    Exit codes: 0 well, 1 a file is at fault, or another document is stored under its id, 2 wrong usage,
                3 a setting is missing, 4 the object store cannot be reached or used, 130 interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    if files.count(_STANDARD_INPUT) > 1:
        raise click.UsageError("standard input (-) can be read once")
    with one_line_errors():
        putting = _Putting(kind, force=force)
        failed = sum(not putting.put(file) for file in files)
    if failed:
        if len(files) > 1:
            leave(f"{failed:,} of {len(files):,} files were not stored", FAILED)
        raise SystemExit(FAILED)


class _Putting:
    """Puts files, one after the other."""

    def __init__(self, kind: DocumentKind | None, *, force: bool) -> None:
        self._kind = kind
        self._force = force
        self._stores: dict[DocumentKind, ResultStorageBase] = {}

    def put(self, file: str) -> bool:
        """Whether it is stored now; what is wrong with it is said here."""
        from ..sync.stored import put_document
        from .sync_errors import message_of, printable

        name = "standard input" if file == _STANDARD_INPUT else file
        try:
            checked = self._checked(file)
            became = put_document(self._store(checked.kind), checked, force=self._force)
        except Exception as error:
            # A ValueError of the store: nothing is ever listed under such an id.
            if ends_all(error) and type(error) is not ValueError:
                raise
            hint = self._hint(error)
            click.echo(f"Error: {printable(name)}: {message_of(error)}{hint}", err=True)
            return False
        say(f"{_said(became):<10} {printable(checked.document_id)}")
        return True

    def _checked(self, file: str) -> CheckedDocument:
        from ..exceptions import SchemaError
        from ..sync.kinds import prefixes_of
        from ..sync.stored import check_document, kind_of_document, read_json

        content = sys.stdin.buffer.read() if file == _STANDARD_INPUT else Path(file).read_bytes()
        document = read_json(content)
        kind = self._kind or kind_of_document(document)
        if kind is None:
            raise SchemaError(None, "metadata.document_id", f"an id that starts with one of {prefixes_of()}, or --kind")
        return check_document(kind, document)

    def _store(self, kind: DocumentKind) -> ResultStorageBase:
        if kind not in self._stores:
            self._stores[kind] = kind.store()
            self._stores[kind].connect()
        return self._stores[kind]

    def _hint(self, error: Exception) -> str:
        from ..sync.stored import DocumentExistsError

        return " (--force replaces it)" if isinstance(error, DocumentExistsError) else ""


def _said(became: Put) -> str:
    return became.name.lower()
