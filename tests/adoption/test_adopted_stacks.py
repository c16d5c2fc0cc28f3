"""Requirements, sets of them, locked packages and stacks: known by their content."""

from __future__ import annotations

from support.digests import wrong_digests
from support.published import Adopted, Cases, OldRows

CASES = Cases()
SETS = {
    "python_requirements": ("requirements_hash", "has_python_requirements", "python_requirements_id"),
    "external_python_requirements": (
        "requirements_hash",
        "has_external_python_requirement",
        "external_python_requirements_id",
    ),
}
EMPTY = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"  # sha256 of []


def _set_of(old: OldRows, table: str, published_hash: str, *names: str) -> int:
    hashed, link, own = SETS[table]
    found = old.put(table, **{hashed: published_hash})
    for name in names:
        requirement = old.put("python_package_requirement", name=name, version_range="*", develop=False)
        old.put(link, **{own: found, "python_package_requirement_id": requirement})
    return found


def _lock_of(old: OldRows, published_hash: str, *names: str, **environment: str) -> int:
    lock = old.put("python_requirements_lock", requirements_lock_hash=published_hash)
    for name in names:
        entity = old.put("python_package_version_entity", package_name=name, package_version="1.0")
        values = {"package_name": name, "package_version": "1.0", "entity_id": entity, **environment}
        link = {"python_package_version_id": old.put("python_package_version", **values)}
        old.put("has_python_requirement_lock", python_requirements_lock_id=lock, **link)
    return lock


# --- Requirements ----------------------------------------------------------------------------------------------------


@CASES.add
def _requirements_told_twice(old: OldRows) -> None:
    index = old.put("python_package_index", url="https://a.example.org/simple/")
    same = old.put("python_package_index", url="https://a.example.org/simple")
    for name, range_, develop, from_ in (
        ("Told_Twice", "", False, index),
        ("told-twice", "*", False, same),
        ("told-twice", "*", True, same),
        ("told-twice", "*", False, None),
        ("told-twice", ">=1,<2 ; 'it\\'s'", False, None),
    ):
        values = {"version_range": range_, "develop": develop, "python_package_index_id": from_}
        requirement = old.put("python_package_requirement", name=name, **values)
        for _ in range(2):
            link = {"python_package_requirement_id": requirement}
            run = old.put("dependency_monkey_run", dependency_monkey_document_id="of requirements")
            old.put("python_dependency_monkey_requirements", dependency_monkey_run_id=run, **link)


def test_requirements_that_say_the_same_are_one_and_so_is_what_a_run_tried(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT r.version_range, r.develop, i.url FROM python_dependency_monkey_requirements m
        JOIN dependency_monkey_run x ON x.id = m.dependency_monkey_run_id
        JOIN python_package_requirement r ON r.id = m.python_package_requirement_id
        LEFT JOIN python_package_index i ON i.id = r.python_package_index_id
        WHERE r.name = 'told-twice' ORDER BY 1, 2, 3 NULLS FIRST""")
    url = "https://a.example.org/simple"
    any_ = [("*", False, None), ("*", False, url), ("*", True, url)]
    assert rows == [*any_, (">=1,<2 ; 'it\\'s'", False, None)]


# --- Sets ------------------------------------------------------------------------------------------------------------


@CASES.add
def _sets_with_hashes_of_the_old_kind(old: OldRows) -> None:
    for table in SETS:
        for published_hash, names in (
            ("3:a:b", ("One", "two")),
            ("3:a:c", ("two", "one", "Two")),
            ("3:a:d", ("one",)),
            ("3::", ()),
        ):
            _set_of(old, table, published_hash, *names)


def test_a_set_is_named_by_its_members_and_equal_ones_are_one(adopted: Adopted) -> None:
    for table, (hashed, link, own) in SETS.items():
        rows = adopted.rows(f"""
            SELECT s.id, array_remove(array_agg(r.name ORDER BY r.name), NULL) FROM {table} s
            LEFT JOIN {link} l ON l.{own} = s.id
            LEFT JOIN python_package_requirement r ON r.id = l.python_package_requirement_id
            WHERE s.id < 5 GROUP BY 1 ORDER BY 1""")
        assert rows == [(1, ["one", "two"]), (3, ["one"]), (4, [])]
        assert adopted.rows(f"SELECT {hashed} FROM {table} WHERE id = 4") == [(EMPTY,)]
        moved = "SELECT new_id FROM published_0_74.moved WHERE table_name = :table AND old_id < 5"
        assert adopted.rows(moved, table=table) == [(1,)]
        assert adopted.step(table).changed == adopted.step(table).read
    assert wrong_digests(adopted.engine) == []


# --- Stacks ----------------------------------------------------------------------------------------------------------


@CASES.add
def _stacks_of_equal_sets(old: OldRows) -> None:
    sets = [_set_of(old, "python_requirements", published_hash, "flask") for published_hash in ("3:f:f", "3:f:g")]
    locks = [
        _lock_of(old, "3:l:l", "flask", os_name="ubi", os_version="8.6", python_version="3.8"),
        _lock_of(old, "3:l:m", "Flask", os_name="rhel", os_version="8", python_version="3.8"),
    ]
    no_lock = _lock_of(old, "3::")
    for kind, lock, score in (
        ("USER", no_lock, 1.5),
        ("USER", None, None),
        ("ADVISED", locks[0], 0.1 + 0.2),
        ("ADVISED", locks[1], 0.1 + 0.2),
        ("ADVISED", locks[1], 0.3),
        ("ADVISED", locks[1], None),
    ):
        for requirements in sets:
            parts = {"python_requirements_id": requirements, "python_requirements_lock_id": lock}
            stack = old.put("python_software_stack", software_stack_type=kind, overall_score=score, **parts)
            document = f"adviser-of-{kind}-{score}"
            if kind == "USER":
                old.put("inspection_run", inspection_document_id=document, inspection_software_stack_id=stack)
            else:
                run = old.put("adviser_run", adviser_document_id=document)
                old.put("advised", adviser_run_id=run, python_software_stack_id=stack)


def test_stacks_are_known_by_their_sets_and_scores(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT CAST(s.software_stack_type AS text), s.overall_score, s.python_requirements_lock_id IS NULL
        FROM python_software_stack s ORDER BY 1, 2 NULLS FIRST""")
    scores = [None, 0.3, 0.1 + 0.2]
    assert rows == [*(("ADVISED", score, False) for score in scores), ("USER", None, True)]


def test_a_lock_without_packages_means_that_nothing_is_locked(adopted: Adopted) -> None:
    left_out = "no locked packages: the stack is not locked"
    assert adopted.step("python_requirements_lock").left_out == {left_out: 2}
    assert adopted.rows("SELECT count(*) FROM python_requirements_lock") == [(1,)]


def test_runs_follow_the_stacks_that_stay(adopted: Adopted) -> None:
    users = adopted.rows("SELECT id FROM python_software_stack WHERE software_stack_type = 'USER'")
    used = "SELECT inspection_software_stack_id FROM inspection_run WHERE inspection_software_stack_id IS NOT NULL"
    assert adopted.rows(f"SELECT DISTINCT * FROM ({used}) used") == users
    advised = adopted.rows("""
        SELECT r.adviser_document_id, s.overall_score FROM advised a JOIN adviser_run r ON r.id = a.adviser_run_id
        JOIN python_software_stack s ON s.id = a.python_software_stack_id ORDER BY 2 NULLS FIRST""")
    scores = [None, 0.3, 0.1 + 0.2]
    assert advised == [(f"adviser-of-ADVISED-{score}", score) for score in scores]


@CASES.add
def _stacks_without_anything(old: OldRows) -> None:
    empty = old.put("python_software_stack", software_stack_type="USER")
    no_lock = _lock_of(old, "3:::")
    placeholder = old.put("python_software_stack", software_stack_type="USER", python_requirements_lock_id=no_lock)
    kindless = old.put(
        "python_software_stack", python_requirements_id=_set_of(old, "python_requirements", "3:k", "kindless")
    )
    for number, stack in enumerate((empty, placeholder, kindless)):
        document = f"inspection-of-nothing-{number}"
        old.put("inspection_run", inspection_document_id=document, inspection_software_stack_id=stack)
    for number in range(2):
        stack = old.put("external_python_software_stack")
        for kind in ("adviser", "provenance_checker"):
            document = {f"{kind}_document_id": f"{kind}-of-nothing-{number}"}
            old.put(f"{kind}_run", user_software_stack_id=stack, **document)


def test_runs_of_a_stack_without_anything_stay_without_a_stack(adopted: Adopted) -> None:
    for kind, of, number in (
        ("adviser", "user", 2),
        ("provenance_checker", "user", 2),
        ("inspection", "inspection", 3),
    ):
        rows = adopted.rows(f"""
            SELECT {of}_software_stack_id FROM {kind}_run WHERE {kind}_document_id LIKE '%-of-nothing-%'""")
        assert rows == [(None,)] * number
    assert adopted.step("python_software_stack").left_out == {
        "breaks python_software_stack_not_empty_check": 2,
        "software_stack_type is missing": 1,
    }
    assert sum(adopted.step("external_python_software_stack").left_out.values()) == 2


@CASES.add
def _external_stacks_of_equal_locks(old: OldRows) -> None:
    for name, published_hash in (("locked", "3:x"), ("Locked", "3:y")):
        lock = old.put("external_python_requirements_lock", requirements_lock_hash=published_hash)
        entity = old.put("python_package_version_entity", package_name=name, package_version="1.0")
        link = {"external_python_requirements_locked_id": lock, "python_package_version_entity_id": entity}
        old.put("has_external_python_requirement_lock", **link)
        stack = old.put("external_python_software_stack", external_python_requirements_lock_id=lock)
        for environment in (None, None, "py"):
            values = {"external_python_software_stack_id": stack, "runtime_environment_name": environment}
            slug = {"slug": "Org/Repo" if name == "locked" else "org/repo", "repo_name": f"repo of {name}"}
            old.put("kebechet_github_installations", **slug, **values)


def test_installations_of_one_repository_are_one_per_environment(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT k.slug, k.runtime_environment_name, k.repo_name, s.id FROM kebechet_github_installations k
        JOIN external_python_software_stack s ON s.id = k.external_python_software_stack_id
        ORDER BY 2 NULLS FIRST""")
    (stack,) = adopted.rows("SELECT id FROM external_python_software_stack")
    assert rows == [("org/repo", None, "repo of Locked", *stack), ("org/repo", "py", "repo of Locked", *stack)]
    step = adopted.step("kebechet_github_installations")
    assert (step.read, step.merged, step.left_out) == (6, 4, {})
