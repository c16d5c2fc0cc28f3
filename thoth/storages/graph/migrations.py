"""Migrations: where they lie, which is the newest, how the database gets there. Alembic is loaded on first use."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text

from ..exceptions import DatabaseUnavailableError
from .faults import place

if TYPE_CHECKING:
    from alembic.config import Config

_LOGGER = logging.getLogger(__name__)

_LOCK_KEY = 0x7468_6F74_685F_7364  # "thoth_sd" as a number: one migration at a time in a database
_LOCK_SECONDS = 600.0
_POLL_SECONDS = 0.2

VERSION_TABLE = "alembic_version"


def location() -> Path:
    """The folder of the migrations: in the wheel beside this package, in a checkout its alembic folder."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "alembic"


def _config() -> Config:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(location()).replace("%", "%%"))
    return configuration


@cache
def script_head() -> str:
    """The revision that the newest migration of this library leads to."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


@contextmanager
def _only_one(engine: Engine) -> Iterator[None]:
    # Polled in autocommit: waiting inside a transaction would deadlock with CREATE INDEX CONCURRENTLY, and a lock of
    # the transaction would end at an autocommit_block of a migration.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}):
            if time.monotonic() > deadline:
                raise DatabaseUnavailableError(f"another process migrates {place(engine.url)} for over ten minutes")
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision; processes that try at the same time wait for the first."""
    from alembic import command

    with _only_one(engine), engine.connect() as connection:
        configuration = _config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        connection.commit()
    _LOGGER.info("%s is at revision %s", place(engine.url), script_head())
