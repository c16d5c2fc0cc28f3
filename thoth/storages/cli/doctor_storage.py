"""Whether objects can be listed, stored, read and deleted in object storage."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from .. import config
from ..exceptions import SettingMissingError, StorageError
from .doctor_checks import OK, PROBLEM, WARNING, Finding, Surroundings, problem_of
from .doctor_database import clock_finding

if TYPE_CHECKING:
    from ..ceph import CephStore

FOLDER = "doctor"
"""Below the prefix and the deployment's name: no store of documents looks there."""

_PROBE = b"thoth-storages doctor: may be deleted\n"
_LEFT_OVER = timedelta(hours=1)
_MOST_LEFT_OVER = 100
_ADVICE = f"check that the server runs, and the endpoint ({config.S3_ENDPOINT_URL.names[0]}); try again later"
_NEEDED: tuple[config.Setting[str], ...] = (
    config.S3_ENDPOINT_URL,
    config.CEPH_KEY_ID,
    config.CEPH_SECRET_KEY,
    config.CEPH_BUCKET,
    config.CEPH_BUCKET_PREFIX,
    config.DEPLOYMENT_NAME,
)


def look_at_storage(_surroundings: Surroundings) -> Finding:
    """Whether a probe, an object of its own, can be listed, stored, read and deleted; it is gone afterwards."""
    missing = [setting.names[0] for setting in _NEEDED if not _is_set(setting)]
    if len(missing) == len(_NEEDED):
        return Finding(
            WARNING, "none is set up; documents cannot be synced from there", f"export {missing[0]}=... etc."
        )
    if missing:
        variables = "variable" if len(missing) == 1 else "variables"
        return Finding(PROBLEM, f"environment {variables} not set: {', '.join(missing)}", f"export {missing[0]}=...")
    from ..ceph import CephStore

    store = CephStore(f"{config.CEPH_BUCKET_PREFIX.read()}/{config.DEPLOYMENT_NAME.read()}/{FOLDER}")
    store.connect()
    doing: list[str] = []
    try:
        answer = _tried(store, doing)
    except StorageError as error:
        finding = problem_of(error)
        return finding._replace(detail=f"{doing[-1]}: {finding.detail}", advice=finding.advice or _ADVICE)
    return _of_clocks(store, answer)


def _is_set(setting: config.Setting[str]) -> bool:
    try:
        return bool(setting.read())
    except SettingMissingError:
        return False


def _tried(store: CephStore, doing: list[str]) -> dict[str, Any]:
    """Do all that is done with objects; the server's answer to storing one. Notes what it is about to do."""
    doing.append("listing")
    _clear_away(store)
    name = f"probe-{uuid.uuid4()}"
    doing.append("storing")
    with _gone_afterwards(store, name, doing):
        answer = store.store_blob(_PROBE, name)
        doing.append("reading")
        if store.retrieve_blob(name) != _PROBE:
            raise StorageError(f"what was stored as {name} is read as something else")
        doing.append("listing")
        if not list(store.iterate_listing(name)):
            raise StorageError("what was stored is not listed")
    return answer


@contextmanager
def _gone_afterwards(store: CephStore, name: str, doing: list[str]) -> Iterator[None]:
    """Delete the probe, however it goes: what was not answered may have been stored all the same."""
    try:
        yield
    except BaseException:
        with suppress(StorageError):  # what went wrong first is told; the next doctor clears away what is left
            store.delete(name)
        raise
    doing.append("deleting")
    store.delete(name)


def _clear_away(store: CephStore) -> None:
    """Delete the probes of doctors that were killed."""
    for listed in list(islice(store.iterate_listing("probe-"), _MOST_LEFT_OVER)):
        if datetime.now(UTC) - listed.last_modified > _LEFT_OVER:
            store.delete(listed.document_id)


def _of_clocks(store: CephStore, answer: dict[str, Any]) -> Finding:
    """That all went well, unless the server's clock, by the answer's Date, and this machine's disagree."""
    from ..ceph_client import shown

    said = f"bucket {store.bucket!r} at {shown(store.host)}: listed, stored, read and deleted below {store.prefix}"
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        ahead = (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return Finding(OK, said)
    clock = clock_finding("its", ahead)
    return Finding(OK, said) if clock.status == OK else clock._replace(detail=f"{said}; {clock.detail}")
