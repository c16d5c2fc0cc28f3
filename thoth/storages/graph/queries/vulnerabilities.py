"""Questions about vulnerabilities of packages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from sqlalchemy import func, select

from ..filters import PackageAt
from ..models import CVE, CVETimestamp, HasVulnerability, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .shaped import shaped
from .versions import as_python, select_entities


class CVERecord(TypedDict):
    """A vulnerability; aggregated_at is when it was read from its source, as text in UTC."""

    aggregated_at: str | None
    cve_id: str
    details: str
    link: str | None


class CVERecordOf2019(TypedDict):
    """A vulnerability as releases before 0.20 gave it; ranges of versions and other names are not kept."""

    advisory: str
    cve_name: str
    cve_id: str
    version_range: str


_COLUMNS = (CVE.aggregated_at, CVE.cve_id, CVE.details, CVE.link)
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


def _vulnerabilities(package: PackageAt) -> AnySelect:
    """The vulnerabilities of a package's versions, each once, by their names."""
    statement = (
        select_entities(package, *_COLUMNS)
        .join(HasVulnerability, HasVulnerability.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(CVE, CVE.id == HasVulnerability.cve_id)
    )
    return statement.group_by(CVE.id).order_by(as_python(CVE.cve_id))


def _timestamp() -> AnySelect:
    """When vulnerabilities were looked up; one row at most."""
    return select(CVETimestamp.timestamp)


def as_record(aggregated_at: datetime | None, cve_id: str, details: str, link: str | None) -> CVERecord:
    """What one row says."""
    moment = None if aggregated_at is None else aggregated_at.astimezone(UTC).strftime(MOMENT)
    return CVERecord(aggregated_at=moment, cve_id=cve_id, details=details, link=link)


class VulnerabilityQueries(Questions):
    """Vulnerabilities: which packages have which, and when they were looked up."""

    def get_python_cve_records_all(self, package_name: str, package_version: str | None = None) -> list[CVERecord]:
        """The vulnerabilities of a package, by their ids and each once; without a version those of any version.

        They are remembered; see Questions for when they are forgotten.
        """
        package = PackageAt.of(package_name, package_version)

        def ask() -> tuple[tuple[Any, ...], ...]:
            return tuple(tuple(row) for row in self._ask(*shaped(_vulnerabilities, package)))

        return [as_record(*row) for row in self._remembered("get_python_cve_records_all", package, None, ask)]

    def get_python_cve_records(self, package_name: str, package_version: str) -> list[CVERecordOf2019]:
        """The vulnerabilities of a package version, by their ids, in the form of 2019, in which every value is a text.

        advisory is the details. The ids are those of records as well as of CVEs. Ranges of versions are not kept: the
        text is empty.
        """
        rows = self._ask(*shaped(_vulnerabilities, PackageAt.of(package_name, package_version)))
        return [
            CVERecordOf2019(advisory=details, cve_name=cve_id, cve_id=cve_id, version_range="")
            for _moment, cve_id, details, _link in rows
        ]

    def get_python_cve_records_count(self) -> int:
        """How many vulnerabilities are known."""
        return int(self._ask_value(select(func.count()).select_from(CVE)))

    def get_cve_timestamp(self) -> datetime | None:
        """When vulnerabilities were last looked up, in UTC and without a zone; None where nobody said so."""
        timestamp: datetime | None = self._ask_value(*shaped(_timestamp))
        return timestamp and timestamp.astimezone(UTC).replace(tzinfo=None)
