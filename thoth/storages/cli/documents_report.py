"""What thoth-storages documents verify says: documents while they are compared, then a table or the rest of JSON."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import click
from rich.table import Table

from ..sync import Agreement, DocumentKind, VerifiedDocument
from .quiet import is_quiet
from .sync_choice import name_of
from .sync_errors import Ending, printable
from .sync_summary import console_for_tables

Echo = Callable[[str], None]

_CALLED = {agreement: agreement.name.lower().replace("_", " ") for agreement in Agreement}
_CALLED[Agreement.AGREES] = "agree"
_WIDTH = max(map(len, _CALLED.values()))
_MOMENT = "%Y-%m-%d %H:%M:%SZ"

# Columns that are only there where there is something to count.
_SELDOM = (Agreement.UNREADABLE, Agreement.QUARANTINED, Agreement.WAITING, Agreement.UNSURE)


@dataclass
class Tally:
    """How many documents of a kind came out how."""

    kind: DocumentKind
    counted: Counter[Agreement] = field(default_factory=Counter)
    is_complete: bool = False


class Report(ABC):
    """Told document after document, in the order of the kinds, and how it ended."""

    def __init__(self, kinds: Sequence[DocumentKind]) -> None:
        """Nothing is said before the first document."""
        self.tallies = [Tally(kind) for kind in kinds]

    @property
    def counted(self) -> Counter[Agreement]:
        """Of all kinds."""
        return sum((tally.counted for tally in self.tallies), Counter[Agreement]())

    def add(self, tally: Tally, one: VerifiedDocument, echo: Echo) -> None:
        """Count a document, and show it where the two do not agree on it."""
        tally.counted[one.agreement] += 1
        if one.agreement.is_difference or one.agreement is Agreement.QUARANTINED:
            self.show(tally, one, echo)

    @abstractmethod
    def show(self, tally: Tally, one: VerifiedDocument, echo: Echo) -> None:
        """Show a document."""

    @abstractmethod
    def close(self, ending: Ending) -> None:
        """Say how it ended, and how many documents came out how."""


class TextReport(Report):
    """For people: a line for a document, and a table."""

    def show(self, tally: Tally, one: VerifiedDocument, echo: Echo) -> None:
        """What came out, the id, and what is known about it."""
        known = one.reason if one.reason is not None else _moments(one)
        echo(f"{_CALLED[one.agreement]:<{_WIDTH}}  {printable(one.document_id)}  {printable(known)}")

    def close(self, ending: Ending) -> None:
        """The table, and what helps."""
        begun = [tally for tally in self.tallies if tally.is_complete or tally.counted]
        if not begun or is_quiet():
            return
        console = console_for_tables()
        console.print(_table(begun, self.counted))
        for advice in _advice(self.counted):
            console.print(advice, soft_wrap=True)


class JsonReport(Report):
    """For programs: one JSON object, written while documents are compared."""

    def __init__(self, kinds: Sequence[DocumentKind]) -> None:
        """The object is opened by its first document, or by its end."""
        super().__init__(kinds)
        self._before = '{\n  "documents": ['

    def show(self, tally: Tally, one: VerifiedDocument, echo: Echo) -> None:
        """An object in the list of documents."""
        fields = {
            "kind": name_of(tally.kind),
            "document_id": one.document_id,
            "agreement": one.agreement.name.lower(),
            "reason": one.reason,
            "stored_at": one.stored_at and one.stored_at.isoformat(),
            "synced_at": one.synced_at and one.synced_at.isoformat(),
        }
        click.echo(f"{self._before}\n    {json.dumps(fields)}", nl=False)
        self._before = ","

    def close(self, ending: Ending) -> None:
        """The rest of the object."""
        rest = {
            "exit_code": ending.code,
            "error": ending.message,
            "kinds": {
                name_of(tally.kind): {**_numbers(tally.counted), "is_complete": tally.is_complete}
                for tally in self.tallies
            },
            "total": _numbers(self.counted),
        }
        start = "\n  ]" if self._before == "," else f"{self._before}]"
        click.echo(f"{start},{json.dumps(rest, indent=2).removeprefix('{')}")


def _moments(one: VerifiedDocument) -> str:
    said = (("stored", one.stored_at), ("synced", one.synced_at))
    return ", ".join(f"{word} {moment.strftime(_MOMENT)}" for word, moment in said if moment is not None)


def _numbers(counted: Counter[Agreement]) -> dict[str, int]:
    return {"documents": counted.total(), **{one.name.lower(): counted[one] for one in Agreement}}


def _table(tallies: Sequence[Tally], total: Counter[Agreement]) -> Table:
    shown = [one for one in Agreement if one not in _SELDOM] + [one for one in _SELDOM if total[one]]
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("kind", no_wrap=True)
    for heading in ("documents", *(_CALLED[one] for one in shown)):
        table.add_column(heading, justify="right")
    for tally in tallies:
        name = name_of(tally.kind) if tally.is_complete else f"{name_of(tally.kind)} (not all)"
        table.add_row(name, *_cells(tally.counted, shown))
    if len(tallies) > 1:
        table.add_row("all", *_cells(total, shown), style="bold")
    return table


def _cells(counted: Counter[Agreement], shown: Sequence[Agreement]) -> list[str]:
    return [f"{number:,}" for number in (counted.total(), *(counted[one] for one in shown))]


def _advice(counted: Counter[Agreement]) -> list[str]:
    advice = []
    if counted[Agreement.NOT_IN_GRAPH] or counted[Agreement.CHANGED]:
        advice.append("To tell the graph what is new or changed: thoth-storages sync")
    if counted[Agreement.NOT_IN_STORAGE]:
        advice.append("What is gone from storage stays in the graph; documents put stores it again from a file.")
    if counted[Agreement.QUARANTINED]:
        advice.append("To try again what is in quarantine: thoth-storages sync --graceful --retry-quarantined")
    if counted[Agreement.WAITING]:
        advice.append("Waiting: the next sync tells the graph again; what for: thoth-storages sync --list-waiting")
    if counted[Agreement.UNSURE]:
        advice.append("Unsure: nobody noted which object was synced; --content compares what is known of contents.")
    return advice
