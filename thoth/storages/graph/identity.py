"""Which graph this is: what tells a copy from its original."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from .models import GraphIdentity, PackageChange
from .models_base import table_of


def renew_identity(connection: Connection) -> None:
    """Make of a restored copy a graph of its own, in the transaction of this connection.

    Caches that were made from the original, or from what stood here before, are then those of another graph and not
    trusted. The transactions that changed packages were the original server's: here, their numbers say nothing.
    """
    identities = table_of(GraphIdentity)
    connection.execute(delete(table_of(PackageChange)))
    connection.execute(delete(identities))
    connection.execute(insert(identities))
