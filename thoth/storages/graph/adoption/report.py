"""What an adoption did, or would do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StepReport:
    """What became of a table's rows, or what another step wrote."""

    step: str
    read: int = 0
    written: int = 0
    merged: int = 0
    """Rows that say what another one says; the lowest id stays."""
    changed: int = 0
    """Rows in which a value is spelled or computed anew."""
    left_out: dict[str, int] = field(default_factory=dict)
    """{why: rows} that hold what no fact can be made of."""

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AdoptionReport:
    """What an adoption did; every step, in the order in which they were done."""

    steps: tuple[StepReport, ...]
    dry_run: bool
    archive: str
    """The schema that the old tables are in after the swap."""

    @property
    def tables(self) -> tuple[StepReport, ...]:
        """The steps that copied rows."""
        return tuple(step for step in self.steps if step.read)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return {"dry_run": self.dry_run, "archive": self.archive, "steps": [step.as_dict() for step in self.steps]}
