"""Versioned symbols, and the environments that provide them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from ..models import HasSymbol, VersionedSymbol
from ..names import key_sha256
from .upsert import distinct_sorted, ids_by_key, insert_missing

Symbol = tuple[str, str]
"""A library, and a symbol of it."""

_KEY = ("key_sha256",)
_PROVIDED = ("software_environment_id", "external_software_environment_id", "versioned_symbol_id")


def ensure_symbols(session: Session, symbols: Iterable[Symbol]) -> dict[Symbol, int]:
    """The id of each symbol."""
    by_key = {(key_sha256(*symbol),): symbol for symbol in symbols}
    keys = distinct_sorted(by_key)
    rows = [(*key, *by_key[key]) for key in keys]
    insert_missing(session, VersionedSymbol, (*_KEY, "library_name", "symbol"), _KEY, rows)
    ids = ids_by_key(session, VersionedSymbol, _KEY, keys)
    return {by_key[key]: ids[key] for key in keys}


def provide_symbols(session: Session, environment: tuple[int | None, int | None], symbol_ids: Iterable[int]) -> None:
    """Note that an environment provides symbols (by id); it is one of Thoth's own or, second, a user's."""
    rows = distinct_sorted((*environment, symbol_id) for symbol_id in symbol_ids)
    insert_missing(session, HasSymbol, _PROVIDED, _PROVIDED, rows)
