"""Where an adoption takes place: the schemas, what is in them, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from ..schema_status import PUBLISHED_REVISION as PUBLISHED_REVISION

ADOPTED_REVISION = "8e2b64c0d7f1"
"""The revision of ours that an adopted database is at; the ordinary upgrade follows."""

WORKSHOP = "thoth_storages_adoption"
"""The schema that the new tables are made in."""

ARCHIVE = "published_0_74"
"""The schema that the old tables are moved to."""

BOOKKEEPING = frozenset(("moved", "spelled", "adoption_step"))
"""Tables that an adoption keeps for itself; they go to the archive."""

_COLUMNS = text("""
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND c.relkind IN ('r', 'p')
    ORDER BY c.relname, a.attnum""")

_CONSTRAINTS = text("""
    SELECT c.relname, k.conname, k.contype, pg_get_expr(k.conbin, k.conrelid), f.relname,
           ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS n(attnum, position)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum ORDER BY n.position)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class f ON f.oid = k.confrelid
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND k.contype IN ('p', 'u', 'c', 'f')
    ORDER BY c.relname, k.conname""")

# What would go on speaking of the old tables after the swap.
_IN_THE_WAY = text("""
    WITH ours AS (SELECT oid, relname FROM pg_class
                  WHERE relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND relname = ANY(:tables))
    SELECT DISTINCT 'view ' || CAST(CAST(r.ev_class AS regclass) AS text) || ' reads ' || o.relname
    FROM ours o JOIN pg_depend d ON d.refobjid = o.oid AND d.classid = CAST('pg_rewrite' AS regclass)
    JOIN pg_rewrite r ON r.oid = d.objid WHERE r.ev_class <> o.oid
    UNION SELECT 'table ' || CAST(CAST(k.conrelid AS regclass) AS text) || ' refers to ' || o.relname
    FROM ours o JOIN pg_constraint k ON k.confrelid = o.oid
    WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM ours)
    UNION SELECT 'trigger ' || t.tgname || ' on ' || o.relname
    FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal
    UNION SELECT 'publication ' || p.pubname || ' of ' || o.relname
    FROM ours o JOIN pg_publication_rel l ON l.prrelid = o.oid JOIN pg_publication p ON p.oid = l.prpubid
    UNION SELECT 'publication ' || p.pubname || ' of all tables' FROM pg_publication p
    LEFT JOIN pg_publication_namespace n
    ON n.pnpubid = p.oid AND n.pnnspid = CAST(CAST(quote_ident(:schema) AS regnamespace) AS oid)
    WHERE p.puballtables OR n.oid IS NOT NULL
    UNION SELECT 'rule ' || r.rulename || ' on ' || o.relname
    FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid
    UNION SELECT 'policy ' || p.polname || ' on ' || o.relname
    FROM ours o JOIN pg_policy p ON p.polrelid = o.oid
    UNION SELECT 'row level security on ' || o.relname
    FROM ours o JOIN pg_class c ON c.oid = o.oid WHERE c.relrowsecurity
    UNION SELECT 'function ' || CAST(CAST(d.objid AS regprocedure) AS text) || ' reads ' || o.relname
    FROM ours o JOIN pg_depend d ON d.refobjid = o.oid AND d.classid = CAST('pg_proc' AS regclass)
    UNION SELECT 'table ' || CAST(CAST(i.inhrelid AS regclass) AS text) || ' inherits from ' || o.relname
    FROM ours o JOIN pg_inherits i ON i.inhparent = o.oid
    -- The new tables, their indexes and sequences need their names; those of the old ones go with their tables.
    UNION SELECT 'the name ' || c.relname || ' is taken' FROM pg_class c
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND c.oid NOT IN (SELECT oid FROM ours)
    AND c.relname = ANY(ARRAY(SELECT relname FROM pg_class
                              WHERE relnamespace = CAST(:workshop AS regnamespace) AND relname <> ALL(:bookkeeping)))
    AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indrelid IN (SELECT oid FROM ours))
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')
                    AND d.refobjid IN (SELECT oid FROM ours))
    UNION SELECT 'table ' || o.relname || ' of the role ' || pg_get_userbyid(c.relowner)
    FROM ours o JOIN pg_class c ON c.oid = o.oid WHERE NOT pg_has_role(c.relowner, 'USAGE')
    UNION SELECT 'type ' || t.typname || ' of the role ' || pg_get_userbyid(t.typowner)
    FROM pg_type t WHERE t.typnamespace = CAST(quote_ident(:schema) AS regnamespace) AND t.typname = ANY(:types)
    AND NOT pg_has_role(t.typowner, 'USAGE')
    -- The new tables go to the owners of the old ones.
    UNION SELECT 'an owner of tables, ' || pg_get_userbyid(c.relowner) || ', without CREATE on the schema'
    FROM ours o JOIN pg_class c ON c.oid = o.oid
    WHERE NOT has_schema_privilege(c.relowner, CAST(CAST(quote_ident(:schema) AS regnamespace) AS oid), 'CREATE')
    ORDER BY 1""")

_RIGHTS = text("""
    SELECT right_ || ' on the database' FROM unnest(ARRAY['CREATE', 'TEMPORARY']) right_
    WHERE NOT has_database_privilege(current_database(), right_)
    UNION SELECT 'CREATE on the schema'
    WHERE NOT has_schema_privilege(CAST(CAST(quote_ident(:schema) AS regnamespace) AS oid), 'CREATE')
    UNION SELECT 'SELECT on the table ' || relname FROM pg_class
    WHERE relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND relname = 'alembic_version'
    AND NOT has_table_privilege(oid, 'SELECT')
    ORDER BY 1""")

_ENUMERATIONS = text("""
    SELECT typname FROM pg_type
    WHERE typnamespace = CAST(quote_ident(:schema) AS regnamespace) AND typtype = 'e' ORDER BY 1""")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database describes it."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    """{column: type}, in column order."""
    needed: list[str] = field(default_factory=list)
    """The columns that hold no NULL."""
    primary: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    """{constraint: expression}."""
    checked: list[list[str]] = field(default_factory=list)
    """The columns that each check looks at."""
    references: dict[str, str] = field(default_factory=dict)
    """{column: table}."""

    @property
    def key(self) -> list[str]:
        """The columns of the natural key, empty where the table may hold one row only."""
        return self.unique or [column for column in self.primary if column != "id"]

    @property
    def bound(self) -> set[str]:
        """The columns outside the key that a check looks at together with others."""
        free = [set(columns) - set(self.key) for columns in self.checked]
        return {column for columns in free if len(columns) > 1 for column in columns}


def tables_in(connection: Connection, schema: str) -> dict[str, Table]:
    """{name: table} of every table in a schema, in the order of their names."""
    found: dict[str, Table] = {}
    for name, column, type_, needed in connection.execute(_COLUMNS, {"schema": schema}):
        table = found.setdefault(name, Table(name))
        table.types[column] = type_
        if needed:
            table.needed.append(column)
    for name, constraint, kind, expression, referred, columns in connection.execute(_CONSTRAINTS, {"schema": schema}):
        table = found[name]
        if kind == "c":
            table.checks[constraint] = expression
            table.checked.append(columns)
        elif kind == "f":
            table.references[columns[0]] = referred
        else:
            (table.primary if kind == "p" else table.unique).extend(columns)
    return found


def missing_rights(connection: Connection, schema: str) -> list[str]:
    """What our role may not do, and has to."""
    return list(connection.scalars(_RIGHTS, {"schema": schema}))


def in_the_way(connection: Connection, schema: str, tables: list[str], types: list[str]) -> list[str]:
    """What has to go before these tables and types can be swapped, as phrases for a message."""
    named = {"schema": schema, "tables": tables, "types": types}
    made = {"workshop": WORKSHOP, "bookkeeping": sorted(BOOKKEEPING)}
    return list(connection.scalars(_IN_THE_WAY, named | made))


def enumerations_in(connection: Connection, schema: str) -> list[str]:
    """The names of the enumerations of a schema."""
    return list(connection.scalars(_ENUMERATIONS, {"schema": schema}))


def exists(connection: Connection, schema: str) -> bool:
    """Whether there is a schema of this name."""
    statement = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    return connection.scalar(statement, {"schema": schema}) is not None
