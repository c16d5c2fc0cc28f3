"""Vulnerabilities of packages into tables."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Text, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from ..documents.packages import PackageOnIndex
from ..faults import LostRaceError
from ..models import CVE, CVETimestamp, HasVulnerability, PythonPackageVersionEntity
from ..models_base import table_of
from .entities import ensure_packages
from .ledger import record_changes
from .upsert import insert_missing

_LINK = ("python_package_version_entity_id", "cve_id")


class Vulnerability(NamedTuple):
    """What an advisory says, under its own name; without a link the one that is known stays."""

    cve_id: str
    details: str
    link: str | None


def write(session: Session, package: PackageOnIndex, vulnerability: Vulnerability) -> tuple[CVE, bool]:
    """The vulnerability's row, and whether the package version was known to have it.

    Written are the vulnerability as it is told now, the package version, its index, disabled where nobody registered
    it, and that it has the vulnerability. What is told again as it is known changes no answer but when it was told,
    and is no change of the package: what is remembered of it, its dependencies above all, stays good.
    """
    ids, _ = ensure_packages(session, [package])
    cve, is_told_otherwise = _write_vulnerability(session, vulnerability)
    pair = (ids[package], cve.id)
    is_new = bool(insert_missing(session, HasVulnerability, _LINK, _LINK, [pair]))
    changed = {package.package_name} if is_new else set()
    if is_told_otherwise:
        changed |= _names_of_vulnerable(session, cve.id)
    record_changes(session, changed)
    return cve, not is_new


def _write_vulnerability(session: Session, vulnerability: Vulnerability) -> tuple[CVE, bool]:
    """The vulnerability's row, locked until the transaction ends, and whether it said something else before."""
    insert_missing(session, CVE, Vulnerability._fields, ("cve_id",), [vulnerability])
    told = {f"told_{name}": value for name, value in vulnerability._asdict().items()}
    row = session.execute(_correct(), told).first()
    if row is None:  # deleted since
        raise LostRaceError
    return row.CVE, row.is_told_otherwise


@cache
def _correct() -> ReturningUpdate[CVE, bool]:
    # Locked before it is compared: else what another writer says meanwhile would be overwritten, but not noticed.
    this = select(CVE.id, CVE.details, CVE.link).where(CVE.cve_id == bindparam("told_cve_id"))
    before = this.with_for_update().subquery("before")
    details = bindparam("told_details", type_=Text())
    link = func.coalesce(bindparam("told_link", type_=Text()), before.c.link)
    is_told_otherwise = or_(before.c.details.is_distinct_from(details), before.c.link.is_distinct_from(link))
    statement = update(CVE).where(CVE.id == before.c.id)
    corrected = statement.values(details=details, link=link, aggregated_at=func.now())
    options = {"synchronize_session": False, "populate_existing": True}
    return corrected.returning(CVE, is_told_otherwise.label("is_told_otherwise")).execution_options(**options)


def _names_of_vulnerable(session: Session, cve_id: int) -> set[str]:
    """The names of the packages that are known to have a vulnerability."""
    entities = PythonPackageVersionEntity
    names = select(entities.package_name).join(
        HasVulnerability, HasVulnerability.python_package_version_entity_id == entities.id
    )
    return set(session.scalars(names.where(HasVulnerability.cve_id == cve_id).distinct()))


@cache
def _set_timestamp() -> Insert:
    statement = insert(table_of(CVETimestamp)).values(timestamp=bindparam("timestamp"))
    # The index that lets there be one row is over a constant.
    return statement.on_conflict_do_update(
        index_elements=[text("(true)")], set_={"timestamp": statement.excluded.timestamp}
    )


def write_timestamp(session: Session, timestamp: datetime) -> None:
    """Keep when vulnerabilities were last looked up, a moment with a zone, instead of what was kept before."""
    session.execute(_set_timestamp(), {"timestamp": timestamp})
