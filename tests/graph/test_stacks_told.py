"""Software stacks as Pipfile and Pipfile.lock tell them, and the sets that they are made of."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.adviser_documents import SOURCES, project
from support.digests import wrong_digests
from support.documents import MIRROR, ON_RHEL, PYPI, Document, Place, for_solver, path_text, put, real_document
from support.every_place import WRONG, places
from support.tables import count, difference, dump, rows_of, sequences

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.packages import PackageOnIndex
from thoth.storages.graph.documents.reading import Place as PlaceIn
from thoth.storages.graph.documents.stacks import Requirement, Stack, parse_stack
from thoth.storages.graph.enums import SoftwareStackTypeEnum
from thoth.storages.graph.writers.stacks import OwnStack, ensure_stacks, ensure_users_stacks

RHEL = ("rhel", "8", "3.8")
DEBIAN = ("debian", "12", "3.11")
ADVISED, INSPECTION = SoftwareStackTypeEnum.ADVISED, SoftwareStackTypeEnum.INSPECTION


def read(value: Any) -> tuple[Stack, list[str]]:
    """The stack that a project tells, and remarks."""
    remarks: list[str] = []
    return parse_stack(None if value is None else PlaceIn("adviser-1", "project", value), remarks), remarks


def required(*entries: tuple[str, str] | tuple[str, str, str | None]) -> Stack:
    """A stack that requires (name, range, index's URL)."""
    return Stack(
        requirements=tuple(Requirement(*e[:2], develop=False, index_url=(*e, None)[2]) for e in sorted(entries))
    )


def locked(*entries: str, index: str | None = PYPI) -> Stack:
    """A stack that was locked to name==version."""
    return Stack(locked=tuple(PackageOnIndex(*entry.split("=="), index) for entry in sorted(entries)))  # type: ignore[arg-type,call-arg]


def users(engine: Engine, stacks: Iterable[Stack]) -> dict[Stack, int]:
    with Session(engine) as session, session.begin():
        return ensure_users_stacks(session, stacks).ids


def own(engine: Engine, *stacks: OwnStack) -> tuple[dict[OwnStack, int], set[Any]]:
    with Session(engine) as session, session.begin():
        told = ensure_stacks(session, stacks)
        return told.ids, told.not_solved


# --- Reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "version_range", "url"),
    [
        ("*", "*", None),
        ("", "*", None),
        (" >=1,<2 ", ">=1,<2", None),
        ({}, "*", None),
        ({"version": "==1.0"}, "==1.0", None),
        ({"version": None, "index": "pypi"}, "*", PYPI),
        ({"version": "*", "index": "mirror"}, "*", MIRROR),
        ({"version": "*", "index": "https://index.example.com/simple/"}, "*", "https://index.example.com/simple"),
        ({"version": "*", "index": {"url": PYPI, "name": "pypi"}}, "*", PYPI),
        ({"version": "*", "extras": ["async"], "markers": "python_version < '4'"}, "*", None),
        ({"version": "*", "git": "https://example.com/x.git"}, "*", None),
    ],
    ids=repr,
)
def test_a_requirement_is_a_package_in_a_range_from_an_index(entry: Any, version_range: str, url: str | None) -> None:
    sources = [*SOURCES, {"name": "mirror", "url": f"{MIRROR}/"}, {"url": "https://other.example.com"}]
    stack, remarks = read({"requirements": {"packages": {"Some_Package": entry}, "source": sources}})
    expected = Requirement("some-package", version_range, develop=False, index_url=url)
    assert (stack.requirements, stack.locked, remarks) == ((expected,), None, [])


@pytest.mark.parametrize("version", ["==1.0.0-rc1", "===1.0.0rc1", " == 1.0.0rc1 "])
def test_a_locked_package_has_a_version(version: str) -> None:
    for entry in (version, {"version": version, "hashes": ["sha256:x"]}):
        stack, remarks = read({"requirements_locked": {"default": {"Some.Package": entry}}})
        assert stack == Stack(locked=(PackageOnIndex("some-package", "1.0.0rc1", None),))
        assert remarks == []


def test_what_is_needed_for_development_is_left_out() -> None:
    told = project(["flask"], ["flask==1.0"])
    told["requirements_locked"]["develop"] = {"pytest": {"version": "==6.0"}}
    stack, remarks = read(told)
    assert stack == Stack(required(("flask", "*", PYPI)).requirements, locked("flask==1.0").locked)
    assert remarks == []


@pytest.mark.parametrize(
    ("part", "entry"),
    [
        ("requirements", {"git": "https://example.com/x.git", "ref": "main"}),
        ("requirements", {"path": "."}),
        ("requirements", {"file": "x.whl"}),
        ("requirements_locked", {"git": "https://example.com/x.git"}),
        ("requirements_locked", {}),
        ("requirements_locked", {"version": "*"}),
        ("requirements_locked", {"version": "==1.*"}),
        ("requirements_locked", ">=1.0"),
        ("requirements", {"version": "x" * 5000}),
        ("requirements_locked", {"version": "==" + "1" * 300}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_names_no_version_of_an_index_is_left_out_with_a_remark(part: str, entry: Any) -> None:
    section = {"requirements": "packages", "requirements_locked": "default"}[part]
    kept, expected = (
        ("*", required(("flask", "*"))) if part == "requirements" else ("==1.0", locked("flask==1.0", index=None))
    )
    stack, remarks = read({part: {section: {"x": entry, "flask": kept}}})
    assert stack == expected
    (remark,) = remarks
    assert remark.startswith(f'project.{part}.{section}["x"]') and ": left out, " in remark


def test_a_name_that_is_too_long_is_left_out() -> None:
    stack, (remark,) = read({"requirements": {"packages": {"x" * 300: "*", "flask": "*"}}})
    assert stack == required(("flask", "*"))
    assert remark.endswith(": left out, at most 256 bytes, not 300")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, Stack()),
        ({}, Stack()),
        ({"requirements": None, "requirements_locked": None}, Stack()),
        ({"requirements": {}}, Stack(requirements=())),
        ({"requirements": {"packages": None}}, Stack(requirements=())),
        ({"requirements_locked": {"default": {}}}, Stack()),
        ({"requirements_locked": {}}, Stack()),
    ],
    ids=repr,
)
def test_a_lock_without_packages_says_nothing(told: Any, expected: Stack) -> None:
    assert read(told) == (expected, [])
    assert bool(expected) == (expected.requirements is not None)


def test_the_order_of_a_project_does_not_matter() -> None:
    told = project(["flask", "click", "six"], ["six==1", "click==2", "flask==3"])
    turned = copy.deepcopy(told)
    for section in (turned["requirements"]["packages"], turned["requirements_locked"]["default"]):
        for name in sorted(section):
            section[name] = section.pop(name)
    assert read(told) == read(turned)


def test_an_index_that_no_source_names_is_any_index() -> None:
    told = project(["flask"], ["flask==1.0"])
    put(told, ("requirements", "packages", "flask"), {"version": "*", "index": "elsewhere"})
    stack, remarks = read(told)
    assert stack.requirements == (Requirement("flask", "*", develop=False, index_url=None),)
    assert len(remarks) == 1 and "neither a URL nor the name of one of the sources" in remarks[0]


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("requirements",), [], "an object, not a list"),
        (("requirements", "packages"), ["flask"], "an object, not a list"),
        (("requirements", "packages", "flask"), 5, "an object, not a number"),
        (("requirements", "packages", "flask", "version"), 5, "a text, not a number"),
        (("requirements", "packages", "flask", "index"), 5, "a text, not a number"),
        (("requirements", "source"), {}, "a list, not an object"),
        (("requirements", "source", 0, "url"), None, "a value, but the key is missing"),
        (("requirements_locked", "default"), "flask", "an object, not a text"),
        (("requirements_locked", "default", "flask", "version"), 1.0, "a text, not a number"),
        (("requirements_locked", "_meta", "sources"), 5, "a list, not a number"),
    ],
    ids=lambda value: path_text(value) if isinstance(value, tuple) else None,
)
def test_what_is_wrong_is_named_with_its_place(place: Place, value: Any, expected: str) -> None:
    told = project(["flask"], ["flask==1.0"])
    put(told, place, value)
    with pytest.raises(SchemaError) as raised:
        read(told)
    path = raised.value.path.replace('["', ".").replace('"]', "")
    assert (raised.value.document_id, path) == ("adviser-1", path_text(("project", *place)))
    assert raised.value.expected.startswith(expected)


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "a\ud800", "a/b", "-x", "é"])
@pytest.mark.parametrize("part", ["requirements", "requirements_locked"])
def test_a_package_has_a_name(part: str, name: str) -> None:
    section = {"requirements": "packages", "requirements_locked": "default"}[part]
    with pytest.raises(SchemaError):
        read({part: {section: {name: "==1.0"}}})


def test_whatever_is_wrong_is_refused_or_can_be_stored(graph: GraphDatabase, engine: Engine) -> None:
    told = project(["flask"], ["flask==1.0"])
    stacks = set()
    for place in places(told):
        for value in WRONG:
            wrong = copy.deepcopy(told)
            put(wrong, place, value)
            try:
                stacks.add(read(wrong)[0])
            except SchemaError as error:
                assert error.document_id == "adviser-1"
    assert len(stacks) > 5
    ids = users(engine, stacks)
    assert len(set(ids.values())) == len([stack for stack in stacks if stack])


# --- What users have -------------------------------------------------------------------------------------------------


def test_five_thousand_different_sets_of_requirements_are_as_many_rows(graph: GraphDatabase, engine: Engine) -> None:
    chosen = random.Random(0)
    names = [f"package-{number}" for number in range(300)]
    stacks: set[Stack] = set()
    while len(stacks) < 5000:
        picked = chosen.sample(names, chosen.choice((1, 1, 2, 3)))
        stacks.add(required(*((name, chosen.choice(("*", ">=1", "==2", "<3"))) for name in picked)))
    ids = users(engine, stacks)
    assert len(set(ids.values())) == 5000
    assert count(engine, "external_python_software_stack") == count(engine, "external_python_requirements") == 5000
    assert users(engine, stacks) == ids
    assert wrong_digests(engine) == []


def test_users_with_equal_stacks_share_one(graph: GraphDatabase, engine: Engine) -> None:
    told = project(["flask", "click"], ["flask==1.0"])
    first, second = read(told)[0], read(copy.deepcopy(told))[0]
    assert users(engine, [first]) == users(engine, [second])
    assert count(engine, "external_python_software_stack") == 1
    numbers = sequences(engine)
    users(engine, [first, second])
    assert sequences(engine) == numbers


@pytest.mark.parametrize(
    "other",
    [
        required(("flask", "*", MIRROR)),
        required(("flask", "*")),
        required(("flask", ">=1", PYPI)),
        required(("flask", "*", PYPI), ("click", "*", PYPI)),
        Stack(requirements=()),
    ],
    ids=["another index", "any index", "another range", "another one more", "nothing"],
)
def test_requirements_that_differ_in_anything_differ(graph: GraphDatabase, engine: Engine, other: Stack) -> None:
    ids = users(engine, [required(("flask", "*", PYPI)), other])
    assert len(set(ids.values())) == 2
    assert count(engine, "external_python_requirements") == 2
    stored = {tuple(row) for row in rows_of(engine, MEMBERS)}
    members = [each for stack in ids for each in stack.requirements or ()]
    assert len(stored) == len(members)


MEMBERS = """
    SELECT external_python_requirements_id, q.name, q.version_range, x.url FROM has_external_python_requirement
    JOIN python_package_requirement q ON q.id = python_package_requirement_id
    LEFT JOIN python_package_index x ON x.id = q.python_package_index_id"""


def test_parts_that_could_run_into_each_other_do_not(graph: GraphDatabase, engine: Engine) -> None:
    stacks = [
        required(("a", "b,c")),
        required(("a,b", "c")),
        required(('a","b', "*")),
        required(("a", "*"), ("b", "*")),
        locked("a==1", "b==2"),
        locked("a==1"),
        locked("a==1", index=None),
        locked("a==1", index=MIRROR),
    ]
    assert len(set(users(engine, stacks).values())) == len(stacks)
    assert wrong_digests(engine) == []


def test_the_same_requirements_with_another_lock_are_another_stack(graph: GraphDatabase, engine: Engine) -> None:
    flask, lock = required(("flask", "*")).requirements, locked("flask==1.0").locked
    stacks = [Stack(flask, None), Stack(flask, lock), Stack(None, lock), Stack(flask, locked("flask==2.0").locked)]
    assert len(set(users(engine, stacks).values())) == 4
    sets = ("external_python_requirements", "external_python_requirements_lock")
    assert [count(engine, table) for table in sets] == [1, 2]


def test_a_stack_that_says_nothing_is_none(graph: GraphDatabase, engine: Engine) -> None:
    assert users(engine, [Stack()]) == {}
    assert own(engine, OwnStack(INSPECTION, Stack(), RHEL)) == ({}, set())
    assert count(engine, "external_python_software_stack") == count(engine, "python_software_stack") == 0


# --- What was advised or inspected -----------------------------------------------------------------------------------


def test_scores_and_kinds_tell_stacks_apart(graph: GraphDatabase, engine: Engine) -> None:
    stack = required(("flask", "*"))
    told = [
        OwnStack(INSPECTION, stack, RHEL),
        OwnStack(ADVISED, stack, RHEL),
        OwnStack(ADVISED, stack, RHEL, 1.0),
        OwnStack(ADVISED, stack, RHEL, None, 1.0),
        OwnStack(ADVISED, stack, RHEL, 1.0, 1.0),
    ]
    ids, _ = own(engine, *told)
    assert len(set(ids.values())) == 5
    assert own(engine, *told)[0] == ids
    assert count(engine, "python_requirements") == 1


def test_the_environment_belongs_to_a_lock_and_not_to_requirements(graph: GraphDatabase, engine: Engine) -> None:
    stack = Stack(required(("flask", "*")).requirements, locked("flask==3.0.3").locked)
    graph.sync_solver_result(real_document("flask==3.0.3"))
    graph.sync_solver_result(for_solver(real_document("flask==3.0.3"), ON_RHEL, "0123456789abcdef"))
    ids, not_solved = own(engine, *(OwnStack(ADVISED, stack, environment) for environment in (RHEL, DEBIAN, None)))
    assert (len(set(ids.values())), not_solved) == (3, set())
    sets = ("python_requirements", "python_requirements_lock", "has_python_requirement_lock")
    assert [count(engine, table) for table in sets] == [1, 2, 2]
    assert wrong_digests(engine) == []


def test_what_nobody_solved_is_told_and_completes_its_set_later(graph: GraphDatabase, engine: Engine) -> None:
    stack = OwnStack(ADVISED, locked("flask==3.0.3", "six==1.16.0"), DEBIAN)
    missing = {
        (PackageOnIndex(name, version, PYPI), DEBIAN) for name, version in (("flask", "3.0.3"), ("six", "1.16.0"))
    }
    first = own(engine, stack)
    assert first[1] == missing
    graph.sync_solver_result(real_document("flask==3.0.3"))
    second = own(engine, stack)
    assert second == (first[0], {each for each in missing if each[0].package_name == "six"})
    graph.sync_solver_result(real_document("six==1.16.0"))
    assert own(engine, stack) == (first[0], set())
    before = dump(engine, with_ids=True)
    own(engine, stack)
    assert difference(dump(engine, with_ids=True), before) == {}
    assert wrong_digests(engine) == []


def test_nothing_is_locked_where_the_environment_is_not_known(graph: GraphDatabase, engine: Engine) -> None:
    assert own(engine, OwnStack(ADVISED, locked("flask==1.0"), None)) == ({}, set())
    assert count(engine, "python_package_version_entity") == count(engine, "python_package_index") == 0


def test_a_password_in_the_url_of_an_index_stays_out_of_remarks_and_errors() -> None:
    told: Document = project(["flask"], ["flask==1.0"])
    told["requirements"]["source"][0]["url"] = "https://me:secret@index.example.com/simple"
    told["requirements"]["packages"] = {"x" * 300: "*", "flask": {"index": "nowhere"}}
    _, remarks = read(told)
    assert len(remarks) == 2 and "secret" not in str(remarks)
    told["requirements"]["packages"]["flask"] = {"index": 5}
    with pytest.raises(SchemaError) as raised:
        read(told)
    assert "secret" not in str(raised.value)
