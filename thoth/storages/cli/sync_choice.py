"""Which documents thoth-storages sync is about: kinds by the names people use, ids, a directory, a day, a share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from ..sync import DocumentKind, Shard


class Chosen(NamedTuple):
    """The documents of one kind: these ids, or paths of files; None means all that are in the store."""

    kind: DocumentKind
    document_ids: list[str] | None = None
    is_local: bool = False

    def how_many(self, since: date | None, shard: Shard | None) -> int:
        """How many they are; those of a store are listed to be counted."""
        from ..sync import count_candidates

        return count_candidates(self.kind, self.document_ids, is_local=self.is_local, since=since, shard=shard)


_CALLED = {"security": "security-indicators"}  # as its folder is; newer ids have the singular


def name_of(kind: DocumentKind) -> str:
    """What a kind is called here: for most what their documents' ids start with."""
    return _CALLED.get(kind.key, kind.prefixes[0])


def names_of(kind: DocumentKind) -> tuple[str, ...]:
    """All the names that are understood, the one it is called by first."""
    return tuple(dict.fromkeys((name_of(kind), *kind.prefixes, kind.key, kind.kind.name.lower().replace("_", "-"))))


# These are callbacks and no types of click's: those take parameters since click 8.5, and must not have any before.


def kinds_of_names(_context: click.Context, _parameter: click.Parameter, names: Sequence[str]) -> list[DocumentKind]:
    """The kinds of these names, large letters and underscores aside. Raises BadParameter for other names."""
    from ..sync import KINDS

    kinds = {name: kind for kind in KINDS for name in names_of(kind)}
    found = []
    for given in names:
        name = given.lower().replace("_", "-")
        if name not in kinds:
            nearest = get_close_matches(name, kinds, n=1)
            hint = f" Did you mean {nearest[0]}?" if nearest else ""
            known = ", ".join(map(name_of, KINDS))
            raise click.BadParameter(f"{given!r} is no kind of documents.{hint} They are: {known}")
        found.append(kinds[name])
    return found


def share(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Shard | None:
    """The share that a text such as 3/8 names. Raises BadParameter for what names none."""
    from ..sync import Shard

    try:
        return Shard.of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> date | None:
    """The day that a text such as 2026-11-01 names. Raises BadParameter for others."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise click.BadParameter(f"expected a day such as 2026-11-01, not {text!r}") from error


def past_day(context: click.Context, parameter: click.Parameter, text: str | None) -> date | None:
    """The day that a text such as 2026-11-01 names. Raises BadParameter for others and days to come (UTC)."""
    found = day(context, parameter, text)
    if found is not None and found > datetime.now(UTC).date():
        raise click.BadParameter(f"{found} is still to come (UTC)")
    return found


def all_or(kinds: Sequence[DocumentKind]) -> list[DocumentKind]:
    """These kinds, or all where there are none, in the order in which they are synced."""
    from ..sync import KINDS

    return [kind for kind in KINDS if kind in (kinds or KINDS)]


def choose(
    kinds: Sequence[DocumentKind], document_ids: Sequence[str], directory: str | None, since: date | None
) -> list[Chosen]:
    """The documents that the options mean, by kind, in the order in which kinds are synced.

    Raises UsageError where the options contradict each other or mean no document at all.
    """
    from ..sync import KINDS

    if "" in document_ids:
        raise click.UsageError("--id: expected the id of a document, not an empty text")
    if since is not None and (document_ids or directory is not None):
        raise click.UsageError("--since narrows the listing of the object store: it goes with neither --id nor --from")
    if directory is not None:
        found = _files(directory, kinds, document_ids)
    elif document_ids:
        found = _by_kind(document_ids, kinds)
    else:
        return [Chosen(kind) for kind in all_or(kinds)]
    return [Chosen(kind, found[kind], directory is not None) for kind in KINDS if kind in found]


def _by_kind(document_ids: Iterable[str], kinds: Sequence[DocumentKind]) -> dict[DocumentKind, list[str]]:
    """The ids by their kind: the one their prefix tells, or the only one that is named."""
    from ..sync import kind_of

    found: dict[DocumentKind, list[str]] = {}
    for document_id in dict.fromkeys(document_ids):
        kind = kind_of(document_id) or (kinds[0] if len(set(kinds)) == 1 else None)
        if kind is None:
            raise click.UsageError(
                f"--id {document_id}: its prefix is that of no kind; name the one KIND that it is of"
            )
        if kinds and kind not in kinds:
            raise click.UsageError(f"--id {document_id} is of kind {name_of(kind)}, which is not among those you named")
        found.setdefault(kind, []).append(document_id)
    return found


def _files(directory: str, kinds: Sequence[DocumentKind], document_ids: Sequence[str]) -> dict[DocumentKind, list[str]]:
    """The paths of a directory's documents, by kind; of these ids, where some are given."""
    from ..sync import KINDS, documents_in, kind_of
    from ..sync.kinds import prefixes_of
    from ..sync.selection import file_id

    wanted = {file_id(document_id) for document_id in document_ids}
    missing = set(wanted)
    found: dict[DocumentKind, list[str]] = {}
    for path in documents_in(directory):
        document_id = file_id(path)
        kind = kind_of(document_id)
        if kind in (kinds or KINDS) and kind is not None and (not wanted or document_id in wanted):
            found.setdefault(kind, []).append(path)
            missing.discard(document_id)
    if missing:
        raise click.UsageError(f"--from {directory}: there is no file {min(missing)}.json in it")
    if not found:
        prefixes = prefixes_of(kinds or KINDS)
        raise click.UsageError(f"--from {directory}: no file in it, however deep, has a name starting with {prefixes}")
    return found
