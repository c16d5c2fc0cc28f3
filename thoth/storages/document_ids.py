"""What a document's id tells: which document it is, which solver made it, on which day.

Ids of 2023 read <analyzer>-<YYMMDDHHMMSS>-<hash>, a solver's <analyzer> being its name solver-<os>-<version>-py<XY>.
Ids of 2019 have no date: they are the name of the pod that made the document without its last part.

Each result of an inspection is a document of its own, <inspection id>/results/<number>; those of 2019 have number 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from .exceptions import NoDocumentIdError, SolverNameParseError

# The first -py<XY> part ends the name; names of operating systems may contain dashes, their versions may not.
_SOLVER_NAME = re.compile(
    r"solver-(?P<os_name>[^-\s]\S*?)-(?P<os_version>[^-\s]+)-py(?P<major>[0-9])(?P<minor>[0-9]+)(?=-|\Z)"
)
_TIMESTAMP = re.compile(r"-([0-9]{12})(?=-)")

_INSPECTION_RESULT = re.compile(r"(?P<inspection_id>[^/]+)/results/(?P<number>0|[1-9][0-9]{0,8})")

Text = TypeVar("Text", str, str | None)  # None stays None


class SolverName(NamedTuple):
    """The environment that a solver stands for, normalised: ("rhel", "8", "3.8")."""

    os_name: str
    os_version: str
    python_version: str


class InspectionResultId(NamedTuple):
    """The id of a document that holds one result of an inspection; as a text <inspection id>/results/<number>."""

    inspection_id: str
    number: int

    def __str__(self) -> str:
        return f"{self.inspection_id}/results/{self.number}"

    @classmethod
    def parse(cls, document_id: str) -> InspectionResultId | None:
        """What the text says; None where it is not the id of an inspection's result."""
        match = _INSPECTION_RESULT.fullmatch(document_id)
        return match and cls(match["inspection_id"], int(match["number"]))


def document_id_of(document: Mapping[str, Any]) -> str:
    """The id that a document gives itself, by the rule of 2023 and else by that of 2019.

    Raises NoDocumentIdError where there is neither a metadata.document_id nor a metadata.hostname with a pod's suffix.
    """
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    if isinstance(metadata, Mapping):
        document_id, hostname = metadata.get("document_id"), metadata.get("hostname")
        if isinstance(document_id, str) and document_id:
            return document_id
        # A host's name without a dash ("localhost") is no pod's: documents made there would all share one id.
        pod = hostname.rpartition("-")[0] if isinstance(hostname, str) else ""
        if pod:
            return pod
    raise NoDocumentIdError(None, "metadata.document_id", "an id, or a pod's name as metadata.hostname to take it from")


def is_document_id(object_key: str) -> bool:
    """Whether an object of this key, which is not in a folder and whose name has no suffix, may be a document.

    A suffix is what follows a dot after the last dash: .request, .json; versions in ids (ubuntu-20.04) are none.
    """
    return bool(object_key) and "/" not in object_key and "." not in object_key.rpartition("-")[2]


def solver_name_of(solver_document_id: str) -> str:
    """The name of the solver that made a document: its id up to and including -py<XY>.

    Raises SolverNameParseError where the id does not start with a solver's name.
    """
    return _match_solver_name(solver_document_id).group()


def parse_solver_name(solver_name: str) -> SolverName:
    """The environment that solver-<os>-<version>-py<XY> names: ubi is rhel, RHEL has no minor version, py310 is 3.10.

    Raises SolverNameParseError for anything else.
    """
    match = _match_solver_name(solver_name)
    if match.end() != len(solver_name):
        raise _not_a_solver_name(solver_name)
    os_name = map_os_name(match["os_name"])
    return SolverName(os_name, normalize_os_version(os_name, match["os_version"]), f"{match['major']}.{match['minor']}")


def map_os_name(os_name: Text) -> Text:
    """The name under which an operating system is known here: ubi is rhel, all others keep theirs, in lower case.

    That is how os-release(5) has them.
    """
    if os_name is None:
        return None
    name = os_name.strip().lower()
    return "rhel" if name == "ubi" else name


def normalize_os_version(os_name: str | None, os_version: Text) -> Text:
    """The version that tells environments apart: the major one of RHEL (and UBI), all others' as it is."""
    if os_version is None or map_os_name(os_name) != "rhel":
        return os_version
    return os_version.partition(".")[0]


def date_of(document_id: str) -> date | None:
    """The day (UTC) that the -YYMMDDHHMMSS- part of an id names, of the years 2000 to 2099; None where it has none."""
    for timestamp in _TIMESTAMP.findall(document_id):
        try:
            return datetime.strptime(f"20{timestamp}", "%Y%m%d%H%M%S").date()
        except ValueError:
            continue  # twelve digits that are no time: a part of a name
    return None


def _match_solver_name(text: str) -> re.Match[str]:
    match = _SOLVER_NAME.match(text) if isinstance(text, str) else None
    if match is None:
        raise _not_a_solver_name(text)
    return match


def _not_a_solver_name(text: str) -> SolverNameParseError:
    return SolverNameParseError(f"{text!r}: expected solver-<os name>-<os version>-py<XY>")
