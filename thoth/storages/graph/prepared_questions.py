"""Questions that the server parses and plans once for each connection: PREPARE, then EXECUTE.

To plan the statement of a small question takes the server longer than to answer it. Measured on the hot questions, by
psycopg2 alone: get_depends_on 484 µs, prepared 241; get_python_package_hashes_sha256 376 and 130.

After a few executions the server keeps one plan, unless it reckons that plans of their own are worth it. So only what
looks few rows up by their keys is prepared: for that there is one good plan, whatever it is asked about.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Engine, event

from .prepared import known_on, prepares_nothing
from .sql_types import AnySelect

_OPTION = "thoth_storages_prepared"
_PARAMETER = re.compile(r"%%|%\((?P<name>[^)]+)\)s")
_KEPT = 1024


class Prepared(NamedTuple):
    """How a statement is prepared under a name, and how it is executed then, in the driver's notation."""

    name: str
    prepare: str
    execute: str


def prepared(statement: AnySelect, question: str) -> AnySelect:
    """The statement, to be prepared; whoever looks at the server's activity reads the question's name there."""
    return statement.execution_options(**{_OPTION: question})


def prepare_questions_on(engine: Engine) -> None:
    """Prepare, on this engine's connections, the statements that are to be."""
    # An event of the dialect: those of connections cost every statement 15 µs, whether it is concerned or not.
    if not event.contains(engine, "do_execute", _execute_prepared):
        event.listen(engine, "do_execute", _execute_prepared)


def _execute_prepared(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Whether a statement was executed here, as it is prepared."""
    question = context.execution_options.get(_OPTION) if context else None
    if question is None or prepares_nothing(context.root_connection):
        return False
    one = preparation(statement, question)
    known = known_on(context.root_connection)
    if one.name in known:
        cursor.execute(one.execute, parameters)
    else:
        # Before it is known to succeed: where the statement fails, it is prepared all the same.
        known.add(one.name)
        cursor.execute(f"{one.prepare}; {one.execute}", parameters)
    return True


@lru_cache(maxsize=_KEPT)
def preparation(statement: str, question: str) -> Prepared:
    """How the statement of a question is prepared and executed."""
    places: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        return found[0] if name is None else places.setdefault(name, f"${len(places) + 1}")

    text = _PARAMETER.sub(place, statement)
    name = f"thoth_storages_{question.strip('_')[:24]}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    given = f" ({', '.join(f'%({place})s' for place in places)})" if places else ""
    return Prepared(name, f"PREPARE {name} AS {text}", f"EXECUTE {name}{given}")
