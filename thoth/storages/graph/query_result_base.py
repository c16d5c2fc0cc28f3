"""Answers that come with the size of what they are a page of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PythonQueryResult:
    """A page of an answer, and how many items all pages have together; None where nobody counted them."""

    result: list[Any] | Mapping[str, Any]
    count: int | None = None
