"""What one can tell the graph: single facts, which no document holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload

from ..exceptions import SchemaError
from .documents.packages import PackageOnIndex
from .documents.reading import NAME_BYTES, URL_BYTES, Place
from .models import CVE
from .names import is_package_name, normalize_index_url, normalize_package_name, normalize_package_version
from .queries.base import Questions
from .writers import vulnerabilities
from .writers.vulnerabilities import Vulnerability


def _text(parameter: str, value: object, limit: int | None = None) -> str:
    """This argument as a text that a database can hold; ValueError, which names the parameter, where it is none."""
    try:
        return Place(None, parameter, value).text(limit)
    except SchemaError as error:
        raise ValueError(f"{parameter}: expected {error.expected}") from None


def _key(parameter: str, value: object, limit: int = NAME_BYTES) -> str:
    text = _text(parameter, value, limit).strip()
    if not text:
        raise ValueError(f"{parameter}: expected a text that is not empty")
    return text


def _package(package_name: str, package_version: str, index_url: str) -> PackageOnIndex:
    name = _key("package_name", package_name)
    if not is_package_name(name):
        raise ValueError(f"package_name: expected the name of a package, not {name!r}")
    version, url = _key("package_version", package_version), _key("index_url", index_url, URL_BYTES)
    return PackageOnIndex(
        normalize_package_name(name),
        _key("package_version", normalize_package_version(version)),
        _key("index_url", normalize_index_url(url)),
    )


def _vulnerability_of_2019(record_id: str | None, advisory: str | None, cve: str | None) -> Vulnerability:
    details = _text("advisory", advisory)
    if cve and _text("cve", cve) not in details:
        details = f"{cve}: {details}"
    return Vulnerability(_key("record_id", record_id), details, None)


def _check_form(needed: dict[str, str | None], others: dict[str, str | None]) -> None:
    """Raise TypeError unless all arguments of a form are there, and none of the other."""
    if None in needed.values() or set(others.values()) - {None}:
        without = f", without {', '.join(others)}" if others else ""
        raise TypeError(f"create_python_cve_record() needs {' and '.join(needed)} together{without}")


class Facts(Questions):
    """Single facts into the graph, each in a transaction of its own."""

    @overload
    def create_python_cve_record(
        self, package_name: str, package_version: str, index_url: str, *, cve_id: str, details: str, link: str | None
    ) -> bool: ...

    @overload
    def create_python_cve_record(
        self,
        package_name: str,
        package_version: str,
        index_url: str,
        *,
        record_id: str,
        version_range: str,
        advisory: str,
        cve: str | None = None,
    ) -> tuple[CVE, bool]: ...

    def create_python_cve_record(
        self,
        package_name: str,
        package_version: str,
        index_url: str,
        *,
        cve_id: str | None = None,
        details: str | None = None,
        link: str | None = None,
        record_id: str | None = None,
        version_range: str | None = None,
        advisory: str | None = None,
        cve: str | None = None,
    ) -> bool | tuple[CVE, bool]:
        """Whether a package version was known to have this vulnerability; from now on it is.

        Details and link of a vulnerability that is known are corrected; a link of None leaves the known one. What is
        not known of the package version is made, an index disabled.

        In the form of 2019, with record_id, the answer is (vulnerability, whether that was known). The record's id is
        the vulnerability's name then, and the advisory, with the name that `cve` gives it in front, its details. The
        range of versions is not kept: it is a fact of the package, which the versions that are told of hold.

        Raises TypeError for arguments of both forms or not all of one, ValueError for what cannot be kept: an empty or
        overlong (256 bytes) name, what is no package's name, texts with NUL characters or lone surrogates.
        """
        is_of_2019 = any(value is not None for value in (record_id, version_range, advisory, cve))
        if is_of_2019:
            _check_form(
                {"record_id": record_id, "advisory": advisory}, {"cve_id": cve_id, "details": details, "link": link}
            )
            vulnerability = _vulnerability_of_2019(record_id, advisory, cve)
        else:
            _check_form({"cve_id": cve_id, "details": details}, {})
            told_link = _text("link", link) if link else None
            vulnerability = Vulnerability(_key("cve_id", cve_id), _text("details", details), told_link)
        package = _package(package_name, package_version, index_url)
        row, existed = self._tell(lambda session: vulnerabilities.write(session, package, vulnerability))
        self._look_again()
        return (row, existed) if is_of_2019 else existed

    def set_cve_timestamp(self, timestamp: datetime) -> None:
        """Keep when vulnerabilities were last looked up; a moment without a zone is in UTC."""
        if not isinstance(timestamp, datetime):
            raise TypeError(f"timestamp must be a datetime, not {timestamp!r}")
        moment = timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp
        self._tell(lambda session: vulnerabilities.write_timestamp(session, moment))
