"""Software environments and hardware."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import DeclarativeBase, Session

from ..documents.environments import DESCRIPTION
from ..documents.environments import SoftwareEnvironment as Environment
from ..documents.runtime_environments import HARDWARE, Hardware, RuntimeEnvironment
from ..models import (
    ExternalHardwareInformation,
    ExternalSoftwareEnvironment,
    HardwareInformation,
    SoftwareEnvironment,
)
from .upsert import ensure_by_digest, ids_by_key, insert_missing

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


def ensure_hardware(session: Session, hardware: Iterable[Hardware], *, external: bool) -> dict[Hardware, int]:
    """The id of each hardware: of a user's one if external, else of what Thoth itself runs on."""
    model: type[DeclarativeBase] = ExternalHardwareInformation if external else HardwareInformation
    described = {known.description: known for known in hardware}
    ids = ensure_by_digest(session, model, HARDWARE, described)
    return {described[description]: row_id for description, row_id in ids.items()}


def ensure_runtime_environments(
    session: Session, environments: Iterable[RuntimeEnvironment], *, external: bool
) -> dict[RuntimeEnvironment, tuple[int | None, int | None]]:
    """The ids of each environment's software and of its hardware; None where nothing is known."""
    distinct = set(environments)
    software = ensure_software_environments(
        session, {each.software for each in distinct if each.software is not None}, external=external
    )
    hardware = ensure_hardware(
        session, {each.hardware for each in distinct if each.hardware is not None}, external=external
    )
    return {
        each: (
            None if each.software is None else software[each.software],
            None if each.hardware is None else hardware[each.hardware],
        )
        for each in distinct
    }
