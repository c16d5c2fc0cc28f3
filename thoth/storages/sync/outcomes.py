"""What became of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple

from ..graph.enums import DocumentKindEnum


class Outcome(Enum):
    """What became of a document."""

    SYNCED = auto()
    SKIPPED = auto()
    FAILED = auto()
    QUARANTINED = auto()
    """It could not be stored before, and its object is still the same: it was left alone."""


class DocumentOutcome(NamedTuple):
    """What became of a document; the kind is None where its id does not tell it.

    document_id is the id in the store or, of a file, its name without .json; error says why it is FAILED.
    """

    kind: DocumentKindEnum | None
    document_id: str
    outcome: Outcome
    error: Exception | None = None


class SyncCounts(NamedTuple):
    """How many documents were looked at, and what became of them; those in quarantine count as skipped."""

    processed: int
    synced: int
    skipped: int
    failed: int


def count_outcomes(outcomes: Iterable[DocumentOutcome]) -> SyncCounts:
    """The counts of these outcomes."""
    return counts_of(Counter(one.outcome for one in outcomes))


def counts_of(seen: Counter[Outcome]) -> SyncCounts:
    """The counts of outcomes that were seen so often."""
    skipped = seen[Outcome.SKIPPED] + seen[Outcome.QUARANTINED]
    return SyncCounts(seen.total(), seen[Outcome.SYNCED], skipped, seen[Outcome.FAILED])
