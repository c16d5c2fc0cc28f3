"""Which packages changed since a reader last looked.

A reader remembers the oldest transaction that was running when it looked (pg_snapshot_xmin): whatever commits later
has that id or a higher one. Asking for changes from there on misses none, whichever order transactions commit in.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import JSON, BigInteger, Text, bindparam, cast, func, select

from .models import GraphIdentity, PackageChange
from .sql_types import AnySelect

NOTHING_SINCE = 2**62
"""A transaction that will not come: for those who only want to know the snapshot."""


def which_graph() -> AnySelect:
    """The graph's uuid, which is another one in a copy that was restored."""
    return select(cast(GraphIdentity.graph_uuid, Text))


@cache
def changes_since() -> AnySelect:
    """The graph's uuid, the snapshot of this statement, and {name: transaction} of packages changed since another."""
    identity = which_graph().scalar_subquery()
    snapshot = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger)
    changed = select(func.json_object_agg(PackageChange.package_name, PackageChange.xid, type_=JSON)).where(
        PackageChange.xid >= bindparam("since", type_=BigInteger)
    )
    return select(identity, snapshot, changed.scalar_subquery())
