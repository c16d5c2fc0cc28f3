"""Asking the graph, or a graph cache alone, and ending where there is no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..exceptions import NotFoundError
from ..graph.filters import Environment
from .leaving import INTERRUPTED, leave
from .package_argument import Asked, arguments_of, text

if TYPE_CHECKING:
    from ..graph.postgres import GraphDatabase

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

EXIT_CODES = """

    \b
    Exit codes:
      0    answered
      1    it is not known, or a file cannot be written
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting
      4    PostgreSQL cannot be reached, or a graph cache alone does not say
      5    the tables are not ones of this library
      130  interrupted
"""

_SUCH_LENGTHS = 3  # names that are longer or shorter by more are not close
_CLOSE = 5
_NEWEST = 5


def asks(command: F) -> F:
    """The options that every question has, and the end of its help."""
    command.__doc__ = f"{command.__doc__}{EXIT_CODES}"
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--cache", "cache_file", callback=text, metavar="FILE", help="Ask this graph cache alone, no PostgreSQL."
        ),
    ):
        command = option(command)
    return command


@contextmanager
def _asked_graph(cache_file: str | None) -> Iterator[GraphDatabase]:
    from ..graph.postgres import GraphDatabase
    from .sync_ending import connected_graph

    if cache_file is None:
        with connected_graph() as graph:
            yield graph
        return
    graph = GraphDatabase.offline(cache_file)
    try:
        yield graph
    finally:
        graph.disconnect()


def answer(cache_file: str | None, question: Callable[[GraphDatabase], T]) -> T:
    """What the graph says, or the graph cache in this file alone; leaves with one line where there is no answer."""
    from .sync_ending import ending_of

    answers: list[T] = []

    def ask() -> None:
        with _asked_graph(cache_file) as graph:
            answers.append(question(graph))

    ending = ending_of(ask, "interrupted")
    if ending.code == INTERRUPTED:
        raise SystemExit(INTERRUPTED)  # it was said when it happened
    if ending.message is not None:
        leave(ending.message, ending.code)
    return answers[0]


@contextmanager
def needing_a_version(asked: Asked) -> Iterator[None]:
    """Say that a version has to be named, where it is a graph cache alone that cannot say which there are."""
    from ..exceptions import OfflineError

    try:
        yield
    except OfflineError as error:
        raise OfflineError(f"{error}; name a version, such as {asked.package_name}==1.0") from error


# --- What is not known -----------------------------------------------------------------------------------------------


def unknown(
    graph: GraphDatabase, asked: Asked, environment: Environment, index_url: str | None = None
) -> NotFoundError:
    """That a package version was not solved there, and what was: other places, other versions.

    Raises NotFoundError, with close names, where the package is not even known.
    """
    name, version = asked.package_name, asked.package_version
    where = f"{environment}{f' from {shown_url(index_url)}' if index_url else ''}"
    if version is not None:
        anywhere = arguments_of(Environment())
        records = graph.get_python_package_version_records(name, version, None, **anywhere)
        if records:
            return NotFoundError(f"{asked} was not solved in {where}; {_some('solved in', map(place_of, records))}")
    solved = graph.get_solved_python_package_versions_all(name, count=None, distinct=True)
    if not solved:
        known(graph, name)
        return NotFoundError(f"no version of {name} was solved; other packages need it")
    versions = _some("solved", dict.fromkeys(one for _name, one, _url in reversed(solved)))
    if version is not None:
        return NotFoundError(f"{name} {version} was not solved; {versions}")
    return NotFoundError(f"no version of {name} was solved without an error in {where}; {versions}")


def known(graph: GraphDatabase, name: str) -> None:
    """Raise NotFoundError, with close names, where no version of a package is known, solved or not."""
    if not graph.python_package_exists(name):
        close = close_names(name, graph.get_python_package_version_entities_names_all())
        raise NotFoundError(f"no package {name} is known" + (f"; {_some('close to it', close)}" if close else ""))


def close_names(name: str, names: Iterable[str]) -> list[str]:
    """Names that may have been meant: those that are close, then those that begin so."""
    known = list(names)  # the closest of 500,000: 2.1 s; of those of such lengths alone, 1.0 s
    close = get_close_matches(name, [one for one in known if abs(len(one) - len(name)) <= _SUCH_LENGTHS], _CLOSE)
    return list(dict.fromkeys([*close, *(one for one in known if one.startswith(name))]))[:_CLOSE]


def _some(what: str, found: Iterable[str]) -> str:
    listed = list(found)
    more = f" and {len(listed) - _NEWEST:,} more" if len(listed) > _NEWEST else ""
    return f"{what}: {', '.join(listed[:_NEWEST])}{more}"


def place_of(record: Any) -> str:
    """The environment and the index of a record, for a message."""
    environment = f"{record['os_name']} {record['os_version']} Python {record['python_version']}"
    return f"{environment} from {shown_url(record['index_url'])}" if record["index_url"] else environment


def shown_url(url: str | None) -> str | None:
    """The URL of an index without the user and password that it may need."""
    from ..graph.names import without_user

    return None if url is None else without_user(url)
