"""Security indicators' rows into tables.

Every document has a run of its own, about one package. The package need not be solved. Where it is, the run is linked
to the environment that was solved last as well (by the time its document was made, then the document's id); that is
looked up whenever the document is written, and a solver document that arrives later does not change it. So questions go
by the package, which is the same in whatever order documents arrive, and never by that link.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from ..documents.security_indicators import COUNTERS, SecurityIndicatorsRows
from ..models import PythonPackageVersion, SecurityIndicatorAggregatedRun, SIAggregated, Solved
from ..models_base import table_of
from ..sql_types import AnySelect
from .entities import ensure_packages
from .ledger import Claim, claim, record_changes
from .runs import write_run

_PACKAGE = ("python_package_version_entity_id", "python_package_version_id")


def write(session: Session, rows: SecurityIndicatorsRows, *, force: bool = False) -> bool:
    """Write security indicators in the session's transaction; False where they were known and nothing is to do."""
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    entities, new_names = ensure_packages(session, [rows.package])
    entity_id = entities[rows.package]
    version_id = session.scalar(_select_solved_last(), {"entity_id": entity_id})
    run_id = _write_run(session, rows)
    session.execute(_link_package(), dict(zip(("run_id", *_PACKAGE), (run_id, entity_id, version_id), strict=True)))
    record_changes(session, {rows.package.package_name, *new_names})
    return True


@cache
def _select_solved_last() -> AnySelect:
    """The version that was solved last of an entity, which cannot be deleted until the transaction ends."""
    versions, runs = table_of(PythonPackageVersion), table_of(Solved)
    statement = select(versions.c.id).join(runs, runs.c.version_id == versions.c.id)
    statement = statement.where(versions.c.entity_id == bindparam("entity_id", type_=BigInteger))
    newest = statement.order_by(runs.c.datetime.desc(), runs.c.document_id.desc(), versions.c.id).limit(1)
    return newest.with_for_update(of=versions, read=True, key_share=True)


def _write_run(session: Session, rows: SecurityIndicatorsRows) -> int:
    run_id, _is_new = write_run(
        session,
        SecurityIndicatorAggregatedRun,
        ("si_aggregated_run_document_id",),
        {
            "si_aggregated_run_document_id": rows.document.document_id,
            "datetime": rows.made_at,
            "error": rows.error,
            **dict(zip(COUNTERS, rows.counters, strict=True)),
        },
    )
    return run_id


@cache
def _link_package() -> Insert:
    about = table_of(SIAggregated)
    given = {name: bindparam(name, type_=BigInteger) for name in _PACKAGE}
    statement = insert(about).values(si_aggregated_run_id=bindparam("run_id", type_=BigInteger), **given)
    return statement.on_conflict_do_update(
        index_elements=["si_aggregated_run_id"], set_={name: statement.excluded[name] for name in _PACKAGE}
    )
