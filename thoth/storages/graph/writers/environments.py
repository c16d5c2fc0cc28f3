"""Software environments."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import DeclarativeBase, Session

from ..documents.environments import DESCRIPTION
from ..documents.environments import SoftwareEnvironment as Environment
from ..models import ExternalSoftwareEnvironment, SoftwareEnvironment
from .upsert import ids_by_key, insert_missing

_KEY = ("environment_type", "key_sha256")


def ensure_software_environments(
    session: Session, environments: Iterable[Environment], *, external: bool
) -> dict[Environment, int]:
    """The id of each environment: of a user's one if external, else of one of Thoth's own."""
    model: type[DeclarativeBase] = ExternalSoftwareEnvironment if external else SoftwareEnvironment
    by_key = {(environment.environment_type, environment.key): environment for environment in environments}
    keys = sorted(by_key, key=lambda key: (key[0].name, key[1]))
    insert_missing(session, model, (*_KEY, *DESCRIPTION), _KEY, [(*key, *by_key[key].description) for key in keys])
    ids = ids_by_key(session, model, _KEY, keys)
    return {by_key[key]: ids[key] for key in keys}
