"""What the documents say can be done, is done here, in the order in which they say it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from thoth.storages import config
from thoth.storages.embedded import LocalServers

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    "README.rst",
    "CONTRIBUTING.rst",
    "docs/syncing.rst",
    "docs/documents.rst",
    "docs/backup.rst",
    "docs/performance.rst",
    "docs/index.rst",
    "docs/command_line.rst",
    "docs/migrating.rst",
    "docs/document_kinds.rst",
    "docs/deploying.rst",
)

# What a checkout is set up with, and what runs these tests: .ci/run runs these, to the letter, in fresh environments.
SET_UP = {
    "pip install -e '.[embedded]' && thoth-storages demo",
    "pip install -e '.[test]' && pytest",
    "pip install .",
    "apt-get install -y --no-install-recommends ceph-common ceph-mon ceph-osd openssl radosgw",
    "pipenv install --dev",
    "pipenv run python3 setup.py test",
}

# What cannot be run here, and what is checked in its stead.
ELSEWHERE = {
    "python3 -m venv .venv": "every fresh environment of .ci/run is made like this",
    ". .venv/bin/activate": "the same",
    "docker compose up -d": "needs a container engine: test_the_compose_file_offers_what_the_readme_says",
    "bash .ci/run": "runs these tests",
    "python3 docs/pictures/draw.py": "tests/cli/test_pictures.py checks what it writes",
    "python3 docs/pictures/house.py": "tests/test_explanation.py checks what it writes",
    "mypy": ".ci/run runs it",
}

# Commands that the walk through the README below runs.
WALKED = {
    'eval "$(thoth-storages local up)"',
    "thoth-storages local status",
    "thoth-storages local down",
    "thoth-storages sync",
    "thoth-storages sync solver --since 2026-11-01 --graceful",
    "thoth-storages sync --list-quarantined",
    "thoth-storages sync --list-waiting",
    "thoth-storages graph-cache -c cache_conf.yaml -o graph_cache.sqlite3",
    "thoth-storages generate-schema schema.png schema_cache.png",
    "thoth-storages generate-schema -i depends_on -i python_package schema.svg",
}

# Commands of docs/syncing.rst that the same walk runs on the way.
SYNCING = {
    "thoth-storages sync",
    "thoth-storages sync solver --since 2026-11-01 --graceful",
    "thoth-storages sync --shard 1/2",
    "thoth-storages sync --shard 2/2",
    "thoth-storages sync --list-waiting",
    "thoth-storages sync --list-waiting adviser --json",
    "thoth-storages sync --graceful",
    "thoth-storages sync --list-quarantined",
    "thoth-storages sync --graceful --retry-quarantined",
}

# Commands of docs/documents.rst, run by tests/cli/test_documents_described.py.
DESCRIBED = {
    "thoth-storages documents ls solver --since 2026-11-01",
    "thoth-storages documents ls --json | head -n 1",
    "thoth-storages documents ls --requests --count",
    "thoth-storages documents get solver-debian-12-py311-261122110655-72f10e8a80c6ea02 > document.json",
    "thoth-storages documents ls solver --limit 3 | xargs thoth-storages documents get --output solvers/",
    "thoth-storages documents put document.json solvers/*.json",
    "thoth-storages documents get solver-debian-12-py311-261122110655-72f10e8a80c6ea02"
    " | thoth-storages documents put -",
    "thoth-storages documents verify",
    "thoth-storages documents verify solver --content --json",
}

# The command of docs/performance.rst, run by tests/cli/test_bench.py with fewer documents.
MEASURING = {"thoth-storages bench"}

# The command of docs/command_line.rst, run by tests/cli/test_completing.py.
COMPLETING = {'eval "$(_THOTH_STORAGES_COMPLETE=bash_source thoth-storages)"'}

# Commands of CONTRIBUTING.rst, run by test_a_migration_is_made_as_the_contributing_page_says.
MIGRATING = {"alembic upgrade head", 'alembic revision --autogenerate -m "What changes"'}

# Commands of docs/deploying.rst, run by tests/test_deploying.py.
WATCHING = {"thoth-storages doctor", "thoth-storages doctor --json --timeout 2"}

# Commands of the worked examples, run by tests/test_worked_examples.py.
EXAMPLES = {
    'alembic revision --autogenerate -m "Add package_funding"',
    'alembic revision -m "Know funding documents"',
    "python3 docs/pictures/draw.py",
    "pytest tests/graph/test_models.py tests/graph/test_models_catalogue.py",
    'pytest tests/cli/test_pictures.py tests/migrations/test_migrations.py -k "documentation or letter or rows"',
    "pytest tests/graph/test_funding.py",
    'pytest tests/graph/test_statement_counts.py tests/graph/test_statements_compiled.py -k "funding or counted"',
    'pytest tests/test_package.py -k "surface or docstring"',
    "ruff check . && ruff format --check . && lint-imports",
    "thoth-storages sync funding --from .",
    "thoth-storages stats",
    'pytest tests/graph/test_every_kind_converges.py -k "looked_at or FUNDING"',
    'pytest tests/test_sync_kinds.py tests/test_package.py -k "every_kind or funding or surface or docstring"',
    'pytest tests/migrations/test_migrations.py -k "letter or rows"',
}

# Commands of CONTRIBUTING.rst, run by tests/test_tiers.py.
TESTING = {"pytest tests/stores -m seaweedfs", "THOTH_STORAGES_TEST_CEPH=required pytest tests/stores -m ceph"}

# Commands of docs/migrating.rst, run by tests/migrations/test_rollout.py and tests/adoption/test_command.py.
DEPLOYING = {
    "thoth-storages schema status",
    "thoth-storages schema upgrade --sql > upgrade.sql",
    "thoth-storages schema upgrade",
    "thoth-storages restore --file graph.dump --force",
}
# Commands of docs/backup.rst, run by tests/backup/test_backup_documentation.py; the README has some of them.
BACKING_UP = {
    "thoth-storages backup",
    "thoth-storages backup --file graph.dump",
    "thoth-storages restore --list",
    "thoth-storages restore --force",
    "thoth-storages restore --file graph.dump --force --keep",
    "thoth-storages store-cache graph_cache.sqlite3",
    "thoth-storages restore-cache graph_cache.sqlite3",
    "thoth-storages restore-cache graph_cache.sqlite3 || test $? -eq 3",
    "thoth-storages graph-cache -c cache_conf.yaml -o graph_cache.sqlite3 --update",
}
ADOPTING = {"thoth-storages schema adopt --dry-run", "thoth-storages schema adopt"}


def blocks(document: str, language: str) -> list[str]:
    """The code blocks of a document in one language, in its order, without their indentation."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?:   [^\n]*\n|\n)+)", (ROOT / document).read_text(), re.MULTILINE
    )
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE).strip() + "\n" for block in found]


def commands(document: str) -> list[str]:
    """The commands of a document, in its order."""
    lines = [line for block in blocks(document, "console") for line in block.splitlines() if line]
    assert all(line.startswith("$ ") for line in lines)
    return [line.removeprefix("$ ") for line in lines]


def exports(document: str) -> dict[str, str]:
    """The variables that a document sets, and to what."""
    lines = [line for block in blocks(document, "shell") for line in block.splitlines() if line]
    set_ = [line.removeprefix("export ") for line in lines + commands(document) if line.startswith("export ")]
    return dict(assignment.split("=", 1) for assignment in set_)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_run_somewhere(document: str) -> None:
    known = (
        SET_UP
        | ELSEWHERE.keys()
        | WALKED
        | SYNCING
        | MIGRATING
        | DEPLOYING
        | ADOPTING
        | DESCRIBED
        | BACKING_UP
        | MEASURING
    )
    known |= TESTING | COMPLETING | EXAMPLES | WATCHING
    assert [one for one in commands(document) if one not in known and not one.startswith("export ")] == []


def test_the_readme_is_read_in_one_go_and_names_pages_that_are_there() -> None:
    text = (ROOT / "README.rst").read_text()
    assert len(text.splitlines()) <= 220
    pages = set(re.findall(r"``(docs/\w+\.rst)``", text + (ROOT / "CONTRIBUTING.rst").read_text()))
    assert len(pages) > 10
    assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_the_checks_run_the_set_up_to_the_letter() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert [command for command in SET_UP if command not in script] == []


def test_the_variables_of_the_readme_are_ours_and_the_defaults_are_true() -> None:
    settings = {name: setting for setting in config.all_settings() for name in setting.names}
    for name, value in exports("README.rst").items():
        assert name in settings
        if name.startswith("KNOWLEDGE_GRAPH_"):
            assert settings[name].read({}) == settings[name].parse(value)


def test_the_compose_file_offers_what_the_readme_says() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = {name: service["ports"] for name, service in services.items()}
    assert ports == {
        "postgres": ["127.0.0.1:5432:5432"],
        "pgweb": ["127.0.0.1:8081:8081"],
        "s3": ["127.0.0.1:8333:8333"],
    }
    image, version = services["postgres"]["image"].split(":")
    assert image.endswith("/postgres") and int(version) >= 15
    assert services["postgres"]["environment"] == {
        "POSTGRES_USER": config.DATABASE_USER.default,
        "POSTGRES_PASSWORD": config.DATABASE_PASSWORD.default,
        "POSTGRES_DB": config.DATABASE_NAME.default,
    }
    said = exports("README.rst")
    assert services["s3"]["environment"] == {
        "AWS_ACCESS_KEY_ID": said["THOTH_CEPH_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": said["THOTH_CEPH_SECRET_KEY"],
        "S3_BUCKET": said["THOTH_CEPH_BUCKET"],
    }


def _environment(home: Path) -> dict[str, str]:
    """Our own settings, whatever the user's are, and the commands of this environment first."""
    ours = {name for setting in config.all_settings() for name in setting.names}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]])
    return {**kept, "PATH": path, "XDG_DATA_HOME": str(home), "PYTHONWARNINGS": "error"}


@pytest.mark.slow
def test_a_newcomer_can_walk_through_the_readme(tmp_path: Path) -> None:
    python = "\n".join(blocks("README.rst", "python"))
    (configuration,) = blocks("README.rst", "yaml")
    ast.parse(python)
    (tmp_path / "cache_conf.yaml").write_text(configuration)
    (tmp_path / "snippet.py").write_text(python)
    walked = [command for command in commands("README.rst") if command in WALKED]
    assert set(walked) == WALKED
    up, status, *rest, down = walked
    syncing = commands("docs/syncing.rst")
    assert set(syncing) == SYNCING
    inside = [command for command in commands("README.rst") if command.startswith("export THOTH_STORAGES_")]
    script = ["set -eu", up, status, "python snippet.py", *rest, *syncing, *inside, "python -u snippet.py 2> log", down]
    try:
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=tmp_path,
            env=_environment(tmp_path / "home"),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("('werkzeug', '3.0.4')") >= 2
        assert "PostgreSQL: running" in done.stdout and "PostgreSQL: stopped" in done.stdout
        assert (tmp_path / "graph_cache.sqlite3").read_bytes().startswith(b"SQLite format 3")
        for picture in ("schema.png", "schema_cache.png"):
            assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
        assert "depends_on" in (tmp_path / "schema.svg").read_text()
    finally:
        stopped = LocalServers(tmp_path / "home" / "thoth-storages").down()
    assert stopped == [], "local down left servers running"


def test_a_migration_is_made_as_the_contributing_page_says(database: object, tmp_path: Path) -> None:
    *_, upgrade, revision = (command for command in commands("CONTRIBUTING.rst") if command in MIGRATING)
    for name in ("alembic", "alembic.ini"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(tmp_path / name)], check=True)
    before = set((tmp_path / "alembic" / "versions").glob("*.py"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", f"set -e\n{upgrade}\nalembic check\n{revision}"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected" in done.stdout + done.stderr
    (made,) = set((tmp_path / "alembic" / "versions").glob("*.py")) - before
    assert "def upgrade() -> None:\n    pass" in re.sub(r"    #[^\n]*\n", "", made.read_text())
