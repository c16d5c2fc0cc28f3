"""Finished inspections, fetched from the API of Amun, the service that built and ran them in 2019."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from . import config
from .ceph_faults import tries
from .exceptions import AmunResponseError, AmunUnavailableError, NotFoundError

MOST_BYTES = 64 * 1024**2
"""What an answer may have; the longest logs of builds have some megabytes."""

_LONGEST = 600.0  # seconds that one answer may take as a whole
_PIECE = 64 * 1024
_VERSION_HEADER = "X-Amun-Version"
_TERMINATED = "terminated"
_NOT_YET = 202  # what is asked for is not scheduled yet


class _Answer(NamedTuple):
    """A JSON object and, where it was said, the version of Amun that gave it; the body is None with the status 202."""

    body: dict[str, Any] | None
    amun_version: str | None


class AmunClient:
    """Amun's API at a URL such as http://amun-api/api/v1; making one sends nothing.

    A request is given up THOTH_STORAGES_READ_TIMEOUT seconds after the last byte, and made
    THOTH_STORAGES_REQUEST_ATTEMPTS times at most where a passing fault ends it. A user and a password in the URL are
    sent along, and are in no message.
    """

    def __init__(self, api_url: str) -> None:
        """Take the URL. Raises ValueError for what is none of http or https."""
        self.url, self._authorization = _without_credentials(api_url)

    def inspection(self, inspection_id: str) -> dict[str, Any] | None:
        """The document of an inspection that is finished; None where it is still built or run.

        It has specification, created, build_log, job_log (None where nothing was to be run), inspection_id and status;
        and amun_version, where Amun says which it is. Raises NotFoundError for an inspection that Amun does not know,
        AmunUnavailableError where Amun cannot be reached, AmunResponseError where its answer cannot be understood.
        """
        status = self._object(inspection_id, "status")
        if status is None or not _is_finished(status.body or {}):
            return None
        specification = self._object(inspection_id, "specification")
        build_log = self._object(inspection_id, "build/log")
        has_job = bool((status.body or {}).get("job"))
        job_log = self._object(inspection_id, "job/log") if has_job else _Answer({}, None)
        if specification is None or build_log is None or job_log is None:
            return None
        return _document(inspection_id, status, specification, build_log, job_log)

    def _object(self, inspection_id: str, what: str) -> _Answer | None:
        """An answer about an inspection; None where it is not there yet. Passing faults are tried again."""
        url = f"{self.url}/inspect/{quote(inspection_id, safe='')}/{what}"
        fault: AmunUnavailableError | None = None
        for _ in tries():
            try:
                answer = self._asked(url)
                return None if answer.body is None else answer
            except AmunUnavailableError as error:
                fault = error
        assert fault is not None  # there is one try at least
        raise fault

    def _asked(self, url: str) -> _Answer:
        request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 (the scheme was checked)
        if self._authorization:
            # Not for whatever host a redirect names.
            request.add_unredirected_header("Authorization", self._authorization)
        with _explained(url), urlopen(request, timeout=config.READ_TIMEOUT.read() or None) as response:  # noqa: S310
            if response.status == _NOT_YET:
                return _Answer(None, None)
            return _Answer(_json_object(url, _body(url, response)), response.headers.get(_VERSION_HEADER))


def _without_credentials(api_url: str) -> tuple[str, str | None]:
    """The URL without user, password, query and last slash, and the header that says user and password instead."""
    parts = urlsplit(api_url) if isinstance(api_url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the URL of Amun's API must be one such as http://amun-api/api/v1")
    user, _, host = parts.netloc.rpartition("@")
    url = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    return url, f"Basic {base64.b64encode(unquote(user).encode()).decode()}" if user else None


def _is_finished(status: dict[str, Any]) -> bool:
    """Whether the build ended, and the job too where there is one."""
    build, job = status.get("build"), status.get("job")
    is_built = isinstance(build, dict) and build.get("state") == _TERMINATED
    return is_built and (job is None or (isinstance(job, dict) and job.get("state") == _TERMINATED))


def _document(
    inspection_id: str, status: _Answer, specification: _Answer, build_log: _Answer, job_log: _Answer
) -> dict[str, Any]:
    told, said = specification.body or {}, status.body or {}
    document = {
        "specification": told.get("specification"),
        "created": told.get("created"),
        "build_log": (build_log.body or {}).get("log"),
        "job_log": (job_log.body or {}).get("log"),
        "inspection_id": inspection_id,
        "status": {stage: said.get(stage) for stage in ("build", "job")},
    }
    return document | ({"amun_version": specification.amun_version} if specification.amun_version else {})


# --- Answers ---------------------------------------------------------------------------------------------------------


def _body(url: str, response: http.client.HTTPResponse) -> bytes:
    """The whole body. Raises AmunResponseError for one that is too large, AmunUnavailableError for one that drips."""
    body, end = bytearray(), time.monotonic() + _LONGEST
    while piece := response.read1(_PIECE):
        body += piece
        if len(body) > MOST_BYTES:
            raise AmunResponseError(f"{url}: the answer has more than {MOST_BYTES:,} bytes")
        if time.monotonic() > end:
            raise AmunUnavailableError(f"{url}: the answer was not there after {_LONGEST:.0f} seconds")
    if response.length:
        raise AmunUnavailableError(f"{url}: the answer broke off, {response.length:,} bytes of it are missing")
    return bytes(body)


def _json_object(url: str, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AmunResponseError(f"{url}: expected a JSON object in UTF-8 ({error})") from error
    if not isinstance(found, dict):
        raise AmunResponseError(f"{url}: expected a JSON object, not {type(found).__name__}")
    return found


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Raise our own error for whatever a request goes wrong with."""
    try:
        yield
    except HTTPError as error:
        with error:
            raise _refusal(url, error) from error
    except URLError as error:
        raise AmunUnavailableError(f"{url} cannot be reached ({error.reason}); check the URL of Amun's API") from error
    except (http.client.HTTPException, OSError) as error:
        reason = str(error) or type(error).__name__
        raise AmunUnavailableError(f"{url}: Amun went away or fell silent ({reason})") from error


def _refusal(url: str, error: HTTPError) -> Exception:
    if error.code == http.HTTPStatus.NOT_FOUND:
        return NotFoundError(f"Amun knows nothing of {url}")
    if error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR or error.code == http.HTTPStatus.TOO_MANY_REQUESTS:
        return AmunUnavailableError(f"{url}: {error.code} {error.reason}; try again later")
    return AmunResponseError(f"{url}: {error.code} {error.reason}")
