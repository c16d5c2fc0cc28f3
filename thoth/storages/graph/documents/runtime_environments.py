"""Where software runs or is to run, as users and inspections describe it: the software environment and the hardware.

Two generations are read: that of 2023, which keeps the operating system in an object, and the flat one of 2019.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from ...document_ids import map_os_name, normalize_os_version
from ..enums import EnvironmentTypeEnum
from ..names import key_sha256
from .environments import SoftwareEnvironment
from .reading import NAME_BYTES, Place
from .texts import PATH_BYTES, optional_text


@dataclass(frozen=True, slots=True)
class Hardware:
    """Hardware: everything that is known of it tells it from other hardware."""

    cpu_vendor: int | None = None
    cpu_model: int | None = None
    cpu_cores: int | None = None
    cpu_model_name: str | None = None
    cpu_family: int | None = None
    cpu_physical_cpus: int | None = None
    gpu_model_name: str | None = None
    gpu_vendor: str | None = None
    gpu_cores: int | None = None
    gpu_memory_size: int | None = None
    ram_size: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return any(value is not None for value in self.description)

    @property
    def description(self) -> tuple[int | str | None, ...]:
        """Everything that is known, in the order of HARDWARE."""
        return tuple(getattr(self, name) for name in HARDWARE)

    @property
    def key(self) -> bytes:
        """What tells this hardware from any other."""
        return key_sha256(*self.description)


HARDWARE = tuple(field.name for field in fields(Hardware))
"""What describes hardware, in column order."""

_DIGITS = re.compile(r"[0-9]{1,19}")
_NO_VERSION = 10**9  # and none above: it would not be written as it was meant

_TEXTS = ("cpu_model_name", "gpu_model_name", "gpu_vendor")


@dataclass(frozen=True, slots=True)
class RuntimeEnvironment:
    """Where something runs; each part None where nothing is known of it."""

    software: SoftwareEnvironment | None = None
    hardware: Hardware | None = None

    def as_type(self, environment_type: EnvironmentTypeEnum) -> RuntimeEnvironment:
        """The same environment, to run in or to build in."""
        software = None if self.software is None else replace(self.software, environment_type=environment_type)
        return replace(self, software=software)

    @property
    def solved_in(self) -> tuple[str, str, str] | None:
        """The operating system, its version and Python's as solvers have them; None where one is not known."""
        software = self.software
        if software is None or not software.os_name or not software.os_version or not software.python_version:
            return None
        return software.os_name, software.os_version, software.python_version


def parse_runtime_environment(
    place: Place | None, environment_type: EnvironmentTypeEnum = EnvironmentTypeEnum.RUNTIME
) -> RuntimeEnvironment:
    """What a runtime environment says; nothing where there is none."""
    if place is None:
        return RuntimeEnvironment()
    system = place.get("operating_system")
    os_name, os_version = (
        (optional_text(place, "os_name"), _version(place, "os_version"))
        if system is None
        else (optional_text(system, "name"), _version(system, "version"))
    )
    named = place.get("name", "environment_name")
    known = SoftwareEnvironment(
        environment_type=environment_type,
        environment_name=None if named is None else named.text(PATH_BYTES) or None,
        python_version=_version(place, "python_version"),
        os_name=map_os_name(os_name),
        os_version=normalize_os_version(os_name, os_version),
        cuda_version=_version(place, "cuda_version"),
    )
    software = known if any(value is not None for value in known.description) else None
    return RuntimeEnvironment(software, parse_hardware(place.get("hardware")))


def parse_hardware(place: Place | None) -> Hardware | None:
    """What is said of hardware; None where nothing is."""
    if place is None:
        return None
    found: dict[str, Any] = {name: optional_text(place, name, PATH_BYTES) for name in _TEXTS}
    found.update({name: _number(place, name) for name in HARDWARE if name not in _TEXTS})
    return Hardware(**found) or None


def _number(place: Place, key: str) -> int | None:
    value = place.get(key)
    if value is None:
        return None
    if isinstance(value.value, str) and _DIGITS.fullmatch(value.value):  # as lscpu spells it
        return Place(value.document_id, value.path, int(value.value)).whole_number()
    if isinstance(value.value, float) and value.value.is_integer():
        return Place(value.document_id, value.path, int(value.value)).whole_number()
    return value.whole_number()


def _version(place: Place, key: str) -> str | None:
    """A version; YAML that is not quoted makes a number of it."""
    value = place.get(key)
    if value is None:
        return None
    number = value.value
    if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < _NO_VERSION:
        return str(number)
    if not isinstance(number, str):
        raise value.refuse("a version: a text")
    return value.text(NAME_BYTES).strip() or None
