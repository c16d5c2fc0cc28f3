"""Copying one table: its rows in our spelling, under the rules that the new table has.

The new table itself says what a row must be like: columns that hold no NULL, checks, the natural key. Rows that break
a rule are left out and counted by reason; of those that say the same, the lowest id stays, with the values that were
told last. What refers to a row that was merged or left out follows through the table `moved`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from .place import WORKSHOP, Table
from .report import StepReport
from .sql import listed, quoted, sha256
from .tables import CONVERSIONS, Conversion


@dataclass(frozen=True, slots=True)
class Copy:
    """How the rows of one table are copied."""

    old_schema: str
    old: Table
    new: Table

    @property
    def conversion(self) -> Conversion:
        """What is said of this table."""
        return CONVERSIONS.get(self.new.name, Conversion())

    @property
    def columns(self) -> list[str]:
        """The columns that are written: those that are known; the others have defaults."""
        known = self.old.types.keys() | self.conversion.columns.keys()
        return [column for column in self.new.types if column in known or column == "key_sha256"]

    @property
    def has_id(self) -> bool:
        """Whether rows keep an id."""
        return "id" in self.columns

    # --- The rows as they will be ------------------------------------------------------------------------------------

    def _pointed(self) -> str:
        """The old rows, pointing to new ones."""
        columns, joins = ["r.ctid AS ctid_"], []
        for number, column in enumerate(self.old.types):
            value, parent = f"r.{quoted(column)}", self.new.references.get(column)
            if parent:
                joins.append(
                    f"LEFT JOIN {WORKSHOP}.moved m{number} ON m{number}.table_name = '{parent}' "
                    f"AND m{number}.old_id = {value}"
                )
                value = f"CASE WHEN m{number}.old_id IS NULL THEN {value} ELSE m{number}.new_id END"
            columns.append(f"{value} AS {quoted(column)}")
        source = f"{quoted(self.old_schema)}.{quoted(self.old.name)} r"
        return f"SELECT {', '.join(columns)} FROM {source} {' '.join(joins)}"

    def _value(self, column: str) -> str:
        wanted = self.new.types[column]
        given = self.conversion.columns.get(column, f"o.{quoted(column)}")
        if column not in self.conversion.columns and self.old.types[column] == "timestamp without time zone":
            return f"{given} AT TIME ZONE 'UTC'"
        # Enumerations of the two schemas are different types with the same names.
        return f"CAST(({given})::text AS {wanted})" if self._is_enumeration(column) else f"CAST({given} AS {wanted})"

    def _is_enumeration(self, column: str) -> bool:
        return "." in self.old.types.get(column, "")

    def _is_changed(self) -> str:
        respelled = [column for column in self.conversion.columns if column in self.old.types]
        return " OR ".join(
            f"({self._value(column)})::text IS DISTINCT FROM o.{quoted(column)}::text" for column in respelled
        )

    def _spelled(self) -> str:
        columns = [f"{self._value(column)} AS {quoted(column)}" for column in self.columns if column != "key_sha256"]
        columns += [f"{value} AS {name}" for name, value in self.conversion.helpers.items()]
        place = "o.id" if "id" in self.old.types else "o.ctid_"
        columns += [f"{place} AS place", f"{self._is_changed() or 'false'} AS changed"]
        joins = self.conversion.joins.format(old=quoted(self.old_schema), new=WORKSHOP)
        return f"SELECT {', '.join(columns)} FROM pointed o {joins}"

    def _digested(self) -> str:
        digest = self.conversion.digest
        return f"SELECT n.*, {sha256(digest)} AS key_sha256 FROM spelled n" if digest else "SELECT n.* FROM spelled n"

    # --- The rules ---------------------------------------------------------------------------------------------------

    def _fault(self) -> str:
        """Why a row is left out, NULL where it is not."""
        faults = {f"{column} is missing": f"{quoted(column)} IS NULL" for column in self._needed()}
        faults |= {f"breaks {name}": f"NOT ({check})" for name, check in self._checks().items()}
        faults |= self.conversion.refused
        cases = " ".join(f"WHEN {condition} THEN '{why}'" for why, condition in faults.items())
        return f"CASE {cases} END" if cases else "NULL::text"

    def _needed(self) -> list[str]:
        return [column for column in self.new.needed if column in self.columns]

    def _checks(self) -> dict[str, str]:
        return {name: check for name, check in self.new.checks.items() if not name.endswith("_key_sha256_check")}

    def candidates(self) -> str:
        """The statement that makes the table of rows as they will be, each with its fault or the id it stays under."""
        same = f"PARTITION BY {listed(['fault', *self.new.key])}"
        kept = f"min(id) OVER ({same})" if self.has_id else "NULL::bigint"
        told = f"count(*) OVER ({same}) AS told"
        return f"""
            CREATE TEMPORARY TABLE candidate AS
            WITH pointed AS ({self._pointed()}),
                 spelled AS ({self._spelled()}),
                 digested AS ({self._digested()}),
                 judged AS (SELECT *, {self._fault()} AS fault FROM digested)
            SELECT *, {kept} AS kept_id, {told} FROM judged"""

    def insert(self) -> str:
        """The statement that inserts them."""
        once = ", ".join("kept_id" if column == "id" else quoted(column) for column in self.columns)
        merged = ", ".join(self._merged(column) for column in self.columns)
        same = listed([*self.new.key, "kept_id"])
        return f"""
            INSERT INTO {WORKSHOP}.{quoted(self.new.name)} ({listed(self.columns)})
            SELECT {once} FROM candidate WHERE fault IS NULL AND told = 1
            UNION ALL
            SELECT {merged} FROM candidate WHERE fault IS NULL AND told > 1 GROUP BY {same}
            ORDER BY {listed(self.new.key) or "1"}"""

    def _merged(self, column: str) -> str:
        """The value of several rows that say the same: of the latest one that has any."""
        name = quoted(column)
        if column == "id":
            return "kept_id"
        if column in self.new.key:
            return name
        # Columns that a check looks at together come from one row, or they might not fit each other.
        told = "" if column in self.new.bound else f"FILTER (WHERE {name} IS NOT NULL)"
        return f"(array_agg({name} ORDER BY {self.conversion.latest} DESC) {told})[1] AS {name}"


_REMEMBER = f"""
    INSERT INTO {WORKSHOP}.moved (table_name, old_id, new_id)
    SELECT :table, id, CASE WHEN fault IS NULL THEN kept_id END
    FROM candidate WHERE fault IS NOT NULL OR id <> kept_id"""

# New rows get ids that no old row had, merged ones included.
_ADVANCE = """
    SELECT setval(pg_get_serial_sequence(:sequence, 'id'), max(id)) FROM candidate HAVING max(id) IS NOT NULL"""


def copy(connection: Connection, old_schema: str, old: Table, new: Table) -> StepReport:
    """Copy the rows of one table, and say what became of them. The search path has the new schema alone."""
    plan = Copy(old_schema, old, new)
    connection.execute(text(plan.candidates()))
    read, changed = connection.execute(
        text("SELECT count(*), count(*) FILTER (WHERE changed AND fault IS NULL) FROM candidate")
    ).one()
    faults = connection.execute(
        text("SELECT fault, count(*) FROM candidate WHERE fault IS NOT NULL GROUP BY fault ORDER BY fault")
    )
    left_out = {str(why): int(rows) for why, rows in faults}
    written = connection.execute(text(plan.insert())).rowcount
    if plan.has_id:
        connection.execute(text(_REMEMBER), {"table": new.name})
        connection.execute(text(_ADVANCE), {"sequence": f"{WORKSHOP}.{new.name}"})
    connection.execute(text("DROP TABLE candidate"))
    connection.execute(text(f"ANALYZE {WORKSHOP}.{quoted(new.name)}"))
    merged = read - sum(left_out.values()) - written
    return StepReport(new.name, read, written, merged, changed, left_out)
