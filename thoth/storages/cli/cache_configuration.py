"""cache_conf.yaml: what a graph cache is to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..exceptions import CacheConfigurationError

PACKAGES, ENVIRONMENTS, INDEXES = "python-packages", "environments", "indexes"


class CacheConfiguration(NamedTuple):
    """What create_graph_cache() is given, as it was written."""

    packages: list[str]
    environments: list[Mapping[str, str]]
    indexes: list[str]


def read_configuration(path: str) -> CacheConfiguration:
    """What a cache configuration says.

    Raises CacheConfigurationError, which names the file and the line or key, for anything but a YAML mapping with
    python-packages, a list, and maybe environments and indexes, which are lists too.
    """
    configuration = _mapping(path)
    for key in configuration:
        if key not in (PACKAGES, ENVIRONMENTS, INDEXES):
            raise CacheConfigurationError(
                f"{path}: {key}: expected no other keys than {PACKAGES}, {ENVIRONMENTS}, {INDEXES}"
            )
    from ..graph.queries.cache_selection import Selection

    return CacheConfiguration(
        _list(path, configuration, PACKAGES, lambda item: Selection.of([item])),
        _list(path, configuration, ENVIRONMENTS, lambda item: Selection.of([], [item])),
        _list(path, configuration, INDEXES, lambda item: Selection.of([], [], [item])),
    )


def _mapping(path: str) -> dict[Any, Any]:
    import yaml

    try:
        configuration = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CacheConfigurationError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CacheConfigurationError(f"{path}: expected text in UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise CacheConfigurationError(f"{path}{line}: {getattr(error, 'problem', None) or error}") from error
    except (ValueError, RecursionError) as error:
        raise CacheConfigurationError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(configuration, dict) or PACKAGES not in configuration:
        raise CacheConfigurationError(f"{path}: expected a mapping with the key {PACKAGES}")
    return configuration


def _list(path: str, configuration: dict[Any, Any], key: str, check: Callable[[Any], object]) -> list[Any]:
    """The list under a key, of which the check raises nothing; empty where the key is not there."""
    if key not in configuration:
        return []
    items = configuration[key]
    if not isinstance(items, list) or not items:
        raise CacheConfigurationError(f"{path}: {key}: expected a list with something in it, not {items!r}")
    for number, item in enumerate(items):
        try:
            check(item)
        except ValueError as error:
            raise CacheConfigurationError(f"{path}: {key}[{number}]: {error}") from error
    return items
