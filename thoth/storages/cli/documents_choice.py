"""Which documents thoth-storages documents is about: kinds, days, ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from .sync_choice import kinds_of_names

if TYPE_CHECKING:
    from ..sync import DocumentKind


# These are callbacks and no types of click's: those take parameters since click 8.5, and must not have any before.


def one_kind(context: click.Context, parameter: click.Parameter, name: str | None) -> DocumentKind | None:
    """The kind of this name. Raises BadParameter for other names."""
    return None if name is None else kinds_of_names(context, parameter, [name])[0]


def day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> date | None:
    """The day that a text such as 2026-11-01 names. Raises BadParameter for others."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise click.BadParameter(f"expected a day such as 2026-11-01, not {text!r}") from error


def all_or(kinds: Sequence[DocumentKind]) -> list[DocumentKind]:
    """These kinds, or all where there are none, in the order in which they are synced."""
    from ..sync import KINDS

    return [kind for kind in KINDS if kind in (kinds or KINDS)]


def kind_of_id(document_id: str, kind: DocumentKind | None) -> DocumentKind:
    """The kind that was named, or else the one that the id's prefix tells. Raises UsageError where it tells none."""
    from ..sync import KINDS, kind_of

    if not document_id:
        raise click.UsageError("expected the id of a document, not an empty text")
    found = kind or kind_of(document_id)
    if found is None:
        prefixes = ", ".join(f"{prefix}-" for one in KINDS for prefix in one.prefixes)
        raise click.UsageError(
            f"{document_id!r} starts with none of {prefixes}; name the kind it is of with --kind, if it is a document"
        )
    return found
