"""The package as others get it: what is in a wheel, what it exports, what importing it costs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

import thoth.storages
from thoth.storages import config, exceptions
from thoth.storages.graph import GraphDatabase

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A wheel built from what git tracks or would track; nothing that lies around counts."""
    tree = tmp_path_factory.mktemp("tree")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, listing.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(tree)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    yield path


@pytest.mark.slow
def test_a_wheel_has_one_top_level_and_brings_migrations_and_documents(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packaged = [name for name in names if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in packaged} == {"thoth"}
    assert {name.split("/")[1] for name in packaged} == {"storages"}, "thoth is a namespace: no file of its own"
    migrations = {path.name for path in (ROOT / "alembic" / "versions").glob("*.py")}
    assert migrations <= {Path(name).name for name in packaged if "/migrations/versions/" in name}
    assert {"thoth/storages/migrations/env.py", "thoth/storages/migrations/script.py.mako"} <= set(packaged)
    assert sum(name.endswith(".json") for name in packaged) == 53
    assert "thoth/storages/py.typed" in packaged
    statements = {path.name for path in (ROOT / "thoth" / "storages" / "graph" / "sql").glob("*.sql")}
    assert statements == {Path(name).name for name in packaged if name.startswith("thoth/storages/graph/sql/")} != set()


@pytest.mark.slow
def test_a_wheel_migrates_outside_the_checkout_beside_others_of_the_namespace(
    wheel: Path, tmp_path: Path, missing_database: URL
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "thoth" / "other").mkdir()
    (site / "thoth" / "other" / "__init__.py").write_text("NAME = 'another package of the namespace'\n")
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    code = (
        "import thoth.other, thoth.storages\n"
        "from thoth.storages import GraphDatabase\n"
        "from thoth.storages.graph import migrations\n"
        "graph = GraphDatabase(); graph.connect(); graph.initialize_schema()\n"
        "assert graph.is_schema_up2date()\n"
        "print(thoth.storages.__file__, migrations.location(), sep='\\n')\n"
    )
    # -S leaves out the environment's own site-packages and with it the editable checkout.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *dependencies])}
    command = [str(tmp_path / "venv" / "bin" / "python"), "-S", "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(site)) for line in done.stdout.split())


def test_every_exported_name_is_there() -> None:
    for name in thoth.storages.__all__:
        assert getattr(thoth.storages, name) is not None
    assert set(thoth.storages.__all__) <= set(dir(thoth.storages))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = thoth.storages.nonsense
    assert thoth.storages.__name__ == "thoth.storages"
    assert re.fullmatch(r"\d+\.\d+\.\d+", thoth.storages.__version__)


@pytest.mark.parametrize(
    ("statement", "unloaded"),
    [
        ("import thoth.storages", ["sqlalchemy", "boto3", "alembic", "voluptuous", "rich", "yaml"]),
        ("from thoth.storages import GraphDatabase; GraphDatabase()", ["boto3", "alembic", "voluptuous", "rich"]),
        ("from thoth.storages import SolverResultsStore", ["sqlalchemy", "boto3"]),
        ("from thoth.storages.cli import cli", ["sqlalchemy", "boto3", "alembic", "rich"]),
    ],
)
def test_importing_loads_only_what_is_needed(statement: str, unloaded: list[str]) -> None:
    code = f"{statement}\nimport sys\nprint([name for name in {unloaded!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_two_rooms_define_one_name_and_every_public_method_has_a_docstring() -> None:
    seen: dict[str, type] = {}
    for room in GraphDatabase.__mro__[:-1]:
        for name, member in vars(room).items():
            if name.startswith("_") or name in {"disconnect"}:  # disconnect() extends the one it inherits
                continue
            assert name not in seen, f"{name} is defined in {seen[name].__name__} and {room.__name__}"
            seen[name] = room
            documented = member.fget if isinstance(member, property) else member
            if callable(documented) or isinstance(member, staticmethod):
                assert documented.__doc__, f"{room.__name__}.{name} has no docstring"


def test_the_public_surface_is_the_one_that_was_agreed_on() -> None:
    """A new public name is a promise: add it to surface.json knowingly."""
    surface = sorted(name for name in dir(GraphDatabase) if not name.startswith("_"))
    assert surface == json.loads((ROOT / "tests" / "surface.json").read_text())


def test_methods_can_be_replaced_on_the_class_and_on_an_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GraphDatabase, "has_python_solver_error", lambda *_args, **_kwargs: True)
    adapter = GraphDatabase()
    assert adapter.has_python_solver_error("a", "1", None, os_name=None, os_version=None, python_version=None)
    monkeypatch.setattr(adapter, "python_package_exists", lambda _name: True)
    assert adapter.python_package_exists("anything")


@pytest.mark.parametrize(
    "name", [name for name in vars(exceptions) if name.endswith(("Error", "Missing", "Exception"))]
)
def test_every_exception_stands_in_the_tree_or_is_an_alias(name: str) -> None:
    error = getattr(exceptions, name)
    assert issubclass(error, exceptions.ThothStorageExceptionError)
    assert error.__name__ in (exceptions.__doc__ or "")
    assert error.__doc__


def test_the_lowest_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed_by_click = [one for one in project["optional-dependencies"]["docs"] if one.startswith("sphinx-click")]
    requirements = [*sorted(project["dependencies"]), *needed_by_click]
    bounds = [re.split(r",", requirement)[0].replace(">=", "==") for requirement in requirements]
    lines = (ROOT / "tests" / "lowest.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == bounds


def test_the_lock_file_names_the_public_index_alone() -> None:
    lock = json.loads((ROOT / "Pipfile.lock").read_text())
    assert [source["url"] for source in lock["_meta"]["sources"]] == ["https://pypi.org/simple"]
    assert set(re.findall(r"https?://[^\"\s]*", json.dumps(lock))) == {"https://pypi.org/simple"}


# --- Settings --------------------------------------------------------------------------------------------------------


def test_every_setting_says_what_it_means_and_no_variable_is_declared_twice() -> None:
    settings = config.all_settings()
    assert len(settings) > 25
    names = [name for setting in settings for name in setting.names]
    assert len(names) == len(set(names))
    assert all(setting.meaning for setting in settings)


def test_every_setting_is_in_one_section() -> None:
    defined = [value for value in vars(config).values() if isinstance(value, config.Setting)]
    assert sorted(map(id, defined)) == sorted(map(id, config.all_settings()))


def test_no_module_reads_the_environment_of_this_library_but_config() -> None:
    readers = re.compile(r"(environ|getenv)[^\n]*(THOTH|KNOWLEDGE_GRAPH|POSTGRESQL|CEPH)")
    sources = (ROOT / "thoth" / "storages").rglob("*.py")
    assert [path.name for path in sources if readers.search(path.read_text())] == []


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("on", True), ("0", False), ("no", False)])
def test_flags_mean_what_they_say(text: str, value: bool) -> None:
    assert config.DEBUG_QUERIES.read({"THOTH_STORAGES_DEBUG_QUERIES": text}) is value


def test_an_empty_variable_counts_as_unset() -> None:
    assert config.LOG_STATS.read({"THOTH_STORAGES_LOG_STATS": ""}) is False
    assert config.DATABASE_NAME.read({"KNOWLEDGE_GRAPH_DATABASE": ""}) == "thoth"


def test_a_wrong_setting_is_named_and_not_repeated() -> None:
    with pytest.raises(exceptions.SettingError, match="THOTH_STORAGES_LOG_STATS: expected 1 or 0") as error:
        config.LOG_STATS.read({"THOTH_STORAGES_LOG_STATS": "maybe-a-secret"})
    assert "maybe-a-secret" not in str(error.value)


def test_a_required_setting_that_is_missing_is_a_key_error_too() -> None:
    with pytest.raises(KeyError) as error:
        config.CEPH_BUCKET.read({})
    assert isinstance(error.value, exceptions.SettingMissingError)
    assert str(error.value).startswith("environment variable THOTH_CEPH_BUCKET: expected a value")
