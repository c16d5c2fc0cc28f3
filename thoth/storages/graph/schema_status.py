"""What state the schema of a database is in, told from its catalogue and its revision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Executable, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ..exceptions import (
    DatabaseError,
    DatabaseNotInitializedError,
    DatabaseStatementError,
    SchemaNotOursError,
    SettingError,
)
from . import migrations
from .engine import connection_url, make_engine
from .faults import place
from .models import Base
from .sql_base import translated
from .sql_types import AnyRow

Ask = Callable[[Executable, Mapping[str, Any] | None], Sequence[AnyRow]]
"""Runs one statement and gives all its rows."""

PUBLISHED_REVISION = "bf9ea2a38b01"
"""The last revision of the package published before 1.0 (0.74)."""

ADOPTION_SCHEMA = "thoth_storages_adoption"
"""The schema that an adoption makes its tables in, there for as long as it is not finished."""

UPGRADE = "thoth-storages schema upgrade"
ADOPT = "thoth-storages schema adopt"
NEWER_LIBRARY = "pip install --upgrade thoth-storages"
_OWN_DATABASE = "give the graph a database of its own: set KNOWLEDGE_GRAPH_DATABASE to a new name"
_BACKUP = "restore the database from its backup"
_REACH = "check that the server runs and the KNOWLEDGE_GRAPH_* variables"

# Tables that every revision of this library has and no other package.
_OURS_ALONE = frozenset(("graph_identity", "synced_document"))
_PUBLISHED = frozenset(("python_package_version_entity", "depends_on"))
_LIBRARY = "thoth.storages."
_SHOWN = 4

_CATALOGUE = text(
    """
    WITH seen AS (
        SELECT CAST(relname AS text) AS name, relname = ANY (CAST(:ours AS text[])) AS is_ours
        FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relname <> :version_table
          AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY (current_schemas(false)))
          AND pg_table_is_visible(oid)
          -- Extensions bring tables, and whoever adds tables to the graph keeps their revision in one.
          AND left(relname, 15) <> 'alembic_version'
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND classid = CAST('pg_class' AS regclass)
                          AND deptype = 'e')
    )
    SELECT CAST(current_schema() AS text) AS schema,
           ARRAY(SELECT name FROM seen WHERE is_ours) AS ours,
           ARRAY(SELECT name FROM seen WHERE NOT is_ours ORDER BY name LIMIT 3) AS others,
           (SELECT count(*) FROM seen WHERE NOT is_ours) AS number_of_others,
           EXISTS (SELECT FROM pg_namespace WHERE nspname = :adoption) AS is_being_adopted,
           (SELECT CAST(relkind AS text) FROM pg_class WHERE oid = to_regclass(:version_table)) AS version_kind,
           EXISTS (
               SELECT FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
               WHERE attrelid = to_regclass(:version_table) AND attname = 'version_num' AND NOT attisdropped
                 AND typcategory = 'S'
           ) AS has_version_column
    """
)
_REVISIONS = text(f"SELECT version_num FROM {migrations.VERSION_TABLE} ORDER BY 1")  # noqa: S608 (our own name)


class SchemaStateEnum(Enum):
    """What may be found where the settings point."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"
    DIVERGED = "diverged"
    ADOPTABLE = "adoptable"
    FOREIGN = "foreign"
    UNREACHABLE = "unreachable"


UPGRADABLE = frozenset((SchemaStateEnum.EMPTY, SchemaStateEnum.BEHIND, SchemaStateEnum.CURRENT))
"""The states in which initialize_schema() may do its work."""


class SchemaStatus(NamedTuple):
    """The state of a database, what was found in a sentence, and the command that helps (none where all is well)."""

    state: SchemaStateEnum
    database_revision: str | None
    library_revision: str
    place: str
    detail: str
    advice: str


class _Verdict(NamedTuple):
    state: SchemaStateEnum
    detail: str
    advice: str


class _Found(NamedTuple):
    schema: str | None
    ours: frozenset[str]
    others: Sequence[str]
    number_of_others: int
    is_being_adopted: bool
    version_kind: str | None
    has_version_column: bool
    revisions: Sequence[str]


# --- Looking ---------------------------------------------------------------------------------------------------------


def _tables(root: type[Any] = Base) -> frozenset[str]:
    # Whoever uses this library may map tables of his own on the same base; no migration of ours makes them.
    names: frozenset[str] = frozenset()
    for model in root.__subclasses__():
        table = vars(model).get("__table__")
        if table is not None and model.__module__.startswith(_LIBRARY):
            names |= {table.name}
        names |= _tables(model)
    return names


def _look(ask: Ask) -> _Found:
    names = {
        "ours": sorted(_tables()),
        "version_table": migrations.VERSION_TABLE,
        "adoption": ADOPTION_SCHEMA,
    }
    (row,) = ask(_CATALOGUE, names)
    is_table = row.version_kind in ("r", "p") and row.has_version_column
    revisions = [revision for (revision,) in ask(_REVISIONS, None)] if is_table else []
    return _Found(
        row.schema,
        frozenset(row.ours),
        row.others,
        row.number_of_others,
        row.is_being_adopted,
        row.version_kind,
        row.has_version_column,
        [revision.strip() for revision in revisions if revision],
    )


def status(ask: Ask, url: URL) -> SchemaStatus:
    """The state of the database at the URL; two statements. Raises what ask raises."""
    found = _look(ask)
    verdict = _verdict(found)
    revisions = ", ".join(found.revisions) or None
    return SchemaStatus(verdict.state, revisions, migrations.script_head(), place(url), verdict.detail, verdict.advice)


def revision_count(ask: Ask) -> int:
    """How many rows alembic_version has; 0 where it is not there."""
    return len(_look(ask).revisions)


# --- Never raising ---------------------------------------------------------------------------------------------------


def status_or_reason(ask: Ask, url: URL) -> SchemaStatus:
    """The state of the database at the URL, or why it cannot be told."""
    try:
        return status(ask, url)
    except Exception as error:
        return _excuse(error, place(url))


def status_of_settings() -> SchemaStatus:
    """The state of the database that the settings name, through a connection of its own, or why it cannot be told."""
    where = "the database that the settings name"
    try:
        url = connection_url()
        where = place(url)
        engine = make_engine(url)
        try:
            with engine.connect() as connection:
                return status(lambda *statement: connection.execute(*statement).fetchall(), url)
        except DBAPIError as error:
            return _excuse(translated(error, url), where)
        finally:
            engine.dispose()
    except Exception as error:
        return _excuse(error, where)


def _excuse(error: Exception, where: str) -> SchemaStatus:
    state, advice = SchemaStateEnum.UNREACHABLE, _REACH
    # Only our own errors are known to hold no secret.
    detail = (
        str(error) if isinstance(error, DatabaseError | SettingError) else f"looking failed: {type(error).__name__}"
    )
    if isinstance(error, DatabaseNotInitializedError):
        state, detail, advice = SchemaStateEnum.EMPTY, "the database does not exist yet", UPGRADE
    elif isinstance(error, DatabaseStatementError) and error.sqlstate == "42501":
        advice = f"let this user read it: GRANT SELECT ON {migrations.VERSION_TABLE} TO ..."
    return SchemaStatus(state, None, _library_revision(), where, detail, advice)


def _library_revision() -> str:
    try:
        return migrations.script_head()
    except Exception:
        return "unknown"


# --- Judging ---------------------------------------------------------------------------------------------------------


def _verdict(found: _Found) -> _Verdict:
    if found.schema is None:
        detail = "there is no schema on the search_path that this user may use"
        return _Verdict(SchemaStateEnum.UNREACHABLE, detail, "create one, or: GRANT USAGE ON SCHEMA public TO ...")
    if found.version_kind is not None and found.version_kind not in ("r", "p"):
        return _Verdict(SchemaStateEnum.FOREIGN, "alembic_version is not a table here", _OWN_DATABASE)
    if found.version_kind is not None and not found.has_version_column:
        detail = "alembic_version has no column version_num of text here"
        return _Verdict(SchemaStateEnum.FOREIGN, detail, _OWN_DATABASE)
    if not found.revisions:
        return _without_revision(found)
    if len(found.revisions) > 1:
        detail = f"alembic_version has {len(found.revisions)} rows where one is expected: {_some(found.revisions)}"
        return _Verdict(SchemaStateEnum.DIVERGED, detail, f"{_BACKUP}, or delete the rows of alembic_version but one")
    left = migrations.migrations_since(found.revisions[0])
    return _unknown_revision(found) if left is None else _known_revision(found, left)


def _without_revision(found: _Found) -> _Verdict:
    if not found.ours and found.number_of_others:
        detail = f"there are no tables of the graph, but {found.number_of_others} others: {_some(found.others)}"
        return _Verdict(SchemaStateEnum.FOREIGN, detail, _OWN_DATABASE)
    if not found.ours:
        return _Verdict(SchemaStateEnum.EMPTY, "there are no tables yet", UPGRADE)
    detail = f"there are tables with the names of ours, but no revision: {_some(found.ours)}"
    return _Verdict(SchemaStateEnum.FOREIGN, detail, _advice_for_foreign(found))


def _known_revision(found: _Found, left: int) -> _Verdict:
    revision = found.revisions[0]
    missing = (_OURS_ALONE if left else _tables()) - found.ours
    if missing:
        detail = f"the database is at revision {revision}, but tables are missing: {_some(missing)}"
        return _Verdict(SchemaStateEnum.DIVERGED, detail, _BACKUP)
    if left:
        many = "1 migration" if left == 1 else f"{left} migrations"
        return _Verdict(SchemaStateEnum.BEHIND, f"the database is at revision {revision}, {many} behind", UPGRADE)
    return _Verdict(SchemaStateEnum.CURRENT, f"the database is at revision {revision}, as this library", "")


def _unknown_revision(found: _Found) -> _Verdict:
    revision = found.revisions[0]
    detail = f"the database is at revision {revision}, which this library does not know"
    if revision == PUBLISHED_REVISION and found.ours >= _PUBLISHED and "graph_identity" not in found.ours:
        detail = f"the database is at revision {revision}, the last one of the package published before 1.0"
        if found.is_being_adopted:
            detail += "; an adoption was begun and is not finished, until then its tables refuse changes"
            return _Verdict(SchemaStateEnum.ADOPTABLE, detail, f"{ADOPT} to go on, {ADOPT} --give-up to end it")
        return _Verdict(SchemaStateEnum.ADOPTABLE, detail, ADOPT)
    if found.ours >= _OURS_ALONE:
        if revision == PUBLISHED_REVISION:
            detail = f"the database is at revision {revision} of the published package, but has tables of this one"
            return _Verdict(SchemaStateEnum.DIVERGED, detail, _BACKUP)
        return _Verdict(SchemaStateEnum.AHEAD, f"{detail}: a newer library made it", NEWER_LIBRARY)
    return _Verdict(SchemaStateEnum.FOREIGN, detail, _advice_for_foreign(found))


def _advice_for_foreign(found: _Found) -> str:
    if found.ours >= _PUBLISHED and "graph_identity" not in found.ours:
        return f"bring it to {PUBLISHED_REVISION} with the published package (0.74) first, then: {ADOPT}"
    return _OWN_DATABASE


def _some(names: Sequence[str] | frozenset[str]) -> str:
    shown = sorted(names)[:_SHOWN]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


# --- Saying it -------------------------------------------------------------------------------------------------------


def sentence(found: SchemaStatus) -> str:
    """All of it in one line, for a warning."""
    advice = f"; {found.advice}" if found.advice else ""
    here = f"this library is at revision {found.library_revision}"
    return f"{found.place}: {found.state.value}: {found.detail}; {here}{advice}"


def not_initialized(found: SchemaStatus) -> DatabaseNotInitializedError:
    """The error of who asks for a revision where there is none."""
    if found.state is SchemaStateEnum.EMPTY:
        return DatabaseNotInitializedError(
            f"{found.place}: {found.state.value}: {found.detail}: call initialize_schema() or run: {found.advice}"
        )
    return DatabaseNotInitializedError(sentence(found))


def refuse_unless_upgradable(found: SchemaStatus) -> None:
    """Raise SchemaNotOursError unless initialize_schema() may do its work on such a database."""
    if found.state not in UPGRADABLE:
        expected = f"an empty database, or one of this library up to revision {found.library_revision}"
        raise SchemaNotOursError(found.place, f"{found.state.value}: {found.detail}", expected, found.advice)
