"""Packages, their versions, artifacts, dependencies and solver runs, told several times or spelled otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

from support.published import MADE, Adopted, Cases, OldRows

from thoth.storages.graph.names import key_sha256, normalize_package_name, version_order

CASES = Cases()
DEBIAN = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}


def _version(old: OldRows, name: str, version: str = "1.0", **values: object) -> int:
    """A package version with an entity of its own, unless one is given."""
    index = values.get("python_package_index_id")
    entity = values.pop("entity_id", None) or old.put(
        "python_package_version_entity", package_name=name, package_version=version, python_package_index_id=index
    )
    spelled = {"package_name": name, "package_version": version, "entity_id": entity, **DEBIAN, **values}
    return old.put("python_package_version", **spelled)


# --- Entities --------------------------------------------------------------------------------------------------------


@CASES.add
def _entities_with_nothing_but_a_name(old: OldRows) -> None:
    for _ in range(3):
        old.put("python_package_version_entity", package_name="only-a-name")


def test_entities_without_version_and_index_are_one_under_the_lowest_id(adopted: Adopted) -> None:
    rows = adopted.rows("SELECT id FROM python_package_version_entity WHERE package_name = 'only-a-name'")
    first = "SELECT min(id) FROM published_0_74.python_package_version_entity WHERE package_name = 'only-a-name'"
    assert rows == adopted.rows(first)
    moved = adopted.rows("""
        SELECT count(*) FROM published_0_74.moved m JOIN published_0_74.python_package_version_entity e
        ON m.table_name = 'python_package_version_entity' AND m.old_id = e.id AND e.package_name = 'only-a-name'""")
    assert moved == [(2,)]


@CASES.add
def _names_and_versions_spelled_in_many_ways(old: OldRows) -> None:
    for name, version in (
        ("Spelled_Name", "1.0.0-RC1"),
        ("spelled.name", "1.0.0rc1"),
        (" spelled--name\t", "v1.0.0.rc.1"),
        ("spelled-name", "2.0"),
        ("spelled-name", "2.0.0"),
        ("spelled-name", "not a version"),
        ("spelled-name", None),
    ):
        old.put("python_package_version_entity", package_name=name, package_version=version)


def test_names_and_versions_are_spelled_one_way_and_sort_by_their_order(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT package_version, version_order FROM python_package_version_entity
        WHERE package_name = 'spelled-name' ORDER BY version_order NULLS FIRST""")
    versions = [None, "not a version", "1.0.0rc1", "2.0", "2.0.0"]
    assert [version for version, _ in rows if version not in ("2.0", "2.0.0")] == versions[:3]
    assert sorted(str(version) for version, _ in rows) == sorted(map(str, versions))
    assert all((order and bytes(order)) == (version and version_order(version)) for version, order in rows)


@CASES.add
def _names_beyond_ascii_and_odd_blanks(old: OldRows) -> None:
    old.put("python_package_version_entity", package_name="\x0bÄPFEL_Kuchen\xa0", package_version="1.0\n")
    old.put("python_package_requirement", name="ÄPFEL.Kuchen")
    old.put("python_package_index", url="\thttps://odd.example.org/simple/ \r\n")


def test_odd_names_are_spelled_as_questions_spell_them(adopted: Adopted) -> None:
    name, url = normalize_package_name("ÄPFEL_Kuchen"), "https://odd.example.org/simple"
    entities = "SELECT package_version FROM python_package_version_entity WHERE package_name = :name"
    assert adopted.rows(entities, name=name) == [("1.0",)]
    assert adopted.rows("SELECT count(*) FROM python_package_requirement WHERE name = :name", name=name) == [(1,)]
    assert adopted.rows("SELECT count(*) FROM python_package_index WHERE url = :url", url=url) == [(1,)]


@CASES.add
def _an_index_with_and_without_a_slash(old: OldRows) -> None:
    for url, api in (
        ("https://slash.example.org/simple/", "https://slash.example.org/pypi"),
        ("https://slash.example.org/simple", None),
        ("https://slash.example.org/simple//", None),
    ):
        index = old.put(
            "python_package_index", url=url, warehouse_api_url=api, enabled=None, only_if_package_seen=api is None
        )
        _version(old, "on-slash", python_package_index_id=index)
    old.put("python_package_index", url="https://pypi.python.org/simple", enabled=True)


def test_an_index_is_one_with_and_without_a_slash_and_so_are_its_packages(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT i.url, i.warehouse_api_url, i.enabled, i.only_if_package_seen, count(e.id), count(v.id)
        FROM python_package_index i JOIN python_package_version_entity e ON e.python_package_index_id = i.id
        JOIN python_package_version v ON v.entity_id = e.id AND v.python_package_index_id = i.id
        WHERE e.package_name = 'on-slash' GROUP BY i.id""")
    url, api = "https://slash.example.org/simple", "https://slash.example.org/pypi"
    assert rows == [(url, api, False, True, 1, 1)]
    assert ("https://pypi.org/simple", True) in adopted.rows("SELECT url, enabled FROM python_package_index")


# --- Versions --------------------------------------------------------------------------------------------------------


@CASES.add
def _one_version_in_spellings_of_red_hat(old: OldRows) -> None:
    entity = old.put("python_package_version_entity", package_name="on-rhel", package_version="1.0")
    for os_name, os_version in (("rhel", "8"), ("ubi", "8"), ("ubi", "8.6"), ("rhel", "9.2"), ("fedora", "35.1")):
        _version(old, "on-rhel", entity_id=entity, os_name=os_name, os_version=os_version, python_version="3.8")


def test_ubi_and_minor_versions_of_rhel_are_one_environment(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT os_name, os_version FROM python_package_version WHERE package_name = 'on-rhel' ORDER BY 1, 2""")
    assert rows == [("fedora", "35.1"), ("rhel", "8"), ("rhel", "9")]


@CASES.add
def _a_version_that_only_one_spelling_knows_about(old: OldRows) -> None:
    metadata = old.put("python_package_metadata", name="Half_Known", summary="known")
    license_ = old.put("python_package_license", license_name="Half-known licence")
    knows = {"python_package_metadata_id": metadata, "package_license": license_, "package_license_warning": True}
    one = _version(old, "Half_Known", **knows)
    other = _version(old, "half-known")
    names = [old.put("import_package", import_package_name=name) for name in ("half_one", "half_two")]
    for version, name in ((one, names[0]), (other, names[0]), (other, names[1])):
        old.put("found_import_package", python_package_version_id=version, import_package_id=name)


def test_what_the_later_spelling_does_not_know_is_kept_from_the_earlier_one(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT m.summary, l.license_name, v.package_license_warning FROM python_package_version v
        LEFT JOIN python_package_metadata m ON m.id = v.python_package_metadata_id
        LEFT JOIN python_package_license l ON l.id = v.package_license WHERE v.package_name = 'half-known'""")
    assert rows == [("known", "Half-known licence", True)]


def test_children_of_both_spellings_hang_on_the_one_that_stays(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT i.import_package_name FROM found_import_package f JOIN import_package i ON i.id = f.import_package_id
        JOIN python_package_version v ON v.id = f.python_package_version_id
        WHERE v.package_name = 'half-known' ORDER BY 1""")
    assert rows == [("half_one",), ("half_two",)]


@CASES.add
def _a_version_whose_copies_contradict_its_entity(old: OldRows) -> None:
    entity = old.put("python_package_version_entity", package_name="true-name", package_version="1.0")
    _version(old, "wrong-name", "9.9", entity_id=entity, python_package_metadata_id=None)


def test_name_and_version_are_those_of_the_entity_whatever_their_copies_say(adopted: Adopted) -> None:
    assert adopted.rows("SELECT package_version FROM python_package_version WHERE package_name = 'true-name'") == [
        ("1.0",)
    ]
    assert adopted.rows("SELECT 1 FROM python_package_version WHERE package_name = 'wrong-name'") == []


@CASES.add
def _import_names_without_name_and_twice(old: OldRows) -> None:
    version = _version(old, "imports")
    for name in (None, "", "twice", "twice"):
        found = old.put("import_package", import_package_name=name)
        old.put("found_import_package", python_package_version_id=version, import_package_id=found)


def test_import_names_are_there_once_and_the_nameless_are_counted(adopted: Adopted) -> None:
    statement = "SELECT import_package_name FROM import_package WHERE import_package_name IN ('', 'twice')"
    assert adopted.rows(statement) == [("twice",)]
    assert sum(adopted.step("import_package").left_out.values()) == 2
    assert sum(adopted.step("found_import_package").left_out.values()) == 2
    assert (adopted.step("found_import_package").merged, adopted.step("import_package").merged) == (2, 1)


# --- Artifacts -------------------------------------------------------------------------------------------------------


@CASES.add
def _artifacts_whose_names_came_late(old: OldRows) -> None:
    entity = old.put("python_package_version_entity", package_name="with-files", package_version="1.0")
    digest, lonely = "ab" * 32, "cd" * 32
    for artifact_hash, name, present in (
        (digest, None, True),
        (digest.upper(), "late.whl", False),
        (digest, None, True),
        (lonely, None, True),
        ("no digest", "x.whl", True),
    ):
        file = old.put("python_artifact", artifact_hash_sha256=artifact_hash, artifact_name=name, present=present)
        old.put("has_artifact", python_package_version_entity_id=entity, python_artifact_id=file)
        symbol = old.put("versioned_symbol", library_name="libc", symbol=f"of {name}")
        old.put("requires_symbol", python_artifact_id=file, versioned_symbol_id=symbol)


def test_an_artifact_is_its_digest_and_keeps_the_name_that_was_learned_late(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT a.artifact_hash_sha256, a.artifact_name, h.present FROM python_artifact a
        JOIN has_artifact h ON h.python_artifact_id = a.id JOIN python_package_version_entity e
        ON e.id = h.python_package_version_entity_id WHERE e.package_name = 'with-files' ORDER BY 1""")
    assert rows == [("ab" * 32, "late.whl", False), ("cd" * 32, None, True)]
    assert adopted.step("python_artifact").left_out == {"breaks python_artifact_artifact_hash_sha256_check": 1}


def test_symbols_that_an_artifact_requires_follow_it(adopted: Adopted) -> None:
    rows = adopted.rows(
        """
        SELECT s.symbol FROM requires_symbol r JOIN versioned_symbol s ON s.id = r.versioned_symbol_id
        JOIN python_artifact a ON a.id = r.python_artifact_id
        WHERE a.artifact_hash_sha256 = :digest ORDER BY 1""",
        digest="ab" * 32,
    )
    assert rows == [("of None",), ("of late.whl",)]


# --- Dependencies ----------------------------------------------------------------------------------------------------


@CASES.add
def _edges_that_differ_in_every_way(old: OldRows) -> None:
    version = _version(old, "needs")
    needed = old.put("python_package_version_entity", package_name="needed", package_version="1.0")
    again = old.put("python_package_version_entity", package_name="Needed", package_version="v1.0")
    for entity, range_, marker, extra, holds in (
        (needed, "*", "a", "cov", True),
        (needed, "*", "a", "dev", True),
        (needed, "*", "b", "cov", True),
        (needed, ">=1", "a", "cov", True),
        (needed, None, None, None, True),
        (needed, "", "", "", False),
        (again, "*", "a", "cov", True),
    ):
        edge = {"version_range": range_, "marker": marker, "extra": extra, "marker_evaluation_result": holds}
        old.put("depends_on", version_id=version, entity_id=entity, **edge)


def test_edges_that_differ_in_range_marker_or_extra_all_stay_and_equal_ones_are_one(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT d.version_range, d.marker, d.extra, d.key_sha256, d.stated_by_solver, d.stated_by_reverse_solver
        FROM depends_on d JOIN python_package_version_entity e ON e.id = d.entity_id
        WHERE e.package_name = 'needed' ORDER BY 1, 2 NULLS FIRST, 3""")
    edges = [("*", None, None), ("*", "a", "cov"), ("*", "a", "dev"), ("*", "b", "cov"), (">=1", "a", "cov")]
    assert [row[:3] for row in rows] == edges
    assert [bytes(row[3]) for row in rows] == [key_sha256(*edge, ()) for edge in edges]
    assert {row[4:] for row in rows} == {(True, False)}
    assert adopted.step("depends_on").merged == 2


# --- Runs of solvers -------------------------------------------------------------------------------------------------


@CASES.add
def _runs_entered_twice(old: OldRows) -> None:
    solver = old.put("ecosystem_solver", os_name="ubi", os_version="8.6", python_version="3.8", solver_version="1")
    same = old.put("ecosystem_solver", os_name="rhel", os_version="8", python_version="3.8", solver_version="1")
    for column in ("ecosystem", "solver_name"):
        old.change(f"UPDATE ecosystem_solver SET {column} = 'python' WHERE id IN ({solver}, {same})")
    one, other = _version(old, "Solved_Twice"), _version(old, "solved-twice")
    for number, (version, by) in enumerate(((one, solver), (other, same), (one, solver))):
        flags = {"error": True, "error_unparseable": number == 0, "error_unsolvable": number == 0}
        old.put("solved", document_id="twice", version_id=version, ecosystem_solver_id=by, duration=number, **flags)
    flags = {"error": False, "error_unparseable": True, "error_unsolvable": True, "is_provided": None}
    later = MADE + timedelta(days=1)
    old.put("solved", document_id="odd", version_id=one, ecosystem_solver_id=same, datetime=later, **flags)


def test_a_run_is_its_document_and_version_with_the_flags_told_last(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT s.document_id, s.duration, s.error, s.error_unparseable, s.error_unsolvable, c.os_name, c.os_version
        FROM solved s JOIN ecosystem_solver c ON c.id = s.ecosystem_solver_id
        JOIN python_package_version v ON v.id = s.version_id WHERE v.package_name = 'solved-twice' ORDER BY 1""")
    assert rows == [
        ("odd", None, True, True, False, "rhel", "8"),
        ("twice", 2, True, False, False, "rhel", "8"),
    ]


def test_each_document_is_in_the_ledger_once_at_the_time_it_was_made(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT document_id, kind, created_at AT TIME ZONE 'UTC', content_sha256 FROM synced_document ORDER BY 1""")
    assert rows == [("odd", "SOLVER", MADE + timedelta(days=1), None), ("twice", "SOLVER", MADE, None)]
    assert isinstance(rows[0][2], datetime)


# --- Rules and vulnerabilities ---------------------------------------------------------------------------------------


@CASES.add
def _rules_in_many_spellings(old: OldRows) -> None:
    entity = old.put("python_package_version_entity", package_name="ruled", package_version="1.0")
    for name, range_, description in (
        ("Ruled", "*", "first"),
        ("ruled", "", "second"),
        ("ruled", None, None),
        ("ruled", "<2", "other"),
    ):
        rule = old.put(
            "python_package_version_entity_rule", package_name=name, version_range=range_, description=description
        )
        link = {"python_package_version_entity_id": entity, "python_package_version_entity_rule_id": rule}
        old.put("python_package_version_entity_rules_association", **link)


def test_rules_about_the_same_versions_are_one_with_the_last_description(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT r.version_range, r.description, count(*) FROM python_package_version_entity_rule r
        JOIN python_package_version_entity_rules_association a ON a.python_package_version_entity_rule_id = r.id
        WHERE r.package_name = 'ruled' GROUP BY r.id ORDER BY 1 NULLS FIRST""")
    assert rows == [(None, "second", 1), ("<2", "other", 1)]


@CASES.add
def _a_vulnerability_of_two_spellings(old: OldRows) -> None:
    cve = old.put("cve", cve_id="PYSEC-1", details="it's \\ bad\n", aggregated_at=MADE)
    for name in ("Weak_One", "weak-one", "weak-one"):
        entity = old.put("python_package_version_entity", package_name=name, package_version="1.0")
        old.put("has_vulnerability", python_package_version_entity_id=entity, cve_id=cve)
    for days in (3, 9, 1):
        old.put("cve_timestamp", timestamp=MADE + timedelta(days=days))


def test_a_vulnerability_of_two_spellings_is_one_and_the_newest_time_stays(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT c.details, e.package_name, c.aggregated_at AT TIME ZONE 'UTC' FROM has_vulnerability h
        JOIN cve c ON c.id = h.cve_id JOIN python_package_version_entity e
        ON e.id = h.python_package_version_entity_id""")
    assert rows == [("it's \\ bad\n", "weak-one", MADE)]
    times = adopted.rows("SELECT timestamp AT TIME ZONE 'UTC' FROM cve_timestamp")
    assert times == [(MADE + timedelta(days=9),)]


# --- All of them -----------------------------------------------------------------------------------------------------


def test_new_ids_go_on_above_every_old_one(adopted: Adopted) -> None:
    tables = ("python_package_version_entity", "python_package_version", "python_artifact", "import_package", "cve")
    for table in tables:
        greatest = adopted.rows(f"SELECT max(id) FROM published_0_74.{table}")[0][0]
        assert adopted.rows(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")[0][0] > greatest
