"""What belongs to a database as such and not to what is in it: its settings, its grants, its owner."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from .engine import quoted
from .faults import first_line

_LOGGER = logging.getLogger(__name__)

_SETTINGS = text(
    """
    SELECT split_part(one, '=', 1) AS name, substr(one, strpos(one, '=') + 1) AS value, rolname AS role
    FROM pg_database JOIN pg_db_role_setting ON setdatabase = pg_database.oid CROSS JOIN unnest(setconfig) AS one
    LEFT JOIN pg_roles ON pg_roles.oid = setrole WHERE datname = :name AND (setrole = 0 OR rolname IS NOT NULL)
    """
)
_SET = text("SELECT set_config(:name, :value, true)")
_GRANTS = text(
    """
    SELECT CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END, privilege_type, is_grantable
    FROM pg_database CROSS JOIN LATERAL aclexplode(datacl) WHERE datname = :name AND grantee <> datdba
    """
)
_DATABASE = text(
    "SELECT pg_get_userbyid(datdba) AS owner, pg_get_userbyid(datdba) = current_user AS is_ours,"
    " datacl IS NOT NULL AS has_grants FROM pg_database WHERE datname = :name"
)


def hand_over(connection: Connection, earlier: str, new: str) -> None:
    """Give a new database the settings, the grants and the owner of an earlier one, which may be missing.

    What cannot be handed over is logged and left out.
    """
    with connection.begin():
        database = connection.execute(_DATABASE, {"name": earlier}).first()
        settings = connection.execute(_SETTINGS, {"name": earlier}).all()
        grants = connection.execute(_GRANTS, {"name": earlier}).all()
    if database is None:
        return
    target = f"DATABASE {quoted(new)}"
    for name, value, role in settings:
        whose = f"ROLE {quoted(role)} IN {target}" if role else target
        # From the session's own: a list is spelled in another way than a text.
        _try(connection, f"ALTER {whose} SET {_setting(name)} FROM CURRENT", {"name": name, "value": value})
    if database.has_grants:
        _try(connection, f"REVOKE ALL ON {target} FROM PUBLIC")
    for grantee, privilege, is_grantable in grants:
        option = " WITH GRANT OPTION" if is_grantable else ""
        _try(connection, f"GRANT {privilege} ON {target} TO {quoted(grantee) if grantee else 'PUBLIC'}{option}")
    if not database.is_ours:
        _try(connection, f"ALTER {target} OWNER TO {quoted(database.owner)}")


def _try(connection: Connection, statement: str, setting: dict[str, str] | None = None) -> None:
    try:
        with connection.begin():
            if setting is not None:
                connection.execute(_SET, setting)
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        _LOGGER.warning("what the new database does not have of the earlier one: %s: %s", statement, first_line(error))


def _setting(name: str) -> str:
    return ".".join(quoted(part) for part in name.split("."))  # those of extensions have a dot
