"""What the questions ask, compiled without a database: one SELECT each, with every value bound and none spelled out.

Every function of a room of questions that makes a SELECT is called, with nothing narrowed and with everything. To add a
function: nothing; where it has a parameter of a new name, a line in _SOME.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import psycopg2
from sqlalchemy.sql.compiler import COLLECT_CARTESIAN_PRODUCTS

from thoth.storages.graph import models as m
from thoth.storages.graph import queries
from thoth.storages.graph.enums import DocumentKindEnum, KebechetManagerEnum, SourceTypeEnum
from thoth.storages.graph.filters import Environment, PackageAt, Page
from thoth.storages.graph.queries.environments import EnvironmentFilter, FoundFilter
from thoth.storages.graph.queries.installations import InstallationFilter
from thoth.storages.graph.queries.versions import BY_ENTITY, select_entities
from thoth.storages.graph.sql_types import AnySelect

HOSTILE = "x' OR 1 = 1; DROP TABLE solved; --"
_URL = "https://example.org/" + HOSTILE.replace(" ", "+")
_VERSION = m.PythonPackageVersion
_ANYTHING = {
    "wanted": EnvironmentFilter(),
    "found": FoundFilter(),
    "installations": InstallationFilter(),
    "page": Page(0, None),
    "environment": Environment(),
}
_ALL = Environment(HOSTILE, HOSTILE, HOSTILE)
# {parameter: a value that narrows}; texts are those that would do harm if they were not bound.
_SOME: dict[str, Any] = {
    "column": func.now(),
    "is_external": False,
    "columns": (func.now(),),
    "conditions": [_VERSION.package_name == HOSTILE],
    "dependency": PackageAt(HOSTILE, HOSTILE),
    "environment": _ALL,
    "extras": [None, HOSTILE],
    "found": FoundFilter(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    "given": select(
        _VERSION.package_name, _VERSION.package_version, _VERSION.os_name.label("index_url"), _VERSION.id.label("place")
    ).subquery(),
    "installations": InstallationFilter(slug=HOSTILE, installation_id=HOSTILE, is_active=True, info_manager=False),
    "listing": select_entities(PackageAt(), BY_ENTITY[0], *BY_ENTITY[2:]).order_by(*BY_ENTITY),
    "kind": DocumentKindEnum.SOLVER,
    "kinds": [DocumentKindEnum.SOLVER],
    "manager": KebechetManagerEnum.INFO_MANAGER,
    "model": _VERSION,
    "name": func.now(),
    "package": PackageAt(HOSTILE, HOSTILE, _URL),
    "page": Page(1, 2),
    "source_type": SourceTypeEnum.KEBECHET,
    "software_stack_type": "USER",
    "statement": select(_VERSION.package_name).order_by(_VERSION.package_name),
    "unparseable": False,
    "_analyses.columns": (m.PackageExtractRun.analysis_document_id,),
    "_run_ids.column": m.Solved.document_id,
    "_run_ids.conditions": [m.Solved.document_id == HOSTILE],
    "solved_in.statement": select(m.EcosystemSolver.solver_name),
    "wanted": EnvironmentFilter.of(_ALL, is_external=True, image_name=HOSTILE, environment_name=HOSTILE),
}


def _functions() -> Iterator[Callable[..., AnySelect]]:
    for module in pkgutil.iter_modules(queries.__path__):
        room = importlib.import_module(f"{queries.__name__}.{module.name}")
        for function in vars(room).values():
            is_own = inspect.isfunction(function) and function.__module__ == room.__name__
            if is_own and function.__annotations__.get("return") == "AnySelect":
                yield function


def _given(function: Callable[..., AnySelect], *, narrowed: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a function is given, by place where it takes any number and by name otherwise."""
    places: list[Any] = []
    names: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        value = _value(f"{function.__name__}.{name}", name, parameter.annotation, narrowed=narrowed)
        if parameter.kind is parameter.VAR_POSITIONAL:
            places, names = [*names.values(), *value], {}
        else:
            names[name] = value
    return tuple(places), names


def _value(of_function: str, name: str, annotation: str, *, narrowed: bool) -> Any:
    if not narrowed and annotation.endswith("| None"):
        return None
    if not narrowed and name in _ANYTHING:
        return _ANYTHING[name]
    if of_function in _SOME or name in _SOME:
        return _SOME.get(of_function, _SOME.get(name))
    return {"bool": narrowed, "str": HOSTILE}[annotation.split(" |")[0]]


@pytest.mark.parametrize("narrowed", [False, True])
@pytest.mark.parametrize(
    "function", list(_functions()), ids=lambda one: f"{one.__module__.split('.')[-1]}.{one.__name__}"
)
def test_a_statement_is_one_select_that_spells_out_no_value(function: Callable[..., AnySelect], narrowed: bool) -> None:
    places, names = _given(function, narrowed=narrowed)
    statement = function(*places, **names)
    assert isinstance(statement, Select)
    dialect = psycopg2.dialect()
    compiled = dialect.statement_compiler(dialect, statement, linting=COLLECT_CARTESIAN_PRODUCTS)
    assert re.match(r"(SELECT|WITH)\b", compiled.string) and ";" not in compiled.string
    assert "DROP TABLE" not in compiled.string, "a value is spelled out"
    assert compiled.from_linter is not None and compiled.from_linter.lint() == (None, None), "tables are not joined"
    asks_by_text = narrowed and any(HOSTILE in str(value) for value in names.values())
    assert not asks_by_text or any("DROP TABLE" in str(value) for value in compiled.params.values()), "not asked for"


def test_there_are_statements_in_the_rooms() -> None:
    assert len(list(_functions())) > 60
