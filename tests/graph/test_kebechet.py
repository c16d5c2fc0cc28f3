"""Repositories that Kebechet looks after: what is told of them, and what is asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.at_once import tell_at_once
from support.databases import graph_with
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import NotFoundError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import KebechetManagerEnum

SLUG = "thoth-station/example"
PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"
SOURCES = [{"name": "pypi", "url": PYPI}, {"name": "mirror", "url": MIRROR}]
PIPFILE = {"source": SOURCES, "packages": {"Flask": ">=3", "click": "*"}}
LOCK = {
    "_meta": {"sources": SOURCES},
    "default": {"flask": {"version": "==3.0.3", "index": "pypi"}, "click": {"version": "==8.1.7", "index": "mirror"}},
}
CONFIG = {
    "host": "khemenu.thoth-station.ninja",
    "runtime_environments": [
        {"name": "ubi", "operating_system": {"name": "ubi", "version": "8.6"}, "python_version": "3.11"},
        {
            "name": "gpu",
            "operating_system": {"name": "fedora", "version": "36"},
            "python_version": 3.1,
            "cuda_version": "11.4",
        },
    ],
    "managers": [{"name": "update", "configuration": {"labels": []}}, {"name": "thoth-advise"}, {"labels": []}],
}
FILES = {"requirements": PIPFILE, "requirements_lock": LOCK, "thoth_config": CONFIG}


def shown(graph: GraphDatabase, *columns: str, **asked: Any) -> list[Any]:
    """These columns of all installations; a column alone without a tuple around it."""
    found = [tuple(one[name] for name in columns) for one in graph.get_kebechet_github_app_installations_all(**asked)]  # type: ignore[literal-required]
    return [one[0] for one in found] if len(columns) == 1 else found


def _tell(graph: GraphDatabase) -> GraphDatabase:
    """Three repositories: one with two named environments and one without, one with files alone, one given up."""
    graph.create_github_app_installation(SLUG, "example", False, "1")
    for name in ("ubi", "gpu"):
        graph.update_kebechet_installation_using_files(SLUG, "1", **FILES, runtime_environment_name=name)
    newer = copy.deepcopy(LOCK)
    newer["default"]["flask"] = {"version": "==10.0", "index": "mirror"}
    config = {"runtime_environments": [CONFIG["runtime_environments"][0]], "managers": [{"name": "info"}]}
    files = {"requirements": PIPFILE, "requirements_lock": newer, "thoth_config": config}
    graph.update_kebechet_installation_using_files("org/files", "2", **files, private=True)
    graph.update_kebechet_installation_using_files("org/gone", "3", **FILES)
    graph.update_kebechet_github_installations_on_is_active("org/gone")
    return graph


@pytest.fixture
def told(graph: GraphDatabase) -> GraphDatabase:
    """The repositories, to be changed."""
    return _tell(graph)


@pytest.fixture(scope="module")
def known(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """The repositories, to be asked about."""
    with graph_with(server, template, "kebechet", []) as graph:
        yield _tell(graph)


# --- Where it is installed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [SLUG, "Thoth-Station/Example", "https://github.com/thoth-station/example.git"])
def test_a_repository_is_new_once_however_it_is_spelled(graph: GraphDatabase, again: str) -> None:
    assert graph.create_github_app_installation(SLUG, "example", False, "1") is False
    assert graph.create_github_app_installation(again, "renamed", True, "2") is True
    found = shown(graph, "slug", "repo_name", "private", "installation_id", "is_active", "runtime_environment_name")
    assert found == [(SLUG, "renamed", True, "2", True, None)]


def test_a_repository_is_given_up_and_taken_back_in_every_environment(told: GraphDatabase) -> None:
    assert told.update_kebechet_github_installations_on_is_active(SLUG.upper()) is True
    assert shown(told, "is_active", slug=SLUG) == [False, False, False]
    assert told.create_github_app_installation(SLUG, "example", True, "9") is True
    assert shown(told, "is_active", "private", "installation_id", slug=SLUG) == [(True, True, "9")] * 3
    assert shown(told, "is_active", slug="org/gone") == [False]


def test_what_nobody_registered_cannot_be_given_up(graph: GraphDatabase) -> None:
    with pytest.raises(NotFoundError, match="no installation of Kebechet for 'org/unknown'"):
        graph.update_kebechet_github_installations_on_is_active("org/unknown")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("example", "example", False, "1"), ValueError, "slug must be owner/repository, not 'example'"),
        (("", "example", False, "1"), ValueError, "slug: expected"),
        ((f"a/{'b' * 300}", "example", False, "1"), ValueError, "slug: expected at most 256 bytes"),
        ((None, "example", False, "1"), TypeError, "slug must be a text, not None"),
        ((SLUG, " ", False, "1"), ValueError, "repo_name must be a text that is not empty"),
        ((SLUG, "example", "no", "1"), TypeError, "private must be True or False, not 'no'"),
        ((SLUG, "example", False, 1), TypeError, "installation_id must be a text, not 1"),
        ((SLUG, "a\x00b", False, "1"), ValueError, "repo_name must be a text that a database can hold"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    known: GraphDatabase, arguments: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        known.create_github_app_installation(*arguments)
    assert len(known.get_kebechet_github_app_installations_all()) == 5


# --- Its files -------------------------------------------------------------------------------------------------------

REQUIRED = """
    SELECT i.runtime_environment_name, r.name, r.version_range
    FROM kebechet_github_installations i
    JOIN external_python_software_stack s ON s.id = i.external_python_software_stack_id
    JOIN has_external_python_requirement USING (external_python_requirements_id)
    JOIN python_package_requirement r ON r.id = python_package_requirement_id ORDER BY 1 NULLS FIRST, 2"""


def test_files_say_what_is_required_where_it_runs_and_which_managers_are_on(
    graph: GraphDatabase, engine: Engine
) -> None:
    graph.update_kebechet_installation_using_files(SLUG, "1", PIPFILE, LOCK, CONFIG, "gpu", True)
    (found,) = graph.get_kebechet_github_app_installations_all()
    assert {name for name, value in found.items() if value is True} == {
        "private",
        "is_active",
        "update_manager",
        "thoth_advise_manager",
    }
    assert (found["repo_name"], found["installation_id"], found["last_run"]) == ("example", "1", None)
    assert rows_of(engine, REQUIRED) == [("gpu", "click", "*"), ("gpu", "flask", ">=3")]
    environment = "SELECT environment_name, os_name, os_version, python_version, cuda_version"
    assert rows_of(engine, f"{environment} FROM external_software_environment") == [
        ("gpu", "fedora", "36", "3.1", "11.4")
    ]


def test_without_a_name_the_first_environment_counts(graph: GraphDatabase, engine: Engine) -> None:
    graph.update_kebechet_installation_using_files(SLUG, "1", **FILES)
    assert shown(graph, "runtime_environment_name") == [None]
    named = "SELECT environment_name, os_name, os_version FROM external_software_environment"
    assert rows_of(engine, named) == [("ubi", "rhel", "8")]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"thoth_config": {}},
        {"thoth_config": {"runtime_environments": None, "managers": None}},
        {"requirements": {}, "requirements_lock": {}, "thoth_config": {"runtime_environments": [], "managers": []}},
    ],
)
def test_files_that_are_not_there_or_say_nothing_take_back_what_they_said(graph: GraphDatabase, files: Any) -> None:
    graph.update_kebechet_installation_using_files(SLUG, "1", **FILES)
    graph.update_kebechet_installation_using_files(SLUG, "1", **files)
    (found,) = graph.get_kebechet_github_app_installations_all()
    assert found["external_software_environment_id"] is None
    assert not any(found[manager.name.lower()] for manager in KebechetManagerEnum)  # type: ignore[literal-required]
    assert (found["external_python_software_stack_id"] is None) == ("requirements" not in files)


def test_each_environment_of_a_repository_has_its_own_files(told: GraphDatabase) -> None:
    other = {"packages": {"numpy": "*"}}
    told.update_kebechet_installation_using_files(SLUG, "5", other, runtime_environment_name=None)
    stacks = dict(shown(told, "runtime_environment_name", "external_python_software_stack_id", slug=SLUG))
    assert stacks["ubi"] == stacks["gpu"] != stacks[None]
    assert shown(told, "installation_id", slug=SLUG) == ["5", "5", "5"]


def test_a_repository_that_is_known_to_be_private_stays_so(told: GraphDatabase) -> None:
    told.update_kebechet_installation_using_files("org/files", "2", **FILES)
    assert shown(told, "private", slug="org/files") == [True]


def test_an_environment_that_is_not_there_is_a_value_error_that_names_those_that_are(known: GraphDatabase) -> None:
    words = "a runtime environment 'arm', not only 'ubi', 'gpu'"
    with pytest.raises(ValueError, match=words) as caught:
        known.update_kebechet_installation_using_files(SLUG, "1", **FILES, runtime_environment_name="arm")
    assert isinstance(caught.value, SchemaError)
    with pytest.raises(ValueError, match="not only none at all"):
        known.update_kebechet_installation_using_files(SLUG, "1", PIPFILE, runtime_environment_name="arm")
    assert len(known.get_kebechet_github_app_installations_all()) == 5


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"requirements": []}, "requirements: expected an object, not a list"),
        ({"requirements": {"packages": "flask"}}, "requirements.packages: expected an object, not a text"),
        ({"requirements_lock": {"default": {"a/b": "==1"}}}, "requirements_locked.default.* the name of a package"),
        ({"thoth_config": "managers"}, "thoth_config: expected an object, not a text"),
        ({"thoth_config": {"managers": {"name": "update"}}}, "thoth_config.managers: expected a list"),
        ({"thoth_config": {"managers": ["update"]}}, r"thoth_config.managers\[0\]: expected an object"),
        ({"thoth_config": {"runtime_environments": [1]}}, r"runtime_environments\[0\]: expected an object"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_place_and_nothing_changes(
    known: GraphDatabase, files: Any, words: str
) -> None:
    before = known.get_kebechet_github_app_installations_all()
    with pytest.raises(SchemaError, match=words):
        known.update_kebechet_installation_using_files(SLUG, "7", **{**FILES, **files})
    assert known.get_kebechet_github_app_installations_all() == before


def test_managers_that_nobody_knows_are_left_out_and_the_log_says_so(
    graph: GraphDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "thoth.storages")
    config = {"managers": [{"name": "label-bot"}, {"name": "info"}]}
    graph.update_kebechet_installation_using_files(SLUG, "1", thoth_config=config)
    assert graph.get_kebechet_github_installations_active_managers(SLUG) == ["INFO_MANAGER"]
    assert f"{SLUG}: thoth_config.managers[0].name: left out, it is none of info, " in caplog.text


def test_new_packages_of_a_lock_are_known_to_those_who_remember(graph: GraphDatabase) -> None:
    assert graph.python_package_exists("flask") is False
    graph.update_kebechet_installation_using_files(SLUG, "1", PIPFILE, LOCK)
    assert graph.python_package_exists("flask") is True


def test_the_number_of_statements_does_not_depend_on_the_size_of_the_files(
    graph: GraphDatabase, count_statements: CountStatements
) -> None:
    def written(packages: int, slug: str) -> int:
        lock = {"default": {f"{slug[0]}-{n}": {"version": "==1"} for n in range(packages)}}
        pipfile = {"packages": {f"{slug[0]}-{n}": "*" for n in range(packages)}}
        files = {"requirements": pipfile, "requirements_lock": lock, "thoth_config": CONFIG}
        return count_statements(graph, lambda: graph.update_kebechet_installation_using_files(slug, "1", **files))

    written(1, "a/first")  # of each connection
    assert written(500, "b/large") == written(2, "c/small") < 25


def test_many_who_tell_of_a_repository_at_once_leave_one_row_for_each_environment(
    graph: GraphDatabase, engine: Engine
) -> None:
    def tell(name: str | None) -> Any:
        def work(adapter: GraphDatabase) -> None:
            for _ in range(5):
                adapter.update_kebechet_installation_using_files(SLUG, "1", **FILES, runtime_environment_name=name)
                adapter.create_github_app_installation(SLUG, "example", False, "1")

        return work

    tell_at_once([tell(name) for name in ("ubi", "gpu", None, "ubi", "gpu")])
    assert shown(graph, "runtime_environment_name") == [None, "gpu", "ubi"]
    (stacks,) = rows_of(engine, "SELECT count(*) FROM external_python_software_stack")
    assert tuple(stacks) == (1,)


# --- Which there are -------------------------------------------------------------------------------------------------


def test_installations_are_sorted_and_have_all_columns(known: GraphDatabase) -> None:
    found = known.get_kebechet_github_app_installations_all()
    assert [(one["slug"], one["runtime_environment_name"]) for one in found] == [
        ("org/files", None),
        ("org/gone", None),
        (SLUG, None),
        (SLUG, "gpu"),
        (SLUG, "ubi"),
    ]
    assert all(len(one) == 17 for one in found)
    assert [type(one["id"]) for one in found] == [int] * 5


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({}, 5),
        ({"slug": "Org/Files"}, 1),
        ({"slug": "org/unknown"}, 0),
        ({"private": True}, 1),
        ({"private": False}, 4),
        ({"installation_id": "1"}, 3),
        ({"is_active": False}, 1),
        ({"runtime_environment_name": "gpu"}, 1),
        ({"info_manager": True}, 1),
        ({"update_manager": True}, 3),
        ({"thoth_advise_manager": False}, 2),
        ({"pipfile_requirements_manager": True}, 0),
        ({"version_manager": True}, 0),
        ({"thoth_provenance_manager": False}, 5),
        ({"slug": SLUG, "update_manager": True, "is_active": True}, 2),
    ],
)
def test_what_is_given_narrows_and_none_is_any(known: GraphDatabase, asked: dict[str, Any], number: int) -> None:
    everything = dict.fromkeys(("private", "slug", "is_active", "id"))
    assert len(known.get_kebechet_github_app_installations_all(**{**everything, **asked})) == number


@pytest.mark.parametrize("column", ["id", "external_python_software_stack_id", "external_software_environment_id"])
def test_installations_are_found_by_the_ids_they_show(known: GraphDatabase, column: Any) -> None:
    value = next(number for number in reversed(shown(known, column)) if number is not None)
    assert shown(known, column, **{column: value}) == [one for one in shown(known, column) if one == value]
    assert shown(known, column, **{column: 10**9}) == []


def test_the_last_run_is_before_or_after_a_moment(told: GraphDatabase, engine: Engine) -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    run(engine, "UPDATE kebechet_github_installations SET last_run = :moment WHERE slug = 'org/files'", moment=moment)
    before, at, after = datetime(2024, 5, 1, 11), datetime(2024, 5, 1, 12), datetime(2024, 5, 1, 13, tzinfo=UTC)
    assert shown(told, "slug", "last_run", last_run_after=before) == [("org/files", "2024-05-01 12:00:00")]
    assert shown(told, "slug", last_run_before=after, last_run_after=before) == ["org/files"]
    assert shown(told, "slug", last_run_before=at) == shown(told, "slug", last_run_after=at) == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"id": "1"}, "id must be a whole number, not '1'"),
        ({"private": "no"}, "private must be True, False or None, not 'no'"),
        ({"installation_id": 1}, "installation_id must be a text, not 1"),
        ({"last_run_before": "2024"}, "last_run_before must be a datetime, not '2024'"),
    ],
)
def test_a_filter_of_a_wrong_type_is_refused_by_name(known: GraphDatabase, asked: Any, words: str) -> None:
    for work in (known.get_kebechet_github_app_installations_all, known.delete_kebechet_github_app_installations):
        with pytest.raises(TypeError, match=words):
            work(**asked)
    assert len(known.get_kebechet_github_app_installations_all()) == 5


def test_what_is_deleted_is_what_the_same_arguments_show(told: GraphDatabase) -> None:
    for number, asked in ((2, {"slug": SLUG, "update_manager": True}), (1, {"is_active": False}), (0, {"id": 10**9})):
        found = shown(told, "id", **asked)
        others = [one for one in shown(told, "id") if one not in found]
        assert told.delete_kebechet_github_app_installations(**asked) == len(found) == number  # type: ignore[arg-type]
        assert shown(told, "id") == others


def test_an_environment_is_deleted_by_either_of_its_names_and_what_it_had_stays(
    told: GraphDatabase, engine: Engine
) -> None:
    stacks = rows_of(engine, "SELECT count(*) FROM external_python_software_stack")
    assert told.delete_kebechet_github_app_installations(slug=SLUG, runtime_environment="gpu") == 1
    assert told.delete_kebechet_github_app_installations(slug=SLUG, runtime_environment_name="ubi") == 1
    with pytest.raises(ValueError, match="must be the same"):
        told.delete_kebechet_github_app_installations(runtime_environment="a", runtime_environment_name="b")
    assert told.delete_kebechet_github_app_installations() == 3
    assert rows_of(engine, "SELECT count(*) FROM external_python_software_stack") == stacks


# --- What is asked ---------------------------------------------------------------------------------------------------


def test_active_repositories_are_there_once_and_their_count_agrees(known: GraphDatabase) -> None:
    assert known.get_active_kebechet_github_installations_repos() == ["org/files", SLUG]
    assert known.get_active_kebechet_github_installations_repos_count_all() == 2


def test_managers_are_those_of_one_environment(known: GraphDatabase) -> None:
    managers = known.get_kebechet_github_installations_active_managers
    assert managers(SLUG) == managers("org/unknown") == managers(SLUG, "arm") == []
    assert managers(SLUG, "gpu") == ["UPDATE_MANAGER", "THOTH_ADVISE_MANAGER"]
    assert managers("ORG/files") == ["INFO_MANAGER"]


def test_managers_are_counted_by_installation_and_by_repository(known: GraphDatabase) -> None:
    count = known.get_kebechet_github_installations_active_managers_count_all
    assert (count("UPDATE_MANAGER"), count("UPDATE_MANAGER", distinct=True)) == (3, 2)
    assert [count(manager.name) for manager in KebechetManagerEnum] == [1, 0, 3, 0, 3, 0]
    with pytest.raises(NotFoundError, match="kebechet_manager must be one of INFO_MANAGER, .* not 'update'"):
        count("update")


def test_stacks_are_counted_for_each_environment(known: GraphDatabase) -> None:
    count = known.get_kebechet_github_installations_software_stack_count_all
    assert (count(), count(is_active=True), count(is_active=False)) == (4, 3, 1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [("org/files", None), (SLUG, "gpu"), (SLUG, "ubi")]),
        ({"os_name": "ubi", "os_version": "8.2"}, [("org/files", None), (SLUG, "ubi")]),
        ({"python_version": "3.11"}, [("org/files", None), (SLUG, "ubi")]),
        ({"cuda_version": "11.4"}, [(SLUG, "gpu")]),
        ({"env_image_tag": "11.4"}, []),
        ({"image_name": "x"}, []),
        ({"image_sha": "x"}, []),
        ({"thoth_image_name": "x"}, []),
        ({"environment_type": "runtime", "os_name": "fedora"}, [(SLUG, "gpu")]),
        ({"environment_type": "BUILDTIME"}, []),
    ],
)
def test_installations_are_found_by_their_environment(known: GraphDatabase, asked: Any, found: list[Any]) -> None:
    answer = known.get_kebechet_github_installation_info_with_software_environment_all(**asked)
    assert [(one["slug"], one["runtime_environment_name"]) for one in answer] == found
    with pytest.raises(ValueError, match="environment_type must be one of RUNTIME, BUILDTIME, not 'x'"):
        known.get_kebechet_github_installation_info_with_software_environment_all(environment_type="x")


def test_a_package_is_found_in_the_locks_of_active_repositories(known: GraphDatabase) -> None:
    found = known.get_kebechet_github_installations_info_for_python_package_version("Flask")
    assert list(found) == ["org/files", SLUG]
    assert found["org/files"] == {
        "environment_name": "ubi",
        "installation_id": "2",
        "private": True,
        "package_name": "flask",
        "package_version": "10.0",
        "index_url": MIRROR,
    }
    assert found[SLUG]["environment_name"] == "gpu"


@pytest.mark.parametrize(
    ("asked", "slugs"),
    [
        ({"package_version": "3.0.3"}, [SLUG]),
        ({"package_version": "10"}, ["org/files"]),
        ({"index_url": f"{MIRROR}/"}, ["org/files"]),
        ({"index_url": PYPI}, [SLUG]),
        ({"os_name": "fedora"}, [SLUG]),
        ({"os_name": "rhel", "os_version": "8", "python_version": "3.11"}, ["org/files", SLUG]),
        ({"python_version": "3.8"}, []),
    ],
)
def test_a_package_is_found_by_version_index_and_environment(
    known: GraphDatabase, asked: dict[str, str], slugs: list[str]
) -> None:
    if asked.get("package_version") == "10":
        asked = {"package_version": "10.0"}  # two spellings of documents are two versions
    assert list(known.get_kebechet_github_installations_info_for_python_package_version("flask", **asked)) == slugs


def test_of_several_versions_of_a_repository_the_newest_is_given(told: GraphDatabase) -> None:
    older = {"default": {"flask": {"version": "==9.9", "index": {"url": PYPI}}}}
    told.update_kebechet_installation_using_files("org/files", "2", None, older, CONFIG, "gpu")
    find = told.get_kebechet_github_installations_info_for_python_package_version
    assert find("flask")["org/files"]["package_version"] == "10.0"
    assert find("flask", index_url=PYPI)["org/files"]["package_version"] == "9.9"
