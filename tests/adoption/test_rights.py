"""Who may adopt a database, and who may do what with its tables afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine
from support.databases import drop_database, unused
from support.published import described
from support.tables import rows_of, run

from thoth.storages.exceptions import SchemaNotOursError
from thoth.storages.graph.adoption import adopt
from thoth.storages.graph.engine import make_maintenance_engine

pytestmark = pytest.mark.slow  # many databases are made

_OWN = """
    DO $$ DECLARE what text; BEGIN
        FOR what IN
            SELECT 'TABLE ' || oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            UNION ALL SELECT 'TYPE ' || oid::regtype FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
        LOOP EXECUTE 'ALTER ' || what || ' OWNER TO {owner}'; END LOOP;
    END $$"""


@pytest.fixture
def roles(unfilled: URL, engine: Engine, server: URL) -> Iterator[dict[str, str]]:
    """{purpose: role}: owner of all tables, a member of it, and two others; gone afterwards, as is the database."""
    suffix = str(unused(server, "role").database)
    names = {purpose: f"{purpose}_{suffix}" for purpose in ("owner", "member", "reader", "other")}
    for name in names.values():
        run(engine, f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
    run(engine, f"GRANT {names['owner']} TO {names['member']}")
    run(engine, _OWN.format(owner=names["owner"]))
    yield names
    drop_database(server, unfilled)
    administration = make_maintenance_engine(server)
    for name in names.values():
        run(administration, f"DROP ROLE {name}")


def _as(role: str, url: URL) -> Engine:
    return make_maintenance_engine(url.set(username=role, password="secret"))


def _may_create(engine: Engine, url: URL, role: str) -> None:
    run(engine, f'GRANT CREATE ON DATABASE "{url.database}" TO {role}')
    run(engine, f"GRANT CREATE, USAGE ON SCHEMA public TO {role}")


def _granted(engine: Engine, schema: str = "public") -> list[tuple[object, ...]]:
    statement = """
        SELECT c.relname, c.relowner::regrole::text, a.grantee::regrole::text, a.privilege_type, a.is_grantable
        FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'r'
          AND to_regclass('published_0_74.' || c.relname) IS NOT NULL
        UNION ALL SELECT c.relname || '.' || n.attname, '', a.grantee::regrole::text, a.privilege_type, a.is_grantable
        FROM pg_class c JOIN pg_attribute n ON n.attrelid = c.oid, aclexplode(n.attacl) a
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND n.attacl IS NOT NULL ORDER BY 1, 2, 3, 4, 5"""
    rows = rows_of(engine, statement, schema=schema)
    return [tuple(row) for row in rows if row[0] not in ("moved", "adoption_step") and "spelled" not in row[0]]


def _owners(engine: Engine) -> list[tuple[str, ...]]:
    """Whose the tables and types are."""
    statement = """
        SELECT relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT typowner::regrole::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
        ORDER BY 1"""
    return [tuple(row) for row in rows_of(engine, statement)]


# --- Who may adopt ---------------------------------------------------------------------------------------------------


def test_one_who_may_not_read_the_tables_is_told_so(unfilled: URL, engine: Engine, roles: dict[str, str]) -> None:
    before = described(engine)
    for dry_run in (True, False):
        with pytest.raises(SchemaNotOursError) as caught:
            adopt(_as(roles["other"], unfilled), dry_run=dry_run)
        assert "secret" not in str(caught.value)
        assert len(str(caught.value)) < 1_500
    assert described(engine) == before


def test_one_who_owns_nothing_is_told_so(unfilled: URL, engine: Engine, roles: dict[str, str]) -> None:
    run(engine, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {roles['other']}")
    _may_create(engine, unfilled, roles["other"])
    before = described(engine)
    with pytest.raises(SchemaNotOursError, match=f"owner.*{roles['owner']}") as caught:
        adopt(_as(roles["other"], unfilled))
    assert len(str(caught.value)) < 1_500
    assert described(engine) == before


@pytest.mark.parametrize("missing", ["DATABASE", "SCHEMA"])
def test_an_owner_who_may_not_create_is_told_what_to_grant(
    unfilled: URL, engine: Engine, roles: dict[str, str], missing: str
) -> None:
    what = f'"{unfilled.database}"' if missing == "DATABASE" else "public"
    _may_create(engine, unfilled, roles["owner"])
    run(engine, f"REVOKE CREATE ON {missing} {what} FROM {roles['owner']}")
    before = described(engine)
    for dry_run in (True, False):
        with pytest.raises(SchemaNotOursError, match="CREATE"):
            adopt(_as(roles["owner"], unfilled), dry_run=dry_run)
    assert described(engine) == before


def test_an_owner_who_may_make_no_temporary_tables_is_told_so(
    unfilled: URL, engine: Engine, roles: dict[str, str]
) -> None:
    _may_create(engine, unfilled, roles["owner"])
    run(engine, f'REVOKE TEMPORARY ON DATABASE "{unfilled.database}" FROM PUBLIC')
    with pytest.raises(SchemaNotOursError, match="a role without TEMPORARY on the database"):
        adopt(_as(roles["owner"], unfilled))


def test_a_member_is_told_early_that_the_owner_may_not_create(
    unfilled: URL, engine: Engine, roles: dict[str, str]
) -> None:
    # What fails only in the last step would fail after hours, again and again.
    _may_create(engine, unfilled, roles["member"])
    before = described(engine)
    with pytest.raises(SchemaNotOursError, match=f"{roles['owner']}.*CREATE|CREATE.*{roles['owner']}"):
        adopt(_as(roles["member"], unfilled))
    assert described(engine) == before


def test_types_of_another_owner_are_seen_early(unfilled: URL, engine: Engine, roles: dict[str, str]) -> None:
    _may_create(engine, unfilled, roles["owner"])
    run(engine, "ALTER TYPE source_type OWNER TO CURRENT_USER")
    before = described(engine)
    with pytest.raises(SchemaNotOursError, match="source_type"):
        adopt(_as(roles["owner"], unfilled))
    assert described(engine) == before


# --- Who may what afterwards -----------------------------------------------------------------------------------------


def test_owners_and_grants_stay_whoever_of_them_adopts(unfilled: URL, engine: Engine, roles: dict[str, str]) -> None:
    for role in ("member", "owner"):
        _may_create(engine, unfilled, roles[role])
    for grant in (
        "SELECT ON solved TO PUBLIC",
        f"SELECT, INSERT ON cve TO {roles['reader']} WITH GRANT OPTION",
        f"UPDATE ON cve TO {roles['other']}",
        f"SELECT (url), UPDATE (enabled) ON python_package_index TO {roles['reader']}",
        f"ALL ON ALL TABLES IN SCHEMA public TO {roles['other']}",
    ):
        run(engine, f"GRANT {grant}")
    run(engine, f"REVOKE DELETE ON advised FROM {roles['other']}")
    before = rows_of(engine, "SELECT count(*) FROM pg_class WHERE relowner = to_regrole(:owner)", owner=roles["owner"])
    adopt(_as(roles["member"], unfilled))
    assert before[0][0] > 80
    assert _granted(engine) == _granted(engine, "published_0_74")
    assert ("cve", roles["owner"], roles["reader"], "INSERT", True) in _granted(engine)
    assert _owners(engine) == [(roles["owner"],)]
    run(_as(roles["owner"], unfilled), "INSERT INTO cve (cve_id, details) VALUES ('CVE-1', '')")
    assert rows_of(_as(roles["reader"], unfilled), "SELECT url FROM python_package_index") == []


def test_a_superuser_who_adopts_leaves_it_to_the_owner_and_its_readers(
    unfilled: URL, engine: Engine, roles: dict[str, str]
) -> None:
    _may_create(engine, unfilled, roles["owner"])
    run(engine, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {roles['reader']}")
    adopt(engine)
    assert _owners(engine) == [(roles["owner"],)]
    # Tables that 0.74 did not have, too.
    run(_as(roles["owner"], unfilled), "DELETE FROM synced_document")
    for table in ("graph_identity", "synced_document", "package_change"):
        rows_of(_as(roles["reader"], unfilled), f"SELECT count(*) FROM {table}")
