"""What goes wrong between this library and object storage, as errors of its own that say what to check."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from . import config
from .exceptions import (
    BucketNotFoundError,
    NotFoundError,
    StorageAccessError,
    StorageConnectionError,
    StorageRequestError,
    StorageUnavailableError,
)

_LONGEST_PAUSE = 8.0  # seconds

# Answers that another time may be better; every status from 500 on is one, too, but 501.
_PASSING_CODES = frozenset(("RequestTimeout", "SlowDown", "Throttling", "TooManyRequests", "RequestLimitExceeded"))

_WHAT_TO_CHECK = {
    "SignatureDoesNotMatch": "check the secret key (THOTH_CEPH_SECRET_KEY)",
    "InvalidAccessKeyId": "check the access key (THOTH_CEPH_KEY_ID)",
    "RequestTimeTooSkewed": "this machine's clock and the server's differ too much",
}
_CHECK_THE_ACCESS = "check the access key, its secret and what the bucket's policy lets it do"

# Theirs are all that a call of boto3 may raise beside OSError of a local file.
_LIBRARIES = ("boto3", "botocore", "s3transfer", "urllib3")


class Place(NamedTuple):
    """What a request is about: an object, or, without a key, a bucket."""

    endpoint: str
    bucket: str
    key: str | None = None

    def __str__(self) -> str:
        """In words: object 'a/b' in bucket 'c' at http://d; never a secret."""
        bucket = f"bucket {self.bucket!r} at {self.endpoint}"
        return bucket if self.key is None else f"object {self.key!r} in {bucket}"


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Raise our own error, with what was raised as its cause, for whatever a request went wrong with.

    Raises NotFoundError where there is no such object, ValueError where the request is one that cannot be made, else a
    StorageError. The last of several tries counts; botocore makes them before anything arrives here.
    """
    try:
        yield
    except Exception as error:
        explanation = explanation_of(error, place)
        if explanation is None:
            raise
        try:
            raise explanation from error
        finally:
            del explanation  # or the frame and the error would hold each other, and both whoever asked


def explanation_of(error: Exception, place: Place) -> Exception | None:
    """Our own error for one of the libraries that talk to the server; None for one of anybody else."""
    if type(error).__module__.partition(".")[0] not in _LIBRARIES:
        return None
    from botocore import exceptions as botocore
    from botocore.parsers import ResponseParserError

    if isinstance(error, botocore.ClientError):
        return _refusal(error, place)
    if isinstance(error, botocore.ParamValidationError):
        return ValueError(f"{place}: {error}")
    if isinstance(error, botocore.SSLError):
        return StorageConnectionError(
            f"{place}: no TLS with the server ({reason_of(error)}); check its certificate, AWS_CA_BUNDLE, and whether "
            "the endpoint is http or https"
        )
    if isinstance(error, botocore.ConnectionError):
        advice = "check that the server runs, and the endpoint (THOTH_S3_ENDPOINT_URL)"
        return StorageConnectionError(f"{place} cannot be reached ({reason_of(error)}); {advice}")
    if isinstance(error, ResponseParserError):
        return StorageUnavailableError(f"{place}: what was answered is no answer of S3, or only a part of one")
    return StorageUnavailableError(f"{place}: the server went away or fell silent ({reason_of(error)})")


def _refusal(error: Any, place: Place) -> Exception:
    """Our own error for an answer that is a refusal."""
    said = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(said.get("Code") or status)
    bucket = place._replace(key=None)
    if code == "NoSuchBucket" or (status == 404 and error.operation_name == "HeadBucket"):
        return BucketNotFoundError(f"there is no {bucket}; check its name (THOTH_CEPH_BUCKET), and the endpoint")
    # An answer to HEAD has no body that would name the error: its code is the bare status.
    if code == "NoSuchKey" or (status == 404 and error.operation_name == "HeadObject"):
        return NotFoundError(f"there is no {place}")
    if code == "404":
        return StorageConnectionError(f"{place}: what answers there is no object storage; check the endpoint")
    if status in (401, 403):
        return StorageAccessError(f"{place}: access refused ({code}); {_WHAT_TO_CHECK.get(code, _CHECK_THE_ACCESS)}")
    reason = f"{place}: {code}, {said.get('Message') or 'without a reason'}"
    if (status >= 500 and status != 501) or status == 429 or code in _PASSING_CODES:
        return StorageUnavailableError(f"{reason}; try again later")
    return StorageRequestError(reason, code)


def reason_of(error: BaseException) -> str:
    """What lies at the bottom of an error, in the words of the operating system where it is one of its."""
    bottom = bottom_of(error)
    return getattr(bottom, "strerror", None) or str(bottom) or type(bottom).__name__


def bottom_of(error: BaseException) -> BaseException:
    """What was raised first, of all that was raised because of it."""
    while (inner := getattr(error, "kwargs", {}).get("error") or error.__cause__) is not None:
        error = inner
    return error


def tries() -> Iterator[int]:
    """1, 2 and so on up to THOTH_STORAGES_REQUEST_ATTEMPTS; before each but the first it sleeps for a random while.

    For what botocore does not try again by itself. The pauses become longer; many jobs do not come back together.
    """
    for number in range(1, config.REQUEST_ATTEMPTS.read() + 1):
        if number > 1:
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 2.0 ** (number - 2))))  # noqa: S311 (no secret)
        yield number
