"""What docs/deploying.rst says of roles, object storage, connections and probes, on real servers."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import URL, QueuePool, create_engine
from support.ceph_cluster import Gateway
from support.object_storage import arguments_for_stores, create_bucket
from support.worked_examples import blocks_of, commands_in

from thoth.storages import CephStore, config
from thoth.storages.cli.demo import document_paths
from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.exceptions import DatabaseStatementError, StorageAccessError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/deploying.rst"
SQL = [block.text for block in blocks_of(PAGE) if block.language == "sql"]
DOCUMENTS = str(Path(document_paths()[0]).parent)


def _environment(**variables: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, **variables}


def run(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], env=_environment(**variables), capture_output=True, text=True, check=False
    )


class Deployed:
    """A server with the page's roles and tables."""

    def __init__(self, administrator: URL) -> None:
        self.administrator = administrator
        self.database = administrator.set(database="thoth")

    def sql(self, block: str, url: URL) -> None:
        """Run the statements of a block, each for itself."""
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in block.split(";"):
                if re.sub(r"--[^\n]*", "", statement).strip():
                    connection.exec_driver_sql(statement)
        engine.dispose()

    def url(self, role: str) -> URL:
        return self.database.set(username=f"graph_{role}", password=f"{role}-secret")

    def variables(self, role: str) -> dict[str, str]:
        url = self.url(role)
        return {
            "KNOWLEDGE_GRAPH_HOST": str(url.host),
            "KNOWLEDGE_GRAPH_PORT": str(url.port),
            "KNOWLEDGE_GRAPH_DATABASE": str(url.database),
            "KNOWLEDGE_GRAPH_USER": str(url.username),
            "KNOWLEDGE_GRAPH_PASSWORD": str(url.password),
        }

    def code(self, role: str, command: str) -> int:
        done = run(command, **self.variables(role))
        print(done.stdout, done.stderr)  # for whoever reads why a test failed
        return done.returncode


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Roles belong to a whole server: one of its own."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("deployed"), durable=False) as server:
        url = URL.create("postgresql+psycopg2", server.user, server.password, server.host, server.port, "postgres")
        deployed = Deployed(url)
        deployed.sql(SQL[0], url)
        assert deployed.code("owner", "thoth-storages schema upgrade") == 0
        deployed.sql(SQL[1], deployed.url("owner"))
        yield deployed


# --- Roles -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_role_can_do_what_the_page_says_and_nothing_else(deployed: Deployed, tmp_path: Path) -> None:
    force = f"thoth-storages sync solver --force --from {DOCUMENTS}"
    assert deployed.code("writer", f"thoth-storages sync solver --from {DOCUMENTS}") == 0
    assert deployed.code("reader", force) == 4
    (tmp_path / "conf.yaml").write_text("python-packages: [flask]\n")
    for command in (
        "thoth-storages schema status",
        "thoth-storages doctor",
        "thoth-storages stats --exact",
        "thoth-storages show flask",
        f"thoth-storages graph-cache -c {tmp_path}/conf.yaml -o {tmp_path}/cache.sqlite3",
        f"thoth-storages backup --file {tmp_path}/graph.dump",
    ):
        done = run(command, **deployed.variables("reader"))
        assert done.returncode == 0, command + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("role", ["writer", "reader"])
def test_whoever_does_not_own_the_tables_cannot_change_them(deployed: Deployed, role: str) -> None:
    for statement in ("CREATE TABLE mine (id bigint)", "DROP TABLE cve", "DELETE FROM alembic_version"):
        with pytest.raises(Exception, match="permission denied|must be owner"):
            deployed.sql(statement, deployed.url(role))


@pytest.mark.slow
def test_tables_of_later_releases_get_the_same_rights(deployed: Deployed) -> None:
    deployed.sql("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, said text)", deployed.url("owner"))
    deployed.sql("INSERT INTO later (said) VALUES ('something')", deployed.url("writer"))
    deployed.sql("SELECT * FROM later; SELECT last_value FROM later_id_seq", deployed.url("reader"))
    with pytest.raises(Exception, match="permission denied"):
        deployed.sql("DELETE FROM later", deployed.url("reader"))
    deployed.sql("DROP TABLE later", deployed.url("owner"))


@pytest.mark.slow
def test_a_reader_checks_indexes_when_it_may(deployed: Deployed, caplog: pytest.LogCaptureFixture) -> None:
    graph = GraphDatabase(make_engine(deployed.url("reader")))
    assert graph.is_database_corrupted() is False
    assert "not checked" in caplog.text
    deployed.sql("CREATE EXTENSION amcheck", deployed.database)
    with pytest.raises(DatabaseStatementError, match="permission denied"):
        graph.is_database_corrupted()
    deployed.sql(SQL[3], deployed.database)
    caplog.clear()
    assert graph.is_database_corrupted() is False
    assert "not checked" not in caplog.text
    graph.disconnect()
    deployed.sql("DROP EXTENSION amcheck", deployed.database)


@pytest.mark.slow
def test_an_owner_restores_when_it_may_create_databases(deployed: Deployed, tmp_path: Path) -> None:
    back = f"thoth-storages restore --file {tmp_path}/graph.dump --force"
    assert deployed.code("owner", f"thoth-storages backup --file {tmp_path}/graph.dump") == 0
    reading = make_engine(deployed.url("reader"))
    with reading.connect():
        refused = run(back, **deployed.variables("owner"))
        assert refused.returncode == 4 and 'ALTER ROLE "graph_owner" CREATEDB' in refused.stderr
        deployed.sql("ALTER ROLE graph_owner CREATEDB", deployed.administrator)
        refused = run(back, **deployed.variables("owner"))
        assert refused.returncode == 4
        assert re.search(r"may not be ended: .*graph_reader \(\d+\).*; what helps: .* GRANT pg_signal", refused.stderr)
        deployed.sql(SQL[2], deployed.administrator)
        assert deployed.code("owner", back) == 0
    reading.dispose()
    assert deployed.code("writer", f"thoth-storages sync solver --force --from {DOCUMENTS}") == 0
    assert deployed.code("reader", "thoth-storages stats") == 0


@pytest.mark.slow
def test_limits_of_a_role_hold_where_none_are_sent(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.sql(SQL[4], deployed.administrator)
    for name in ("STATEMENT", "LOCK"):
        monkeypatch.setenv(f"THOTH_STORAGES_{name}_TIMEOUT", "0")
    engine = make_engine(deployed.url("writer"))
    with engine.connect() as connection:
        limits = [
            connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in ("statement_timeout", "lock_timeout")
        ]
    engine.dispose()
    assert limits == ["1min", "10s"]


# --- Connections -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_tls_is_insisted_on_as_libpq_is_told(deployed: Deployed) -> None:
    """The server of the tests has no TLS: whoever insists is refused, whoever does not is let in."""
    said = dict(command.removeprefix("export ").split("=") for command in _exports())
    assert run("thoth-storages schema status", **deployed.variables("reader")).returncode == 0
    refused = run("thoth-storages schema status", **deployed.variables("reader"), **said)
    assert refused.returncode == 4
    assert "SSL" in refused.stdout + refused.stderr or "certificate" in refused.stdout + refused.stderr


def _exports() -> list[str]:
    lines = [command for block in blocks_of(PAGE) for command in commands_in(block)]
    return [line for line in lines if line.startswith("export ")]


def test_an_adapter_has_as_many_connections_as_the_page_says(database: URL) -> None:
    engine = make_engine(database)
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    assert (pool.size(), pool.size() + pool._max_overflow, pool.timeout()) == (5, 15, 30.0)


def test_the_limits_of_the_page_are_those_of_the_settings() -> None:
    stated = re.findall(r"^``(THOTH_STORAGES_\w+)`` +(\d+) s ", (ROOT / PAGE).read_text(), re.MULTILINE)
    settings: dict[str, Any] = {setting.names[0]: setting for setting in config.all_settings()}
    assert len(stated) == 4
    assert {name: float(value) for name, value in stated} == {name: settings[name].default for name, _ in stated}


# --- Object storage --------------------------------------------------------------------------------------------------


# What S3 knows, but for PutBucketPolicy, since the test changes the policy. Ceph denies nothing by NotAction.
ACTIONS = """
    AbortMultipartUpload CreateBucket DeleteBucket DeleteObject DeleteObjectTagging DeleteObjectVersion GetBucketAcl
    GetBucketLocation GetBucketVersioning GetObject GetObjectAcl GetObjectTagging GetObjectVersion ListBucket
    ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts PutBucketAcl PutBucketVersioning PutObject
    PutObjectAcl PutObjectTagging
"""


def _all_but(policy: dict[str, Any]) -> dict[str, Any]:
    """A policy that denies everything that one does not allow; the key of the tests owns the bucket and may all."""
    allowed = {action for one in policy["Statement"] for action in one["Action"]}
    actions = sorted({f"s3:{name}" for name in re.findall(r"\w+", ACTIONS)} - allowed)
    bucket, objects = (one["Resource"][0] for one in policy["Statement"])
    everything = [bucket, f"{bucket}/*"]
    denied = {"Effect": "Deny", "Principal": "*"}
    others = {**denied, "Action": actions, "Resource": everything}
    elsewhere = {**denied, "Action": policy["Statement"][1]["Action"], "NotResource": [bucket, objects]}
    return {"Version": policy["Version"], "Statement": [others, elsewhere]}


@pytest.mark.slow
@pytest.mark.ceph
def test_the_policy_of_the_page_suffices(deployed: Deployed, gateway: Gateway) -> None:
    arguments = arguments_for_stores(gateway.endpoint_url, gateway.key_id, gateway.secret_key, "thoth")
    create_bucket(arguments)
    (policy,) = (json.loads(block.text) for block in blocks_of(PAGE) if block.language == "json")
    store = CephStore("data/tests/any", **arguments)
    store.connect()

    def limit() -> None:
        store._s3().put_bucket_policy(Bucket="thoth", Policy=json.dumps(_all_but(policy)))

    limit()
    with pytest.raises(StorageAccessError):
        elsewhere = CephStore("elsewhere", **arguments)
        elsewhere.connect()
        elsewhere.store_blob(b"1", "object")
    variables = {
        **deployed.variables("writer"),
        "THOTH_S3_ENDPOINT_URL": gateway.endpoint_url,
        "THOTH_CEPH_KEY_ID": gateway.key_id,
        "THOTH_CEPH_SECRET_KEY": gateway.secret_key,
        "THOTH_CEPH_BUCKET": "thoth",
        "THOTH_CEPH_BUCKET_PREFIX": "data",
        "THOTH_DEPLOYMENT_NAME": "tests",
    }
    for command in (
        "thoth-storages doctor",
        f"thoth-storages documents put {DOCUMENTS}/*.json",
        "thoth-storages sync",
        "thoth-storages documents verify",
        "thoth-storages purge solver --os-name debian --yes",
        "thoth-storages backup",
        "thoth-storages restore --list",
    ):
        done = run(command, **{**variables, **(deployed.variables("reader") if "backup" in command else {})})
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    policy["Statement"][1]["Action"].remove("s3:DeleteObject")
    limit()
    put_and_sync = f"thoth-storages documents put {DOCUMENTS}/*.json && thoth-storages sync"
    assert run(put_and_sync, **variables).returncode == 0
    assert run("thoth-storages doctor", **variables).returncode == 1
    assert run("thoth-storages purge solver --os-name debian --yes", **variables).returncode == 4


# --- Probes, containers, logs ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_command_of_the_page_and_of_its_pod_runs(deployed: Deployed) -> None:
    commands = [command for block in blocks_of(PAGE) for command in commands_in(block)]
    (pod,) = (yaml.safe_load(block.text)["spec"] for block in blocks_of(PAGE) if block.language == "yaml")
    init, service = pod["initContainers"][0], pod["containers"][0]
    commands += [" ".join(init["command"]), " ".join(service["readinessProbe"]["exec"]["command"])]
    for command in commands:
        if not command.startswith(("export ", "docker compose ")):
            assert deployed.code("owner", command) == 0, command
    names = {name for setting in config.all_settings() for name in setting.names}
    for container, user in ((init, "graph_owner"), (service, "graph_writer")):
        environment = {one["name"]: one.get("value") for one in container["env"]}
        assert environment.keys() <= names
        assert environment["KNOWLEDGE_GRAPH_USER"] == user


def test_a_probe_ends_with_another_code_where_the_tables_are_not_there(missing_database: URL) -> None:
    assert run("thoth-storages schema status").returncode == 3
    assert run("thoth-storages schema status", KNOWLEDGE_GRAPH_PORT="1").returncode == 4


def test_the_loggers_of_the_page_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    (python,) = (block.text for block in blocks_of(PAGE) if block.language == "python")
    ours = logging.getLogger("thoth.storages")
    monkeypatch.setattr(ours, "level", ours.level)
    exec(compile(python, PAGE, "exec"), {})
    assert ours.level == logging.INFO
    names = [name for name in logging.root.manager.loggerDict if name.startswith("thoth")]
    assert all(name in {"thoth"} or name.startswith("thoth.storages") for name in names)
