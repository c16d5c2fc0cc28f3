"""Which documents thoth-storages documents is about: kinds and ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .sync_choice import kinds_of_names

if TYPE_CHECKING:
    from ..sync import DocumentKind


def one_kind(context: click.Context, parameter: click.Parameter, name: str | None) -> DocumentKind | None:
    """The kind of this name. Raises BadParameter for other names."""
    return None if name is None else kinds_of_names(context, parameter, [name])[0]


def kind_of_id(document_id: str, kind: DocumentKind | None) -> DocumentKind:
    """The kind that was named, or else the one that the id's prefix tells. Raises UsageError where it tells none."""
    from ..sync.kinds import kind_of, prefixes_of

    if not document_id:
        raise click.UsageError("expected the id of a document, not an empty text")
    found = kind or kind_of(document_id)
    if found is None:
        raise click.UsageError(
            f"{document_id!r} starts with none of {prefixes_of()}; "
            "name the kind it is of with --kind, if it is a document"
        )
    return found
