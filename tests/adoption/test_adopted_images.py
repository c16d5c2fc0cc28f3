"""Environments, hardware, and what is found in images, told several times or spelled otherwise."""

from __future__ import annotations

from datetime import timedelta

from support.digests import wrong_digests
from support.published import MADE, Adopted, Cases, OldRows

CASES = Cases()
DIGEST = "ab" * 32


def _run_of(old: OldRows, document: str, **values: object) -> int:
    if "external_software_environment_id" not in values:
        values.setdefault("software_environment_id", old.put("software_environment", image_name="of runs"))
    return old.put("package_extract_run", analysis_document_id=document, **values)


# --- Environments ----------------------------------------------------------------------------------------------------


@CASES.add
def _environments_told_twice(old: OldRows) -> None:
    for table in ("software_environment", "external_software_environment"):
        for os_name, os_version, kind in (
            ("ubi", "8.6", "RUNTIME"),
            ("rhel", "8", "RUNTIME"),
            ("rhel", "8", "BUILDTIME"),
            (None, None, "RUNTIME"),
            (None, None, "RUNTIME"),
        ):
            values = {"os_name": os_name, "os_version": os_version, "environment_type": kind}
            environment = old.put(table, environment_name=f"told in {table}", **values)
            _run_of(old, f"{table}-{environment}", **{f"{table}_id": environment})


def test_environments_that_say_the_same_are_one_and_their_runs_follow(adopted: Adopted) -> None:
    for table in ("software_environment", "external_software_environment"):
        rows = adopted.rows(
            f"""
            SELECT e.os_name, e.os_version, CAST(e.environment_type AS text), count(*) FROM {table} e
            JOIN package_extract_run r ON r.{table}_id = e.id WHERE environment_name = :name
            GROUP BY e.id ORDER BY 4, 3 DESC, 1 NULLS FIRST""",
            name=f"told in {table}",
        )
        assert rows == [
            ("rhel", "8", "BUILDTIME", 1),
            (None, None, "RUNTIME", 2),
            ("rhel", "8", "RUNTIME", 2),
        ]


@CASES.add
def _hardware_of_which_nothing_is_known(old: OldRows) -> None:
    for cpu_model in (None, 7, 7):
        hardware = {"external_hardware_information_id": old.put("external_hardware_information", cpu_model=cpu_model)}
        old.put("adviser_run", adviser_document_id=f"on {cpu_model}", **hardware)
        hardware = {"run_hardware_information_id": old.put("hardware_information", cpu_model=cpu_model)}
        old.put("inspection_run", inspection_document_id=f"on {cpu_model}", **hardware)


def test_hardware_of_which_nothing_is_known_is_no_hardware(adopted: Adopted) -> None:
    for table, referring, column in (
        ("external_hardware_information", "adviser_run", "external_hardware_information_id"),
        ("hardware_information", "inspection_run", "run_hardware_information_id"),
    ):
        assert adopted.rows(f"SELECT id, cpu_model FROM {table}") == [(2, 7)]
        assert adopted.step(table).left_out == {f"breaks {table}_not_empty_check": 1}
        used = f"SELECT {referring.split('_')[0]}_document_id, {column} FROM {referring} ORDER BY 1"
        assert adopted.rows(used) == [("on 7", 2), ("on None", None)]


# --- Runs of analyses ------------------------------------------------------------------------------------------------


@CASES.add
def _one_analysis_entered_twice(old: OldRows) -> None:
    environment = old.put("software_environment", image_name="of the analysis")
    for number, error in enumerate((True, False)):
        values = {"software_environment_id": environment, "package_extract_error": error, "image_size": 2**40}
        run = _run_of(old, "analysis", duration=number, **values)
        _found_in(old, run, number)
    _run_of(old, "without environment", software_environment_id=None)


def _found_in(old: OldRows, run: int, number: int) -> None:
    """What both runs found, and something that only this one did."""
    for name in ("in both", f"in {number}"):
        found = {"package_extract_run_id": run}
        entity = old.put("python_package_version_entity", package_name=name.replace(" ", "-"), package_version="1.0")
        for location in ("/usr/lib", "/opt", "/opt"):
            old.put("identified", python_package_version_entity_id=entity, location=location, **found)
        interpreter = old.put("python_interpreter", path=f"/usr/bin/{name}", link=None, version="3.11")
        old.put("found_python_interpreter", python_interpreter_id=interpreter, **found)
        symbol = old.put("versioned_symbol", library_name="/lib/c", symbol=name)
        old.put("detected_symbol", versioned_symbol_id=symbol, **found)
        deb = old.put("deb_package_version", package_name=name, package_version="1", epoch="0" if number else None)
        old.put("found_deb", deb_package_version_id=deb, **found)
        rpm = {
            "package_name": name,
            "package_version": "1",
            "src": None if number else False,
            "package_identifier": "x",
        }
        old.put(
            "found_rpm", rpm_package_version_id=old.put("rpm_package_version", epoch=("0", "")[number], **rpm), **found
        )


def test_two_runs_of_one_document_are_one_with_the_values_told_last(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT duration, package_extract_error, image_size FROM package_extract_run
        WHERE analysis_document_id = 'analysis'""")
    assert rows == [(1, False, 2**40)]
    left_out = adopted.step("package_extract_run").left_out
    assert left_out == {"breaks package_extract_run_environment_check": 1}


def test_what_either_run_found_is_found_once(adopted: Adopted) -> None:
    names = {
        "identified": ("python_package_version_entity", "replace(package_name, '-', ' ')"),
        "found_python_interpreter": ("python_interpreter", "substr(path, 10)"),
        "detected_symbol": ("versioned_symbol", "symbol"),
        "found_deb": ("deb_package_version", "package_name"),
        "found_rpm": ("rpm_package_version", "package_name"),
    }
    for table, (found, name) in names.items():
        rows = adopted.rows(f"SELECT DISTINCT {name} FROM {table} f JOIN {found} t ON t.id = f.{found}_id ORDER BY 1")
        assert rows == [("in 0",), ("in 1",), ("in both",)], table
        at = 2 if table == "identified" else 1
        assert adopted.rows(f"SELECT count(*) FROM {table}") == [(3 * at,)], table


def test_system_packages_in_the_first_epoch_have_none(adopted: Adopted) -> None:
    assert adopted.rows("SELECT DISTINCT epoch FROM deb_package_version") == [(None,)]
    assert adopted.rows("SELECT DISTINCT epoch, src FROM rpm_package_version") == [(None, False)]


@CASES.add
def _files_at_several_paths(old: OldRows) -> None:
    run = _run_of(old, "files")
    artifact = old.put("python_artifact", artifact_hash_sha256=DIGEST)
    digests = [old.put("python_file_digest", sha256=sha256) for sha256 in (DIGEST.upper(), DIGEST)]
    for digest in digests:
        for path in ("/a/__init__.py", "/b/__init__.py", "/" + "long/" * 1_000, "/odd 'name'\n\t\\", ""):
            old.put("found_python_file", package_extract_run_id=run, python_file_digest_id=digest, file=path)
            old.put("included_file", python_artifact_id=artifact, python_file_digest_id=digest, file=path)


def test_one_file_may_lie_at_several_paths(adopted: Adopted) -> None:
    for table in ("found_python_file", "included_file"):
        rows = adopted.rows(f"""
            SELECT f.file, d.sha256 FROM {table} f JOIN python_file_digest d ON d.id = f.python_file_digest_id""")
        paths = ("/a/__init__.py", "/b/__init__.py", "/" + "long/" * 1_000, "/odd 'name'\n\t\\")
        assert sorted(rows) == sorted((path, DIGEST) for path in paths)
        assert adopted.step(table).left_out == {f"breaks {table}_file_check": 2}


# --- System packages -------------------------------------------------------------------------------------------------


@CASES.add
def _relations_of_debian_packages(old: OldRows) -> None:
    package = old.put("deb_package_version", package_name="relating", package_version="1")
    needed = [old.put("deb_dependency", package_name="gpgv | gpgv2") for _ in range(2)]
    for table in ("deb_depends", "deb_pre_depends", "deb_replaces"):
        for dependency in needed:
            for range_ in ("", ">= a", "<< b"):
                link = {"deb_package_version_id": package, "deb_dependency_id": dependency}
                old.put(table, version_range=range_, **link)


def test_a_debian_package_may_relate_to_another_in_several_ranges(adopted: Adopted) -> None:
    for table in ("deb_depends", "deb_pre_depends", "deb_replaces"):
        rows = adopted.rows(f"""
            SELECT d.package_name, r.version_range FROM {table} r JOIN deb_dependency d ON d.id = r.deb_dependency_id
            ORDER BY 2 NULLS FIRST""")
        assert rows == [("gpgv | gpgv2", None), ("gpgv | gpgv2", "<< b"), ("gpgv | gpgv2", ">= a")]


@CASES.add
def _requirements_of_rpms(old: OldRows) -> None:
    rpms = [
        old.put("rpm_package_version", package_name="relating", package_version="1", package_identifier=f"x{number}")
        for number in (1, 1, 2)
    ]
    for rpm in rpms:
        for name in ("(a if b else c)", "/usr/bin/sh", "/usr/bin/sh"):
            requirement = old.put("rpm_requirement", rpm_requirement_name=name)
            old.put("rpm_requires", rpm_package_version_id=rpm, rpm_requirement_id=requirement)


def test_rpms_with_two_identifiers_are_two_and_requirements_are_one(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT p.package_identifier, r.rpm_requirement_name FROM rpm_requires x
        JOIN rpm_package_version p ON p.id = x.rpm_package_version_id
        JOIN rpm_requirement r ON r.id = x.rpm_requirement_id ORDER BY 1, 2""")
    both = ("(a if b else c)", "/usr/bin/sh")
    assert rows == [("x1", both[0]), ("x1", both[1]), ("x2", both[0]), ("x2", both[1])]


# --- Symbols ---------------------------------------------------------------------------------------------------------


@CASES.add
def _symbols_in_several_environments(old: OldRows) -> None:
    inner = [old.put("software_environment", image_name=name) for name in ("of symbols", "of symbols", "of others")]
    outer = old.put("external_software_environment", image_name="of symbols")
    symbols = [old.put("versioned_symbol", library_name=name, symbol="GLIBC_2.2") for name in ("/c", "/c", "/d")]
    for symbol in symbols:
        for environment in inner:
            old.put("has_symbol", software_environment_id=environment, versioned_symbol_id=symbol)
        old.put("has_symbol", external_software_environment_id=outer, versioned_symbol_id=symbol)
    old.put("has_symbol", versioned_symbol_id=symbols[0])


def test_a_symbol_may_be_in_several_environments_of_both_kinds(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT s.library_name, coalesce(i.image_name, 'outer ' || o.image_name) FROM has_symbol h
        JOIN versioned_symbol s ON s.id = h.versioned_symbol_id
        LEFT JOIN software_environment i ON i.id = h.software_environment_id
        LEFT JOIN external_software_environment o ON o.id = h.external_software_environment_id ORDER BY 1, 2""")
    environments = ("of others", "of symbols", "outer of symbols")
    assert rows == [(library, environment) for library in ("/c", "/d") for environment in environments]
    assert adopted.step("has_symbol").left_out == {"breaks has_symbol_environment_check": 1}


# --- All of them -----------------------------------------------------------------------------------------------------


@CASES.add
def _a_later_run(old: OldRows) -> None:
    _run_of(old, "later", datetime=MADE + timedelta(days=1))


def test_every_digest_is_that_of_its_row_and_every_run_is_in_the_ledger(adopted: Adopted) -> None:
    assert wrong_digests(adopted.engine) == []
    missing = """
        SELECT analysis_document_id FROM package_extract_run EXCEPT
        SELECT document_id FROM synced_document WHERE kind = 'ANALYSIS'"""
    assert adopted.rows(missing) == []
    made = "SELECT created_at AT TIME ZONE 'UTC' FROM synced_document WHERE document_id = 'later'"
    assert adopted.rows(made) == [(MADE + timedelta(days=1),)]
