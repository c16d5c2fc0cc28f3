"""A store without a document: it may be empty, and it may not be the one that was meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from os.path import commonpath

from ..sync import KINDS, DocumentKind
from .sync_choice import name_of


def no_document(kinds: Sequence[DocumentKind], since: date | None) -> str:
    """A line that says of which kinds there is no document, and where that is. Raises SettingMissingError."""
    stores = [kind.store() for kind in kinds]
    place = stores[0].prefix if len(stores) == 1 else commonpath([store.prefix for store in stores])
    called = "any kind" if len(kinds) == len(KINDS) else f"kind {' or '.join(map(name_of, kinds))}"
    made = f" made since {since}" if since else ""
    return f"no document of {called}{made} below {place}/ in bucket {stores[0].ceph.bucket}"
