"""Objects on their way: all of one or nothing, in a memory that does not grow with it."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from http.client import IncompleteRead
from typing import Any, BinaryIO, NamedTuple

from .ceph_faults import Place, bottom_of, explained, explanation_of, tries
from .exceptions import DocumentCorruptedError, StorageUnavailableError

_CHUNK = 1024 * 1024  # bytes that are read at a time

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


class _Answer(NamedTuple):
    """What the server says of an object before it sends it: its length in bytes, its MD5 where the ETag is one."""

    length: int | None
    md5: str | None
    is_of_s3: bool
    body: Any

    @classmethod
    def of(cls, answer: dict[str, Any]) -> _Answer:
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        md5 = _MD5.fullmatch(answer.get("ETag", ""))
        # The ETag of what is encrypted on the server, or was uploaded in parts, is something else.
        is_plain = not any(name.startswith("x-amz-server-side-encryption") for name in headers)
        is_of_s3 = any(name.startswith("x-amz-") for name in headers)
        return cls(answer.get("ContentLength"), md5[1] if md5 and is_plain else None, is_of_s3, answer["Body"])


class _Broken(NamedTuple):
    """How the transfer of an object ended that did not bring all of it."""

    expected: str
    received: int
    md5: str
    is_of_s3: bool
    error: Exception | None

    @property
    def is_the_objects(self) -> bool:
        """Whether it may be the object that is wrong: the server ended its answer by itself, as if it were whole."""
        return self.is_of_s3 and (self.error is None or _is_polite(self.error))


def read_object(s3: Any, place: Place, document_id: str, into: BinaryIO) -> bool:
    """Write all of an object into an empty file; what breaks off is read again, from the beginning.

    True where the server says of itself that it is S3; a page for people, such as one to log in, comes without that.
    Raises NotFoundError where there is no such object, DocumentCorruptedError where each try ended with the same bytes
    and they are fewer than the server promised or not those that the ETag is the MD5 of, StorageUnavailableError where
    the tries ended in different ways or with a lost connection.
    """
    broken = []
    for _ in tries():
        into.seek(0)
        into.truncate()
        with explained(place):
            answer = _Answer.of(s3.get_object(Bucket=place.bucket, Key=place.key))
        how = _copied(answer, into)
        if how is None:
            return answer.is_of_s3
        broken.append(how)
    raise _verdict(broken, place, document_id)


def _copied(answer: _Answer, into: BinaryIO) -> _Broken | None:
    """How the body of an answer broke off, after it was written; None where it is whole."""
    md5, received, error = hashlib.md5(usedforsecurity=False), 0, None
    with closing(answer.body):
        try:
            while chunk := answer.body.read(_CHUNK):
                md5.update(chunk)
                received += len(chunk)
                into.write(chunk)
        except _breaks() as broken:
            error = broken.with_traceback(None)  # or this frame and the error would hold each other
    if error is None and (answer.md5 is None or answer.md5 == md5.hexdigest()):
        return None
    expected = f"{answer.length or 0:,} bytes" if error else f"content with the MD5 {answer.md5}"
    if error is not None and isinstance(count := getattr(bottom_of(error), "partial", None), int):
        received = count  # older versions of botocore swallow the last chunk
    return _Broken(f"{expected}, as the server says", received, md5.hexdigest(), answer.is_of_s3, error)


def _breaks() -> tuple[type[Exception], ...]:
    """What reading a body raises where it breaks off."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError
    from urllib3.exceptions import HTTPError

    return HTTPClientError, IncompleteReadError, HTTPError


def _is_polite(error: Exception) -> bool:
    """Whether the server ended the connection with less than it promised, and did not just go away."""
    from botocore.exceptions import IncompleteReadError

    return isinstance(error, IncompleteReadError) or isinstance(bottom_of(error), IncompleteRead)


def _verdict(broken: list[_Broken], place: Place, document_id: str) -> Exception:
    """What is wrong, after several tries."""
    first, last = broken[0], broken[-1]
    is_always_the_same = all(one[:3] == first[:3] and one.is_the_objects for one in broken)
    if is_always_the_same and len(broken) > 1:
        error: Exception = DocumentCorruptedError(
            document_id, place.bucket, str(place.key), last.received, last.expected
        )
    elif last.error is None or last.is_the_objects:
        error = StorageUnavailableError(
            f"{place}: {last.received:,} bytes arrived, expected {last.expected}; try again later"
        )
    else:
        error = explanation_of(last.error, place) or last.error
    error.__cause__ = last.error
    return error
