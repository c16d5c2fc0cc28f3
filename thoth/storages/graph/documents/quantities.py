"""Processor time and memory, as Kubernetes writes them."""

from __future__ import annotations

import math
import re

from .reading import Place

_NUMBER = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)(?P<unit>[A-Za-z]*)"
)
_OF_CORES = {"": 1.0, "m": 0.001}
_OF_BYTES = {"": 1.0, "k": 1e3}
_OF_BYTES |= {unit: 1000.0**power for power, unit in enumerate("KMGTPE", 1)}
_OF_BYTES |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)}
_LONGEST = 64  # characters of a number; nobody writes more digits

_CORES = "a finite number of cores that is not negative, such as 0.5 or '500m'"
_MEMORY = "a finite number of bytes that is not negative, such as 1073741824, '1Gi' or '1G'"


def parse_cores(place: Place | None) -> float | None:
    """Cores: 0.5 for '500m' and for 0.5; None where nothing is said."""
    return None if place is None else _quantity(place, _OF_CORES, _CORES)


def parse_gibibytes(place: Place | None) -> float | None:
    """GiB: 1.0 for '1Gi' and for 1073741824, since a number without a unit is bytes; None where nothing is said."""
    return None if place is None else _quantity(place, _OF_BYTES, _MEMORY) / 1024**3


def _quantity(place: Place, units: dict[str, float], expected: str) -> float:
    number, unit = place.value, ""
    if isinstance(number, str):
        match = _NUMBER.fullmatch(number.strip()) if len(number) <= _LONGEST else None
        if match is None or match["unit"] not in units:
            raise place.refuse(expected)
        number, unit = float(match["number"]), match["unit"]
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise place.refuse(expected)
    try:
        quantity = number * units[unit]
    except OverflowError:  # an integer of more digits than any float has
        raise place.refuse(expected) from None
    if not math.isfinite(quantity) or quantity < 0:
        raise place.refuse(expected)
    return float(quantity)
