"""Versioned symbols, and the environments that provide them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from ..arrays import Row
from ..models import HasSymbol, VersionedSymbol
from .upsert import Wanted, digested, distinct_sorted, ensure_by_digest, insert_missing, wanted_by_digest

Symbol = tuple[str, str]
"""A library, and a symbol of it."""

_SYMBOL = ("library_name", "symbol")
_PROVIDED = ("software_environment_id", "external_software_environment_id", "versioned_symbol_id")


def wanted_symbols(symbols: Iterable[Symbol]) -> Wanted:
    """Symbols that are to be there."""
    return wanted_by_digest(VersionedSymbol, _SYMBOL, digested(symbols))


def ensure_symbols(session: Session, symbols: Iterable[Symbol]) -> dict[Row, int]:
    """The id of each symbol."""
    return ensure_by_digest(session, VersionedSymbol, _SYMBOL, symbols)


def provide_symbols(session: Session, environment: tuple[int | None, int | None], symbol_ids: Iterable[int]) -> None:
    """Note that an environment provides symbols (by id); it is one of Thoth's own or, second, a user's."""
    rows = distinct_sorted((*environment, symbol_id) for symbol_id in symbol_ids)
    insert_missing(session, HasSymbol, _PROVIDED, _PROVIDED, rows)
