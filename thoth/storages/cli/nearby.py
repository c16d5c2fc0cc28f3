"""What helps whoever has no PostgreSQL yet."""

from __future__ import annotations

_HERE = ("localhost", "127.0.0.1", "::1")
_START = "thoth-storages local up"
_POINT_THERE = 'eval "$(thoth-storages local status --exports)"'


def start_one(message: str) -> str:
    """The message; where nothing listens on this machine, it says how to start a server for trying out."""
    from ..config import DATABASE_HOST

    if "Connection refused" not in message or DATABASE_HOST.read() not in _HERE:
        return message
    return f"{message}; for trying out: {_START}, and once that runs: {_POINT_THERE}"
