"""Documents in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..exceptions import SchemaError


def read_file(path: str) -> dict[str, Any]:
    """A document in a file. Raises SchemaError where it is not JSON, OSError where it cannot be read."""
    try:
        content = Path(path).read_bytes()
    except ValueError as error:  # no file has such a name
        raise FileNotFoundError(f"{path!r}: {error}") from error
    try:
        document: dict[str, Any] = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SchemaError(path, "the top", f"JSON in UTF-8 ({error})") from error
    return document
