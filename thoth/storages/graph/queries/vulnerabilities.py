"""Questions about vulnerabilities of packages."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from ..models import CVETimestamp
from .base import Questions


class VulnerabilityQueries(Questions):
    """Vulnerabilities: when they were looked up."""

    def get_cve_timestamp(self) -> datetime | None:
        """When vulnerabilities were last looked up, in UTC and without a zone; None where nobody said so."""
        timestamp: datetime | None = self._ask_value(select(CVETimestamp.timestamp))
        return timestamp and timestamp.astimezone(UTC).replace(tzinfo=None)
