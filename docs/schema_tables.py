"""For Sphinx: the directive schema-tables, which describes every table as the models do.

A section for each domain (a module of models) with its picture, in it one for each table: what a row is, the columns
with their types, whether they may be NULL, what they refer to and what they mean, and which rows cannot stand twice.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from sections import Sections
from sphinx.application import Sphinx
from sqlalchemy import Column, Enum, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase

from thoth.storages.cli.drawing import Tables, marks, short_type, tables_of, targets
from thoth.storages.graph.models import Base
from thoth.storages.graph.models_cache import CacheBase


def described() -> Iterator[str]:
    """All sections as the lines of a text in reStructuredText: domains and tables by name, columns in their order."""
    yield from _described(Base, "postgresql")
    yield from _described(CacheBase, "sqlite")


def _described(base: type[DeclarativeBase], dialect: str) -> Iterator[str]:
    tables = tables_of(base, dialect)
    models: dict[str, Any] = {mapper.local_table.name: mapper.class_ for mapper in base.registry.mappers}
    for domain in sorted(set(tables.domains.values())):
        found = [table for table in tables.all if tables.domains[table.name] == domain]
        yield from _domain(domain, inspect.getdoc(sys.modules[models[found[0].name].__module__]) or "")
        for table in found:
            yield from _table(table, models[table.name], tables)


def _domain(domain: str, text: str) -> Iterator[str]:
    title = domain.replace("_", " ").capitalize()
    yield from (title, "~" * len(title), "", *text.splitlines(), "")
    yield from (f".. image:: pictures/{domain}.svg", f"   :alt: the tables of {domain} and what they refer to", "")
    yield from (f":download:`This picture in its full size <pictures/{domain}.svg>`", "")


def _table(table: Table, model: type, tables: Tables) -> Iterator[str]:
    yield from (f".. _table-{table.name}:", "", table.name, "^" * len(table.name), "")
    yield from (*(inspect.getdoc(model) or "").splitlines(), "", f"Model: ``{model.__name__}``", "")
    yield from _columns(table, tables)
    yield from _keys(table)


def _columns(table: Table, tables: Tables) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: auto", "")
    yield from _row("Column", "Type", "NULL", "Key", "Refers to", "Meaning")
    for column in table.columns:
        null = "yes" if column.nullable else "no"
        others = ", ".join(f":ref:`{one} <table-{one.partition('.')[0]}>`" for one in targets(column))
        yield from _row(f"``{column.name}``", _kind(column, tables), null, marks(column), others, _meaning(column))
    yield ""


def _row(*cells: str) -> Iterator[str]:
    for number, cell in enumerate(cells):
        yield f"   {'  ' if number else '* '}- {cell}".rstrip()


def _kind(column: Column[Any], tables: Tables) -> str:
    return f"``{short_type(column, tables.dialect)}``"


def _meaning(column: Column[Any]) -> str:
    comment = _escaped(column.comment or "")
    values = f"one of {', '.join(f'``{name}``' for name in column.type.enums)}" if isinstance(column.type, Enum) else ""
    return "; ".join(part for part in (comment, values) if part)


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*`|_" else letter for letter in text)


def _keys(table: Table) -> Iterator[str]:
    rules = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = sorted(", ".join(f"``{column.name}``" for column in rule.columns) for rule in rules)
    if keys:
        yield from (f"No two rows have the same {'; nor the same '.join(keys)}.", "")


class SchemaTables(Sections):
    """The sections of all domains."""

    def lines(self) -> Iterator[str]:
        return described()

    def modules(self) -> Iterator[str]:
        for mapper in (*Base.registry.mappers, *CacheBase.registry.mappers):
            yield str(sys.modules[mapper.class_.__module__].__file__)


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("schema-tables", SchemaTables)
    return {"parallel_read_safe": True}
