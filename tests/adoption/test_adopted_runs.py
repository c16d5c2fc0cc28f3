"""Runs of advisers, inspections and other analysers that were entered twice."""

from __future__ import annotations

from datetime import timedelta

from support.published import MADE, Adopted, Cases, OldRows

CASES = Cases()


# --- Advisers --------------------------------------------------------------------------------------------------------


@CASES.add
def _one_adviser_run_entered_twice(old: OldRows) -> None:
    for number, re_run in enumerate((False, True)):
        run = old.put(
            "adviser_run", adviser_document_id="adviser-1", need_re_run=re_run, limit_latest_versions=-1,
            origin=("https://git.example.org/it's", None)[number], count=number, re_run_adviser_id="adviser-1",
        )  # fmt: skip
        for name in ("of both", f"of {number}"):
            entity = old.put("python_package_version_entity", package_name=name.replace(" ", "-"))
            old.put("has_unresolved", adviser_run_id=run, python_package_version_entity_id=entity)
    old.put("adviser_run", adviser_document_id="adviser-2", re_run_adviser_id="adviser-1", duration=-1)
    old.put("adviser_run", adviser_document_id="adviser-3", re_run_adviser_id="adviser-1")
    for re_run in ("adviser-1", None):
        old.put("adviser_run", adviser_document_id="adviser-4", re_run_adviser_id=re_run)


def test_an_adviser_run_is_its_document_with_the_values_told_last_none_forgotten(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT adviser_document_id, need_re_run, count, origin, re_run_adviser_id, limit_latest_versions
        FROM adviser_run ORDER BY 1""")
    assert rows[0] == ("adviser-1", True, 1, "https://git.example.org/it's", None, -1)
    for row, document in zip(rows[-2:], ("adviser-3", "adviser-4"), strict=True):
        assert row == (document, None, None, None, "adviser-1", None)


def test_what_either_adviser_run_did_not_resolve_is_unresolved_once(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT e.package_name FROM has_unresolved u
        JOIN python_package_version_entity e ON e.id = u.python_package_version_entity_id ORDER BY 1""")
    assert rows == [("of-0",), ("of-1",), ("of-both",)]


# --- Inspections -----------------------------------------------------------------------------------------------------


@CASES.add
def _inspections(old: OldRows) -> None:
    monkeys = [old.put("dependency_monkey_run", dependency_monkey_document_id="monkey-1", seed=seed) for seed in (1, 2)]
    for document, number, state, monkey in (
        ("inspection-1", 0, "PENDING", monkeys[0]),
        ("inspection-1", 0, "SYNCED", monkeys[1]),
        ("inspection-1", 1, "SYNCED", None),
        ("inspection-2", 0, "PENDING", monkeys[1]),
    ):
        made = MADE + timedelta(hours=number) if state == "SYNCED" else None
        run = old.put(
            "inspection_run", inspection_document_id=document, inspection_result_number=number, datetime=made,
            inspection_sync_state=state, dependency_monkey_run_id=monkey, build_requests_memory=1e18,
        )  # fmt: skip
        if state == "SYNCED":
            for score in (0.25, 0.75):
                old.put("pi_conv2d", inspection_run_id=run, padding=3, overall_score=score, component="tensorflow")
            old.put("pi_matmul", inspection_run_id=run, elapsed=1e-300, reps=0 if number else 5)
            old.put("pi_pybench", inspection_run_id=run)


def test_an_inspection_is_its_document_and_number_and_hangs_on_the_run_that_stays(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT i.inspection_document_id, i.inspection_result_number, CAST(i.inspection_sync_state AS text), m.seed,
               i.build_requests_memory, i.datetime AT TIME ZONE 'UTC'
        FROM inspection_run i LEFT JOIN dependency_monkey_run m ON m.id = i.dependency_monkey_run_id ORDER BY 1, 2""")
    assert rows == [
        ("inspection-1", 0, "SYNCED", 2, 1e18, MADE),
        ("inspection-1", 1, "SYNCED", None, 1e18, MADE + timedelta(hours=1)),
        ("inspection-2", 0, "PENDING", 2, 1e18, None),
    ]


def test_performance_indicators_are_one_per_inspection_and_their_padding_is_a_text(adopted: Adopted) -> None:
    rows = adopted.rows("""
        SELECT i.inspection_result_number, p.padding, p.overall_score, p.component FROM pi_conv2d p
        JOIN inspection_run i ON i.id = p.inspection_run_id ORDER BY 1""")
    assert rows == [(0, "3", 0.75, "tensorflow"), (1, "3", 0.75, "tensorflow")]
    assert adopted.rows("SELECT elapsed FROM pi_matmul") == [(1e-300,)]
    assert adopted.step("pi_matmul").left_out == {"breaks pi_matmul_reps_check": 1}
    assert adopted.rows("SELECT count(*) FROM pi_pybench") == [(2,)]


# --- Security indicators and provenance -------------------------------------------------------------------------------


@CASES.add
def _security_indicators(old: OldRows) -> None:
    version = old.put("python_package_version", package_version="1.0")
    for lines in (10, 20):
        run = old.put("si_aggregated_run", si_aggregated_run_document_id="si-1", total_number_of_lines=lines)
        values = {"python_package_version_entity_id": 1, "python_package_version_id": version}
        old.change("UPDATE python_package_version SET entity_id = 1")
        old.put("si_aggregated", si_aggregated_run_id=run, **values)
    requirements = old.put("external_python_requirements")
    stack = old.put("external_python_software_stack", external_python_requirements_id=requirements)
    for error in (True, False):
        old.put(
            "provenance_checker_run", provenance_checker_document_id="provenance-1", user_software_stack_id=stack,
            provenance_checker_error=error,
        )  # fmt: skip


def test_runs_of_the_other_analysers_are_their_documents_too(adopted: Adopted) -> None:
    assert adopted.rows("""
        SELECT r.total_number_of_lines, count(*) FROM si_aggregated s
        JOIN si_aggregated_run r ON r.id = s.si_aggregated_run_id GROUP BY 1""") == [(20, 1)]
    errors = adopted.rows("SELECT provenance_checker_error FROM provenance_checker_run")
    assert errors == [(False,)]


def test_every_run_is_in_the_ledger_but_inspections_that_are_awaited(adopted: Adopted) -> None:
    rows = adopted.rows("SELECT CAST(kind AS text), document_id FROM synced_document ORDER BY 1, 2")
    assert rows == [
        ("ADVISER", "adviser-1"),
        ("ADVISER", "adviser-3"),
        ("ADVISER", "adviser-4"),
        ("DEPENDENCY_MONKEY", "monkey-1"),
        ("INSPECTION", "inspection-1/results/0"),
        ("INSPECTION", "inspection-1/results/1"),
        ("PROVENANCE_CHECKER", "provenance-1"),
        ("SECURITY_INDICATORS", "si-1"),
    ]
