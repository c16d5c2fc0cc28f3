"""One spelling for every name: packages, versions, indexes; the order of versions; the digest of long keys.

Every function here is idempotent, so that a name may be normalised at each border it crosses.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from packaging.version import InvalidVersion, Version

# PEP 508, and blanks: older names hold some ("ipython doctest plugin" is on PyPI).
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9 ._-]*[A-Z0-9]", re.IGNORECASE)
_USER = re.compile(r"^(\w+://)[^/@]*@")

_END_OF_URL = re.compile(r"[\s/]+\Z")
_SEPARATORS = re.compile(r"[-_.]+")
_PINNED = re.compile(r"\s*===?\s*(?P<version>[^=<>!~,;\s]+)\s*")


def normalize_package_name(package_name: str) -> str:
    """The name in lower case, every run of '-', '_' and '.' a single '-' (PEP 503)."""
    return _SEPARATORS.sub("-", package_name.strip()).lower()


def normalize_extra(extra: str | None) -> str | None:
    """The extra as extras are compared (PEP 685: like names of packages); None, for no extra, stays None."""
    return None if extra is None else normalize_package_name(extra)


def is_package_name(text: str) -> bool:
    """Whether a text can be the name of a package."""
    return _NAME.fullmatch(text.strip()) is not None


@lru_cache(maxsize=16384)
def normalize_package_version(package_version: str) -> str:
    """The version as PEP 440 spells it ('1.0.0-RC1' is '1.0.0rc1'); one that is none of PEP 440's stays as it is."""
    stripped = package_version.strip()
    try:
        return str(Version(stripped))
    except InvalidVersion:
        return stripped


def pinned_version(specifier: str) -> str | None:
    """The one version that '==X' or '===X' names, None for any other specifier: '==1.*' and '==*' are many versions."""
    match = _PINNED.fullmatch(specifier)
    if match is None or match["version"].endswith("*"):
        return None
    return normalize_package_version(match["version"])


def normalize_index_url(index_url: str) -> str:
    """The URL without a trailing slash; the retired host of PyPI becomes today's."""
    stripped = _END_OF_URL.sub("", index_url.strip())
    return "https://pypi.org/simple" if stripped == "https://pypi.python.org/simple" else stripped


def without_user(url: str) -> str:
    """The URL for a message: without the user and password that a private index may need."""
    return _USER.sub(r"\1", url)


def normalize_python_version(python_version: str) -> str:
    """'3.11' for '3.11', 'py311' and '311': the first digit is the major version."""
    digits = python_version.strip().removeprefix("py")
    return digits if "." in digits or not digits[1:].isdigit() else f"{digits[0]}.{digits[1:]}"


# --- The order of versions -------------------------------------------------------------------------------------------
# A key is bytes, so that a database without knowledge of PEP 440 sorts by it. Each part sorts as packaging compares it:
# a missing pre-release is later than any, a missing post-release or local version is earlier, a missing dev is later.


def _number(value: int) -> bytes:
    """An unsigned number of any size: its length, then itself; never begins with a zero byte."""
    body = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes((len(body) + 1,)) + body


def _release(version: Version) -> bytes:
    numbers = list(version.release)
    while len(numbers) > 1 and numbers[-1] == 0:  # 1.0 and 1.0.0 are equal
        numbers.pop()
    return b"".join(map(_number, numbers)) + b"\x00"


def _pre_release(version: Version) -> bytes:
    if version.pre is not None:
        letter, number = version.pre
        return {"a": b"\x01", "b": b"\x02", "rc": b"\x03"}[letter] + _number(number)
    return b"\x00" if version.post is None and version.dev is not None else b"\x04"


def _local(version: Version) -> bytes:
    if version.local is None:
        return b"\x00"
    parts = [
        b"\x02" + _number(int(part)) if part.isdigit() else b"\x01" + part.encode() + b"\x00"
        for part in version.local.split(".")
    ]
    return b"\x01" + b"".join(parts) + b"\x00"


@lru_cache(maxsize=16384)
def version_order(package_version: str) -> bytes:
    """A key that sorts as PEP 440 orders versions; what PEP 440 does not know sorts before, by its text."""
    try:
        version = Version(package_version)
    except InvalidVersion:
        return b"\x00" + package_version.lower().encode()
    post = b"\x00" if version.post is None else b"\x01" + _number(version.post)
    dev = b"\x01" if version.dev is None else b"\x00" + _number(version.dev)
    return b"\x01" + _number(version.epoch) + _release(version) + _pre_release(version) + post + dev + _local(version)


_compact_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def key_sha256(*values: object) -> bytes:
    """The digest that stands for long key columns: sha256 of their compact JSON array; None and '' differ."""
    return hashlib.sha256(f"[{','.join(map(_item, values))}]".encode()).digest()


def _item(value: object) -> str:
    # Thousands of digests for each document: an encoder takes 2.5 µs for one, its text function 0.9.
    if type(value) is str:
        return json.encoder.encode_basestring(value)
    return "null" if value is None else _compact_json(value)


def set_sha256(members: Iterable[Sequence[object]]) -> str:
    """The digest, in hex, that names a set by its members' natural keys, whatever their order or repetition."""
    texts = {_compact_json(list(member)) for member in members}
    return hashlib.sha256(f"[{','.join(sorted(texts))}]".encode()).hexdigest()
