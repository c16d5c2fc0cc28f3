"""What a run of the adviser tells of the repositories that Kebechet looks after: when it last asked, what was advised.

The newest run (by the time of its document, then the document's id) counts, in whatever order they are told; where it
advised nothing, nothing is advised. Repositories that nobody registered are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, null, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate, Update

from ..arrays import is_one_of
from ..documents.adviser import Asker
from ..enums import SourceTypeEnum
from ..models import AdviserRun, ExternalSoftwareEnvironment, KebechetGithubAppInstallations
from ..models_base import table_of
from ..sql_types import AnySelect
from .ledger import ask_for_again


class Advice(NamedTuple):
    """A run of the adviser that Kebechet asked for."""

    document_id: str
    made_at: datetime
    asker: Asker

    def replaces(self, before: Advice) -> bool:
        """Whether it counts wherever that which its document said before did."""
        return self.asker == before.asker and self.made_at >= before.made_at

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of the statements below."""
        parts = [re.escape(part) for part in self.asker.slug.split("/")]
        return {
            "this": self.document_id,
            "made_at": self.made_at,
            "whose": self.asker.slug,
            "environment": self.asker.runtime_environment_name,
            "repository": rf"(^|[/:]){'[/:]+'.join(parts)}(\.git)?/*\s*$",
        }


def note_advice(session: Session, advice: Advice, stack_id: int | None) -> None:
    """Note when Kebechet asked, and which stack (id) was advised, wherever no newer advice is known."""
    if session.scalars(_lock(), advice.parameters).all():
        session.execute(_note(), {**advice.parameters, "stack_id": stack_id})


def withdraw_advice(session: Session, advice: Advice) -> None:
    """Forget what a document does not say any more; others that may count in its place are to be told again."""
    there = session.scalars(_lock(), advice.parameters).all()
    if there and session.scalars(_forget(), advice.parameters).all():
        ask_for_again(session, session.scalars(_of_the_same_repository(), advice.parameters))


def lock_installations(session: Session, slug: str) -> None:
    """Keep others from changing the rows of a repository, in the order in which advice is noted in them."""
    session.scalars(_lock(), {"whose": slug, "environment": None}).all()


def withdraw_all(session: Session, withdrawn: Collection[Advice]) -> None:
    """The same for many; what was not the newest advice of its repository takes no statement of its own."""
    if not withdrawn:
        return
    rows = table_of(KebechetGithubAppInstallations)
    noted = select(rows.c.slug, rows.c.last_run).where(is_one_of(rows.c.slug, "slugs"))
    newest = {tuple(row) for row in session.execute(noted, {"slugs": sorted({each.asker.slug for each in withdrawn})})}
    for advice in sorted(withdrawn):
        if (advice.asker.slug, advice.made_at) in newest:
            withdraw_advice(session, advice)


# --- Statements ------------------------------------------------------------------------------------------------------


def _concerned() -> ColumnElement[bool]:
    """The rows of a repository in a runtime environment, or in all of them; one that names none is about them all."""
    rows = table_of(KebechetGithubAppInstallations)
    environment = bindparam("environment", type_=rows.c.runtime_environment_name.type)
    own = rows.c.runtime_environment_name
    named = or_(environment.is_(None), own.is_(None), own == environment)
    return and_(rows.c.slug == bindparam("whose", type_=rows.c.slug.type), named)


@cache
def _lock() -> Select[int]:
    rows = table_of(KebechetGithubAppInstallations)
    return select(rows.c.id).where(_concerned()).order_by(rows.c.id).with_for_update(key_share=True)


def _made_at() -> ColumnElement[Any]:
    return bindparam("made_at", type_=table_of(AdviserRun).c.datetime.type)


@cache
def _of_the_same_repository() -> AnySelect:
    """The ids of other documents in which Kebechet asked for the same repository."""
    runs = table_of(AdviserRun)
    is_other = runs.c.adviser_document_id != bindparam("this", type_=runs.c.adviser_document_id.type)
    same = func.lower(runs.c.origin).regexp_match(bindparam("repository", type_=runs.c.origin.type))
    return select(runs.c.adviser_document_id).where(runs.c.source_type == SourceTypeEnum.KEBECHET, is_other, same)


def _has_successor() -> ColumnElement[bool]:
    """Whether there is advice of the same moment for the same row, by a document with a greater id."""
    rows, runs = table_of(KebechetGithubAppInstallations), table_of(AdviserRun)
    environments = table_of(ExternalSoftwareEnvironment)
    named, own = environments.c.environment_name, rows.c.runtime_environment_name
    this = bindparam("this", type_=runs.c.adviser_document_id.type)
    return (
        _of_the_same_repository()
        .outerjoin(environments, environments.c.id == runs.c.external_run_software_environment_id)
        .where(runs.c.datetime == _made_at(), runs.c.adviser_document_id.collate("C") > this)
        .where(or_(named.is_(None), own.is_(None), named == own))
        .correlate(rows)
        .exists()
    )


@cache
def _note() -> Update:
    rows = table_of(KebechetGithubAppInstallations)
    is_first = and_(rows.c.last_run == _made_at(), ~_has_successor())
    newer = or_(rows.c.last_run.is_(None), rows.c.last_run < _made_at(), is_first)
    values = {
        "last_run": _made_at(),
        "thoth_advise_manager": true(),
        "advised_python_software_stack_id": bindparam("stack_id", type_=BigInteger),
    }
    return update(rows).where(_concerned(), newer).values(values)


@cache
def _forget() -> ReturningUpdate[int]:
    rows = table_of(KebechetGithubAppInstallations)
    forgotten = update(rows).where(_concerned(), rows.c.last_run == _made_at())
    values = {"last_run": null(), "advised_python_software_stack_id": null()}
    return forgotten.values(values).returning(rows.c.id)
