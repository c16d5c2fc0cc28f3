"""What stands in the way of an adoption, asked before anything is done: rights, and what would speak of old tables."""

from __future__ import annotations

from sqlalchemy import Connection, text

from .place import BOOKKEEPING, WORKSHOP

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

READING = "SELECT on the table alembic_version"

_RIGHTS = text("""
    SELECT right_ || ' on the database' FROM unnest(ARRAY['CREATE', 'TEMPORARY']) right_
    WHERE NOT has_database_privilege(current_database(), right_)
    UNION SELECT 'CREATE on the schema'
    WHERE NOT has_schema_privilege(CAST(CAST(quote_ident(:schema) AS regnamespace) AS oid), 'CREATE')
    UNION SELECT 'SELECT on the table alembic_version' FROM pg_class
    WHERE relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND relname = 'alembic_version'
    AND NOT has_table_privilege(oid, 'SELECT')
    ORDER BY 1""")


def missing_rights(connection: Connection, schema: str) -> list[str]:
    """What our role may not do, and has to."""
    return list(connection.scalars(_RIGHTS, {"schema": schema}))


def in_the_way(connection: Connection, schema: str, tables: list[str], types: list[str]) -> list[str]:
    """What has to go before these tables and types can be swapped, as phrases for a message."""
    named = {"schema": schema, "tables": tables, "types": types}
    made = {"workshop": WORKSHOP, "bookkeeping": sorted(BOOKKEEPING)}
    return list(connection.scalars(_IN_THE_WAY, named | made))
