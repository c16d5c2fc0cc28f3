"""Repositories that Kebechet looks after: where it is installed, and what their files say.

Whether a repository is private or active, and the number of the installation, belong to the repository and stand in
each of its rows, one for each of its runtime environments. Who tells of a repository waits for others that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ..documents.kebechet import RepositoryRows
from ..enums import KebechetManagerEnum
from ..models import KebechetGithubAppInstallations
from ..models_base import table_of
from .environments import ensure_runtime_environments
from .kebechet import lock_installations
from .ledger import record_changes
from .stacks import ensure_members, ensure_users_stacks

_TURNS = 0x6B656265
"""The first number of this writer's advisory locks, which end with the transaction."""

_KEY = ("slug", "runtime_environment_name")


class Repository(NamedTuple):
    """A repository, and the installation of Kebechet that looks after it."""

    slug: str
    name: str
    private: bool
    installation_id: str


def write_installation(session: Session, repository: Repository) -> bool:
    """Whether the repository was known; from now on it is active in every runtime environment it has."""
    _take_turn(session, repository.slug)
    told = {"private": repository.private, "installation_id": repository.installation_id, "is_active": True}
    if _change(session, repository.slug, {**told, "repo_name": repository.name}):
        return True
    _write(session, {"slug": repository.slug, "repo_name": repository.name, **told}, {})
    return False


def deactivate(session: Session, slug: str) -> bool:
    """Whether the repository is known; it is looked after no more."""
    _take_turn(session, slug)
    return _change(session, slug, {"is_active": False}) > 0


def write_files(session: Session, rows: RepositoryRows, *, private: bool, installation_id: str) -> None:
    """Write what a repository's files say of a runtime environment, in the place of what they said before.

    The repository is active from now on. One that is known to be private stays so.
    """
    _take_turn(session, rows.slug)
    members = ensure_members(session, [rows.stack])
    stacks = ensure_users_stacks(session, [rows.stack], members)
    environment_id, _hardware = ensure_runtime_environments(session, [rows.environment], external=True)[
        rows.environment
    ]
    said = {
        **{manager.name.lower(): manager in rows.managers for manager in KebechetManagerEnum},
        "external_python_software_stack_id": stacks.ids.get(rows.stack),
        "external_software_environment_id": environment_id,
    }
    told: dict[str, Any] = {"installation_id": installation_id, "is_active": True}
    known = _change(session, rows.slug, told | ({"private": True} if private else {}))
    first = _of_repository(session, rows.slug) if known else {"private": private, "repo_name": rows.slug.split("/")[1]}
    key = {"slug": rows.slug, "runtime_environment_name": rows.runtime_environment_name}
    _write(session, {**key, **told, **first, **said}, said)
    record_changes(session, members.new_names)


# --- Rows ------------------------------------------------------------------------------------------------------------


def _take_turn(session: Session, slug: str) -> None:
    """Wait for others that tell of the repository, then for those that note advice about it."""
    session.execute(select(func.pg_advisory_xact_lock(_TURNS, crc32(slug.encode()) - 2**31)))
    lock_installations(session, slug)


def _change(session: Session, slug: str, values: Mapping[str, Any]) -> int:
    """How many rows the repository has, which say this from now on."""
    rows = table_of(KebechetGithubAppInstallations)
    changed = update(rows).where(rows.c.slug == slug).values(**values).returning(rows.c.id)
    return len(session.scalars(changed).all())


def _of_repository(session: Session, slug: str) -> dict[str, Any]:
    """What belongs to the repository itself, from one of its rows."""
    rows = table_of(KebechetGithubAppInstallations)
    columns = (rows.c.private, rows.c.repo_name)
    return dict(session.execute(select(*columns).where(rows.c.slug == slug).order_by(rows.c.id)).first()._mapping)  # type: ignore[union-attr]


def _write(session: Session, row: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Insert a row; one that is there says this from now on."""
    statement = insert(table_of(KebechetGithubAppInstallations)).values(**row)
    if said:
        statement = statement.on_conflict_do_update(index_elements=_KEY, set_=dict(said))
    session.execute(statement)
