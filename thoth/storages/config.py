"""Every environment variable this library reads, once: its names, type, default and meaning.

A setting is read when it is used, never at import. A variable that is set but empty counts as unset. Where a
setting has several names, the first one that is set wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from .exceptions import SettingError, SettingMissingError

T = TypeVar("T")

_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))


def _flag(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError
    return lowered in _TRUE


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError
    return number


def _size(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number


_EXPECTED: dict[Callable[[str], object], str] = {
    str: "a text",
    _flag: "1 or 0",
    _port: "a port between 1 and 65535",
    _size: "a number that is not negative",
    _number: "a number of at least 1",
    _seconds: "a number of seconds that is not negative",
}


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting: the variables that name it, how its text is read, what holds without it, what it means."""

    names: tuple[str, ...]
    parse: Callable[[str], T]
    default: T
    meaning: str
    secret: bool = False

    def read(self, environ: Mapping[str, str] | None = None) -> T:
        """The value that holds now. Raises SettingError, which names the variable but not what it holds."""
        for name in self.names:
            text = (os.environ if environ is None else environ).get(name, "")
            if text:
                try:
                    return self.parse(text)
                except ValueError:
                    raise SettingError(name, self.expected) from None
        return self.default

    @property
    def expected(self) -> str:
        """What the text of its variables has to be, in words."""
        return _EXPECTED[self.parse]


@dataclass(frozen=True)
class RequiredSetting(Setting[str]):
    """A setting that has no sensible default."""

    def read(self, environ: Mapping[str, str] | None = None) -> str:
        """The value that holds now. Raises SettingMissingError (a KeyError too) where it is not set."""
        value = super().read(environ)
        if not value:
            raise SettingMissingError(self.names[0], f"a value ({self.meaning})")
        return value


AnySetting = Setting[str] | Setting[int] | Setting[float] | Setting[bool]


def _required(name: str, meaning: str, *, secret: bool = False) -> RequiredSetting:
    return RequiredSetting((name,), str, "", meaning, secret)


def _flag_setting(*names: str, default: bool, meaning: str) -> Setting[bool]:
    return Setting(names, _flag, default, meaning)


def _cache_size(name: str, default: int, question: str) -> Setting[int]:
    return Setting((name,), _size, default, f"answers of {question} kept in memory; 0 keeps none")


# The knowledge graph. The names of 2023 come before those of 2019, those before the one older documentation gave.
DATABASE_HOST = Setting(
    ("KNOWLEDGE_GRAPH_HOST", "POSTGRESQL_SERVICE_HOST", "GRAPH_SERVICE_HOST"), str, "localhost", "host of PostgreSQL"
)
DATABASE_PORT = Setting(
    ("KNOWLEDGE_GRAPH_PORT", "POSTGRESQL_SERVICE_PORT", "GRAPH_SERVICE_PORT"), _port, 5432, "port of PostgreSQL"
)
DATABASE_NAME = Setting(("KNOWLEDGE_GRAPH_DATABASE", "POSTGRESQL_DATABASE"), str, "thoth", "name of the database")
DATABASE_USER = Setting(("KNOWLEDGE_GRAPH_USER", "POSTGRESQL_USER"), str, "postgres", "user of the database")
DATABASE_PASSWORD = Setting(
    ("KNOWLEDGE_GRAPH_PASSWORD", "POSTGRESQL_PASSWORD"), str, "postgres", "password of that user", secret=True
)
DATABASE_SSL_DISABLED = _flag_setting(
    "KNOWLEDGE_GRAPH_SSL_DISABLED",
    "POSTGRESQL_SSL_DISABLED",
    default=False,
    meaning="1 never uses TLS; otherwise libpq's own choice (sslmode prefer)",
)
CONNECT_TIMEOUT = Setting(
    ("THOTH_STORAGES_CONNECT_TIMEOUT",),
    _seconds,
    5.0,
    "seconds until a connection attempt to PostgreSQL (whole ones) or object storage is given up; 0 waits for ever",
)
STATEMENT_TIMEOUT = Setting(
    ("THOTH_STORAGES_STATEMENT_TIMEOUT",),
    _seconds,
    60.0,
    "seconds a statement may take, with five more until a silent server is given up; 0 is no limit",
)
LOCK_TIMEOUT = Setting(
    ("THOTH_STORAGES_LOCK_TIMEOUT",), _seconds, 10.0, "seconds a statement may wait for a lock; 0 is no limit"
)

# Looking inside.
DEBUG_QUERIES = _flag_setting(
    "THOTH_STORAGES_DEBUG_QUERIES", default=False, meaning="1 logs every statement with its parameters"
)
LOG_STATS = _flag_setting(
    "THOTH_STORAGES_LOG_STATS", default=False, meaning="1 logs the adapter's statistics when it goes away"
)
VERBOSE = _flag_setting("THOTH_STORAGES_VERBOSE", default=False, meaning="1 makes the command line talk more")

# The graph cache: a SQLite file.
GRAPH_CACHE = Setting(
    ("THOTH_STORAGES_GRAPH_CACHE",), str, ":memory:", "path of the graph cache; :memory: keeps it in this process"
)
GRAPH_CACHE_DISABLED = _flag_setting(
    "THOTH_STORAGES_GRAPH_CACHE_DISABLED", default=False, meaning="1 never asks the graph cache"
)
GRAPH_CACHE_INSERTS_DISABLED = _flag_setting(
    "THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", default=True, meaning="0 lets questions fill the graph cache"
)
GRAPH_CACHE_CONFIG = Setting(
    ("THOTH_STORAGES_GRAPH_CACHE_CONFIG",), str, "", "path of the YAML file that says which packages to cache"
)
GRAPH_CACHE_CHECK = Setting(
    ("THOTH_STORAGES_GRAPH_CACHE_CHECK",),
    _seconds,
    5.0,
    "seconds a remembered answer is trusted before the database is asked what changed; 0 asks every time",
)

# How many answers are kept in memory. The published names of these variables are kept to the letter.
HAS_SOLVER_ERROR_CACHE_SIZE = _cache_size(
    "THOTH_STORAGE_HAS_PYTHON_SOLVER_ERROR_CACHE_SIZE", 4096, "has_python_solver_error"
)
VERSION_RECORDS_CACHE_SIZE = _cache_size(
    "THOTH_STORAGE_GET_PYTHON_PACKAGE_VERSION_RECORDS_CACHE_SIZE", 16384, "get_python_package_version_records"
)
DEPENDS_ON_CACHE_SIZE = _cache_size("THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE", 8192, "get_depends_on")
ENVIRONMENT_MARKER_CACHE_SIZE = _cache_size(
    "THOTH_GET_PYTHON_ENVIRONMENT_MARKER_CACHE_SIZE", 4096, "get_python_environment_marker"
)
CVE_RECORDS_CACHE_SIZE = _cache_size(
    "THOTH_STORAGE_GET_PYTHON_CVE_RECORDS_ALL_CACHE_SIZE", 4096, "get_python_cve_records_all"
)
REQUIRED_SYMBOLS_CACHE_SIZE = _cache_size(
    "THOTH_STORAGE_GET_PYTHON_PACKAGE_REQUIRED_SYMBOLS_CACHE_SIZE", 4096, "get_python_package_required_symbols"
)
SOLVER_RULES_CACHE_SIZE = _cache_size(
    "THOTH_GET_PYTHON_PYTHON_PACKAGE_VERSION_SOLVER_RULES_CACHE_SIZE",
    4096,
    "get_python_package_version_solver_rules_all",
)
SECURITY_INDICATORS_CACHE_SIZE = _cache_size(
    "THOTH_GET_SI_AGGREGATED_PYTHON_PACKAGE_VERSION_CACHE_SIZE", 4096, "get_si_aggregated_python_package_version"
)

# Object storage.
S3_ENDPOINT_URL = _required("THOTH_S3_ENDPOINT_URL", "URL of the S3 or Ceph endpoint")
CEPH_KEY_ID = _required("THOTH_CEPH_KEY_ID", "access key of the object storage")
CEPH_SECRET_KEY = _required("THOTH_CEPH_SECRET_KEY", "secret key of the object storage", secret=True)
CEPH_BUCKET = _required("THOTH_CEPH_BUCKET", "bucket that holds the documents")
CEPH_REGION = Setting(("THOTH_CEPH_REGION",), str, "", "region of the object storage; most need none")
CEPH_BUCKET_PREFIX = _required("THOTH_CEPH_BUCKET_PREFIX", "first part of every object's key")
DEPLOYMENT_NAME = _required("THOTH_DEPLOYMENT_NAME", "second part of every object's key")

GRAPH_BACKUP_STORE_ROTATE = Setting(
    ("GRAPH_BACKUP_STORE_ROTATE",), _number, 21, "dumps of the database kept in object storage, the newest ones"
)

READ_TIMEOUT = Setting(
    ("THOTH_STORAGES_READ_TIMEOUT",),
    _seconds,
    30.0,
    "seconds without a byte after which a request to object storage or to Amun is given up; 0 waits for ever",
)
REQUEST_ATTEMPTS = Setting(
    ("THOTH_STORAGES_REQUEST_ATTEMPTS",),
    _number,
    4,
    "how often a request to object storage or to Amun is made, at most, where a passing fault ends it",
)

RANDOMIZE_LISTING = _flag_setting(
    "THOTH_STORAGES_RANDOMIZE_LISTING", default=False, meaning="1 syncs listed documents in random order"
)
SYNC_FETCH_AHEAD = Setting(
    ("THOTH_STORAGES_SYNC_FETCH_AHEAD",),
    _size,
    8,
    "documents that are fetched at the same time, ahead of those a sync or an iteration is at; 0 fetches none ahead",
)
SYNC_BATCH = Setting(
    ("THOTH_STORAGES_SYNC_BATCH",),
    _number,
    64,
    "documents a sync writes together, at most; large ones make smaller batches",
)


SECTIONS: dict[str, tuple[AnySetting, ...]] = {
    "PostgreSQL": (
        DATABASE_HOST,
        DATABASE_PORT,
        DATABASE_NAME,
        DATABASE_USER,
        DATABASE_PASSWORD,
        DATABASE_SSL_DISABLED,
        CONNECT_TIMEOUT,
        STATEMENT_TIMEOUT,
        LOCK_TIMEOUT,
    ),
    "Object storage": (
        S3_ENDPOINT_URL,
        CEPH_KEY_ID,
        CEPH_SECRET_KEY,
        CEPH_BUCKET,
        CEPH_REGION,
        CEPH_BUCKET_PREFIX,
        DEPLOYMENT_NAME,
        READ_TIMEOUT,
        REQUEST_ATTEMPTS,
        GRAPH_BACKUP_STORE_ROTATE,
    ),
    "Syncing": (SYNC_FETCH_AHEAD, SYNC_BATCH, RANDOMIZE_LISTING),
    "The graph cache": (
        GRAPH_CACHE,
        GRAPH_CACHE_DISABLED,
        GRAPH_CACHE_INSERTS_DISABLED,
        GRAPH_CACHE_CONFIG,
        GRAPH_CACHE_CHECK,
    ),
    "Answers in memory": (
        HAS_SOLVER_ERROR_CACHE_SIZE,
        VERSION_RECORDS_CACHE_SIZE,
        DEPENDS_ON_CACHE_SIZE,
        ENVIRONMENT_MARKER_CACHE_SIZE,
        CVE_RECORDS_CACHE_SIZE,
        REQUIRED_SYMBOLS_CACHE_SIZE,
        SOLVER_RULES_CACHE_SIZE,
        SECURITY_INDICATORS_CACHE_SIZE,
    ),
    "Looking inside": (DEBUG_QUERIES, LOG_STATS, VERBOSE),
}
"""Every setting, by what it is about, in the order in which one comes to need them."""


def all_settings() -> list[AnySetting]:
    """Every setting, in the order of SECTIONS."""
    return [setting for section in SECTIONS.values() for setting in section]


def check() -> None:
    """Raises SettingError for the first setting that is set to what cannot be understood; what is missing may be."""
    for setting in all_settings():
        if not isinstance(setting, RequiredSetting):
            setting.read()
