"""What the user of a database may do with the tables of the graph."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ARRAY, Text, bindparam, text

from .engine import connection_url, make_engine
from .models import Base
from .sql_base import translating

_PRIVILEGES = text(
    """
    SELECT name,
           has_table_privilege(to_regclass(quote_ident(name)), 'SELECT') AS may_read,
           has_table_privilege(to_regclass(quote_ident(name)), 'INSERT')
             AND has_table_privilege(to_regclass(quote_ident(name)), 'UPDATE')
             AND has_table_privilege(to_regclass(quote_ident(name)), 'DELETE') AS may_write
      FROM unnest(:names) AS name
     ORDER BY name
    """
).bindparams(bindparam("names", type_=ARRAY(Text)))


class Privileges(NamedTuple):
    """The tables that a user may not read, and those that it may not write, each by name.

    Tables that are not there are in neither.
    """

    unreadable: tuple[str, ...]
    unwritable: tuple[str, ...]


def privileges() -> Privileges:
    """What the user whom the settings name may not do, asked over a connection of its own.

    Raises SettingError, DatabaseConnectionError, DatabaseNotInitializedError and DatabaseStatementError.
    """
    url = connection_url()
    engine = make_engine(url)
    try:
        with translating(url), engine.connect() as connection:
            rows = connection.execute(_PRIVILEGES, {"names": sorted(Base.metadata.tables)}).all()
    finally:
        engine.dispose()
    return Privileges(
        unreadable=tuple(row.name for row in rows if row.may_read is False),
        unwritable=tuple(row.name for row in rows if row.may_write is False),
    )
