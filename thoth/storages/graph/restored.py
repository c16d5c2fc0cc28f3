"""The tables of a restored dump, before anybody else uses them."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from ..exceptions import SchemaNotOursError
from .engine import make_maintenance_engine
from .identity import renew_identity
from .schema_status import SchemaStateEnum, SchemaStatus, status
from .sql_base import translating

WITH_TABLES = frozenset((SchemaStateEnum.CURRENT, SchemaStateEnum.BEHIND, SchemaStateEnum.ADOPTABLE))
"""The states of a database whose tables this library knows."""

_TABLES = text(
    """
    SELECT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    ORDER BY 1
    """
)


def make_ready(url: URL) -> SchemaStatus:
    """What state the restored tables are in, after they became a graph of their own, with statistics for the planner.

    Raises SchemaNotOursError, before anything is changed, where they are none that this library knows.
    """
    engine = make_maintenance_engine(url)
    with translating(url):
        with engine.begin() as connection:
            found = _known(connection, url)
            # The package published before 1.0 had no identity; an adoption makes one.
            if found.state is not SchemaStateEnum.ADOPTABLE:
                renew_identity(connection)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for table in connection.scalars(_TABLES).all():  # one by one: none takes long, however many there are
                connection.execute(text(f"ANALYZE {table.replace(':', chr(92) + ':')}"))
    return found


def _known(connection: Connection, url: URL) -> SchemaStatus:
    found = status(lambda *statement: connection.execute(*statement).fetchall(), url)
    if found.state not in WITH_TABLES:
        expected = f"tables of this library up to revision {found.library_revision}"
        advice = found.advice if found.state is SchemaStateEnum.AHEAD else "choose another dump"
        raise SchemaNotOursError("the dump", f"{found.state.value}: {found.detail}", expected, advice)
    return found
