"""What docs/migrating.rst tells operators to run in a rollout, run to the letter on a schema that is behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.rows import all_rows, fill

from alembic import command
from thoth.storages.embedded.binaries import find_postgres
from thoth.storages.graph import GraphDatabase, migrations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "migrating.rst"
SECTION = re.compile(r"^Schema adjustment in deployment\n-+\n(.*?)^\S[^\n]*\n-{3,}$", re.MULTILINE | re.DOTALL)

# Every command of that section with the exit code it has on a schema that is behind.
ROLLOUT = {
    "thoth-storages schema status": 3,
    "thoth-storages backup --file graph.dump": 0,
    "thoth-storages schema upgrade --sql > upgrade.sql": 0,
    "thoth-storages schema upgrade": 0,
    "thoth-storages restore --file graph.dump --force": 0,
}


@pytest.mark.slow
def test_an_operator_can_upgrade_and_go_back_as_the_page_says(database: URL, engine: Engine, tmp_path: Path) -> None:
    section = SECTION.search(PAGE.read_text())
    assert section is not None
    commands = re.findall(r"^   \$ (.*)$", section[1], re.MULTILINE)
    assert set(commands) == set(ROLLOUT)
    fill(engine)
    command.downgrade(migrations.configuration(engine=engine), "-1")
    before, states = all_rows(engine), []
    path = os.pathsep.join([str(Path(sys.executable).parent), str(find_postgres()), os.environ["PATH"]])
    connection = {"PGHOST": database.host, "PGPORT": database.port, "PGUSER": database.username}
    own = {name: str(value) for name, value in {**connection, "PGPASSWORD": database.password}.items()}
    for line in commands:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env={**os.environ, **own, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == ROLLOUT[line], f"{line}: {done.stdout}{done.stderr}"
        states.append(GraphDatabase().schema_status().state.value)
    assert states == ["behind", "behind", "behind", "current", "behind", "behind"]
    assert migrations.script_head() in (tmp_path / "upgrade.sql").read_text()
    after = all_rows(engine)
    changed = {table for table in before if after[table] != before[table]}
    assert after.keys() == before.keys()
    assert changed == {"graph_identity", "package_change"}, "a restored graph has an identity of its own"
