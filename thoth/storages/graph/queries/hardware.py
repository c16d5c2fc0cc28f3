"""Hardware that services tell of and look at."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import delete, select

from ...exceptions import SchemaError
from ..documents.reading import Place
from ..documents.runtime_environments import HARDWARE, Hardware, parse_hardware
from ..filters import DEFAULT_COUNT, Page, checked_truth
from ..models import ExternalHardwareInformation, HardwareInformation
from ..sql_types import AnySelect
from ..writers.environments import ensure_hardware
from .base import Questions

_LOGGER = logging.getLogger(__name__)

_HardwareModel = type[HardwareInformation] | type[ExternalHardwareInformation]


def _model(is_external: bool) -> _HardwareModel:
    """The table of users' hardware, or of what Thoth itself runs on."""
    return ExternalHardwareInformation if is_external else HardwareInformation


def _listing(is_external: bool) -> AnySelect:
    """Id and description of each, by id."""
    model = _model(is_external)
    return select(model.id, *(getattr(model, name) for name in HARDWARE)).order_by(model.id)


def _described(hardware: dict[str, Any]) -> Hardware:
    """What is known of hardware; ValueError, which names the key, for what is no such description."""
    if not isinstance(hardware, dict):
        raise TypeError(f"hardware must be a dictionary, not {hardware!r}")
    unknown = sorted(str(key) for key in hardware if key not in HARDWARE)
    if unknown:
        _LOGGER.warning("hardware has no place for %s: left out", ", ".join(unknown))
    try:
        described = parse_hardware(Place(None, "hardware", hardware))
    except SchemaError as error:
        raise ValueError(f"{error.path} must be {error.expected}") from None
    if described is None:
        raise ValueError(f"hardware must say something of {', '.join(HARDWARE)}")
    return described


class HardwareQueries(Questions):
    """Hardware: that of users (external), and what Thoth itself runs on."""

    def get_hardware_environments_all(
        self,
        is_external: bool = False,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        without_id: bool = True,
    ) -> list[dict[str, Any]]:
        """{cpu_vendor, cpu_model, ...: value} of each hardware, by id: users' if external, else Thoth's own.

        What is not known is None. The id is among them unless it is to be left out; a count of None means all. Raises
        ValueError for a negative offset or count.
        """
        page, named = Page(start_offset, count), ("id", *HARDWARE)
        left_out = 1 if without_id else 0
        rows = self._ask(page.of(_listing(is_external)))
        return [dict(zip(named[left_out:], row[left_out:], strict=True)) for row in rows]

    def create_hardware_information(self, hardware: dict[str, Any], is_external: bool = True) -> int:
        """The id of this hardware, which is stored where it was not known: as a user's if external, else Thoth's own.

        Keys are cpu_vendor, cpu_model, cpu_cores, cpu_model_name, cpu_family, cpu_physical_cpus, gpu_model_name,
        gpu_vendor, gpu_cores, gpu_memory_size and ram_size; one that is missing or None is not known. Other keys are
        left out, with a warning. Raises ValueError for a value that makes no sense, and where nothing is known.
        """
        external, described = checked_truth("is_external", is_external), _described(hardware)
        return self._tell(lambda session: ensure_hardware(session, [described], external=external)[described])

    def delete_hardware_information(self, hardware_information_id: int, is_external: bool = True) -> None:
        """Delete hardware by its id; nothing happens where there is none. Runs that name it no longer name any."""
        model = _model(checked_truth("is_external", is_external))
        if not isinstance(hardware_information_id, int) or isinstance(hardware_information_id, bool):
            raise TypeError(f"hardware_information_id must be the number of a row, not {hardware_information_id!r}")
        if 0 < hardware_information_id < 2**63:
            self._tell(lambda session: session.execute(delete(model).where(model.id == hardware_information_id)))
