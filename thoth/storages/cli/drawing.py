"""Pictures of tables: what they show, and as graphs in the DOT language."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Enum, PrimaryKeyConstraint, Table, UniqueConstraint, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from .graphviz import DrawingError

if TYPE_CHECKING:
    import pydot

PERFORMANCE_PREFIX = "pi_"

_SHORT_TYPES = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "boolean": "bool",
    "double precision": "float8",
}
_COLOURS = (
    *("#cfe2f3", "#fce5cd", "#d9ead3", "#f4cccc", "#d9d2e9", "#fff2cc", "#d0e0e3", "#ead1dc", "#e6e0d4", "#c9ebd9"),
    *("#f9d7b5", "#c9daf8", "#e2efc0", "#f3d0e8", "#d5d5d5", "#ffe0e0", "#d4f0f0", "#efe6fa"),
)
LEFT, RIGHT = "left of ", "right of "  # what the ports of a row are called
_FONT = {"fontname": "Helvetica", "fontsize": "10"}


@dataclass(frozen=True)
class Tables:
    """What a picture shows: tables with their columns, and tables of which only the name matters.

    domains and sentences say of each table's name what it is about and what a row is.
    """

    full: tuple[Table, ...]
    brief: tuple[Table, ...]
    domains: Mapping[str, str]
    sentences: Mapping[str, str]
    dialect: Dialect

    @property
    def all(self) -> tuple[Table, ...]:
        """Every table, by name."""
        return tuple(sorted((*self.full, *self.brief), key=lambda table: table.name))

    def named(self, full: Iterable[str], brief: Iterable[str] = ()) -> Tables:
        """Some of the tables: these in full, those in brief."""
        by_name = {table.name: table for table in self.all}
        chosen = [tuple(by_name[name] for name in sorted(names)) for names in (full, brief)]
        return Tables(chosen[0], chosen[1], self.domains, self.sentences, self.dialect)


def tables_of(base: type[DeclarativeBase], dialect: str = "postgresql") -> Tables:
    """All tables of a base; a table's domain is the module of its model."""
    models = {getattr(mapper.local_table, "name", ""): mapper.class_ for mapper in base.registry.mappers}
    tables = tuple(table for _, table in sorted(base.metadata.tables.items()))
    domains, sentences = {}, {}
    for table in tables:
        model = models.get(table.name)
        domains[table.name] = model.__module__.rpartition(".")[2].removeprefix("models_") if model else "tables"
        paragraph, _, _ = (inspect.getdoc(model) or "").partition("\n\n") if model else ("", "", "")
        sentences[table.name] = " ".join(paragraph.split())
    return Tables(tables, (), domains, sentences, {"postgresql": postgresql, "sqlite": sqlite}[dialect].dialect())


def short_type(column: Column[Any], dialect: Dialect) -> str:
    """The column's type as the database has it, in its shortest spelling; an enumeration by its name."""
    if isinstance(column.type, Enum):
        return column.type.name or "enum"
    spelled = column.type.compile(dialect=dialect).lower()
    return _SHORT_TYPES.get(spelled, spelled)


def marks(column: Column[Any]) -> str:
    """PK, FK, both or nothing."""
    return " ".join([mark for mark, holds in (("PK", column.primary_key), ("FK", column.foreign_keys)) if holds])


def targets(column: Column[Any]) -> list[str]:
    """The columns that a column refers to, as table.column, sorted."""
    return sorted(f"{key.column.table.name}.{key.column.name}" for key in column.foreign_keys)


def facts(tables: Tables) -> str:
    """Everything about the tables that a picture shows, as text; equal models give equal texts everywhere."""
    return "\n".join(line for table in tables.all for line in _facts_of(table, tables)) + "\n"


def _facts_of(table: Table, tables: Tables) -> list[str]:
    title = f"{tables.domains[table.name]}.{table.name}: {tables.sentences[table.name]}"
    relations = [f"  {column.name} -> {target}" for column in table.columns for target in targets(column)]
    if table in tables.brief:
        shown = {other.name for other in tables.all}
        return [title, *(line for line in relations if line.split()[-1].partition(".")[0] in shown)]
    columns = [
        f"  {column.name} {short_type(column, tables.dialect)}{'?' * bool(column.nullable)} {marks(column)}".rstrip()
        for column in table.columns
    ]
    return [title, *columns, *relations]


@dataclass(frozen=True)
class Relation:
    """A column that refers to another table's; alone says whether no two rows refer to the same."""

    table: str
    column: str
    other: str
    other_column: str
    alone: bool

    @property
    def told(self) -> str:
        """The relation in words; no two relations have the same."""
        return f"{self.table}.{self.column} refers to {self.other}.{self.other_column}"


def boxes_and_relations(tables: Tables) -> tuple[dict[str, pydot.Node], list[Relation]]:
    """The tables as nodes of a graph, by name, and the relations between them, sorted.

    Raises DrawingError where a library is missing.
    """
    try:
        from sqlalchemy_schemadisplay import create_schema_graph
    except ImportError as error:
        raise DrawingError(f"{error.name} is missing: pip install 'thoth-storages[schema]'") from error
    graph = create_schema_graph(engine=create_engine("sqlite://"), tables=list(tables.all), concentrate=False)
    by_name = {table.name: table for table in tables.all}
    boxes = {node.get_name().strip('"'): node for node in graph.get_nodes()}
    for name, node in boxes.items():
        _dress(node, by_name[name], tables)
    relations = {relation for edge in graph.get_edges() for relation in _relations(edge, by_name)}
    return boxes, sorted(relations, key=lambda relation: relation.told)


def _relations(edge: pydot.Edge, by_name: Mapping[str, Table]) -> Iterator[Relation]:
    """The relation that an edge shows; one between primary keys leads from the other table to the one that refers."""
    name = str(edge.get("taillabel")).strip('"').removeprefix("+ ")
    ends = [by_name[str(end).strip('"')] for end in (edge.get_source(), edge.get_destination())]
    for table, other in (ends, ends[::-1]):
        column = table.columns.get(name)
        for key in () if column is None else column.foreign_keys:
            if key.column.table is other:
                yield Relation(table.name, name, other.name, key.column.name, _is_alone(key.parent))


def _is_alone(column: Column[Any]) -> bool:
    rules = [one for one in column.table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint)]
    indexes = [one for one in column.table.indexes if one.unique and one.dialect_options["postgresql"]["where"] is None]
    return any(list(one.columns) == [column] for one in [*rules, *indexes] if len(one.columns) == 1)


def _dress(node: pydot.Node, table: Table, tables: Tables) -> None:
    node.set("label", label(table, tables))
    node.set("tooltip", quoted(f"{table.name}: {tables.sentences[table.name]}"))
    for name, value in {**_FONT, "margin": "0", "width": "0", "height": "0"}.items():
        node.set(name, quoted(value))


def label(table: Table, tables: Tables) -> str:
    """What stands in the box of a table, as Graphviz' HTML."""
    rows = [] if table in tables.brief else [_row(column, tables.dialect) for column in table.columns]
    title = (
        f'<TR><TD COLSPAN="3" BGCOLOR="{colour(tables.domains[table.name], tables)}" CELLPADDING="4">'
        f"<B>{escape(table.name)}</B></TD></TR>"
    )
    style = 'BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" COLOR="#555555" BGCOLOR="white"'
    return f"<<TABLE {style}>{title}{''.join(rows)}</TABLE>>"


def _row(column: Column[Any], dialect: Dialect) -> str:
    name = escape(column.name)
    shown = f"<B>{name}</B>" if column.primary_key else name
    kind = escape(short_type(column, dialect)) + "?" * bool(column.nullable)
    return (
        f'<TR><TD ALIGN="LEFT" PORT="{LEFT}{name}">{marks(column) or " "}</TD><TD ALIGN="LEFT">{shown}</TD>'
        f'<TD ALIGN="LEFT" PORT="{RIGHT}{name}"><FONT COLOR="#555555">{kind}</FONT></TD></TR>'
    )


def colour(domain: str, tables: Tables) -> str:
    """The colour of a domain: the same in every picture of the same models."""
    domains = sorted(set(tables.domains.values()))
    return _COLOURS[domains.index(domain) % len(_COLOURS)]


def quoted(text: str) -> str:
    """The text as a string of the DOT language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
