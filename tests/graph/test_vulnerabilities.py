"""Vulnerabilities of packages: told one by one, and asked for by package, version and stack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import DEBIAN, MIRROR, PYPI, DocumentOf
from support.facts import Facts
from support.tables import CountStatements, count, dump, rows_of, run, sequences
from support.transactions import Doing, locked, wait_for, waiting_pids

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m

AT = ("flask", "2.2.2", PYPI)
ADVISORY: dict[str, Any] = {
    "cve_id": "PYSEC-2023-62",
    "details": "A response may be cached and sent to other clients.",
    "link": "https://osv.dev/vulnerability/PYSEC-2023-62",
}
RECORD: dict[str, Any] = {
    "record_id": "pyup.io-36388",
    "version_range": "<0.12.3",
    "advisory": "flask before 0.12.3 uses too much memory.",
    "cve": "CVE-2018-1000656",
}


@pytest.fixture
def graph(emptied: GraphDatabase) -> GraphDatabase:
    """An adapter to an empty graph, which is no copy of its own."""
    return emptied


@pytest.fixture
def engine(graph: GraphDatabase) -> Engine:
    return graph._connected_engine()


def vulnerable(engine: Engine) -> list[tuple[Any, ...]]:
    """(package, version, index, vulnerability, details, link) of each package version that has one."""
    statement = """
        SELECT e.package_name, e.package_version, i.url, c.cve_id, c.details, c.link
        FROM has_vulnerability h JOIN cve c ON c.id = h.cve_id
        JOIN python_package_version_entity e ON e.id = h.python_package_version_entity_id
        LEFT JOIN python_package_index i ON i.id = e.python_package_index_id
        ORDER BY 1, 2, 3, 4"""
    return [tuple(row) for row in rows_of(engine, statement)]


def changed(engine: Engine) -> list[str]:
    """The packages that were recorded as changed, and forget them."""
    names = [row[0] for row in rows_of(engine, "SELECT package_name FROM package_change ORDER BY 1")]
    run(engine, "DELETE FROM package_change")
    return names


# --- One call --------------------------------------------------------------------------------------------------------


ODD = {"cve_id": "%(x)s :x 'y'", "details": "😀" * 100_000 + "{} % :name \\", "link": "x" * 10_000}


@pytest.mark.parametrize("advisory", [ADVISORY, ODD], ids=["as they are", "with anything in its texts"])
def test_a_vulnerability_is_kept_with_the_package_version_that_has_it(
    graph: GraphDatabase, engine: Engine, advisory: dict[str, Any]
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    assert graph.create_python_cve_record(*AT, **advisory) is False
    assert vulnerable(engine) == [(*AT, *advisory.values())]
    ((aggregated_at,),) = rows_of(engine, "SELECT aggregated_at FROM cve")
    assert before <= aggregated_at <= datetime.now(UTC)
    assert rows_of(engine, "SELECT enabled FROM python_package_index") == [(False,)]
    assert changed(engine) == ["flask"]


def test_telling_it_again_only_says_when(graph: GraphDatabase, engine: Engine) -> None:
    graph.create_python_cve_record(*AT, **ADVISORY)
    assert changed(engine) == ["flask"]
    run(engine, "UPDATE cve SET aggregated_at = '2020-01-01'")
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert graph.create_python_cve_record(*AT, **ADVISORY) is True
    after = dump(engine, with_ids=True)
    assert {table for table in after if after[table] != before[table]} == {"cve"}
    assert sequences(engine) == numbers, "no id was used up"
    ((aggregated_at,),) = rows_of(engine, "SELECT aggregated_at FROM cve")
    assert aggregated_at > datetime(2026, 1, 1, tzinfo=UTC)
    assert vulnerable(engine) == [(*AT, *ADVISORY.values())]
    assert changed(engine) == [], "nothing that is remembered of flask stopped to be true"


def test_names_are_spelled_as_the_graph_spells_them(graph: GraphDatabase, engine: Engine) -> None:
    graph.create_python_cve_record("Flask_SQL.Alchemy", "1.0.0-RC1", f"{PYPI}/", **ADVISORY)
    assert vulnerable(engine)[0][:3] == ("flask-sql-alchemy", "1.0.0rc1", PYPI)
    assert graph.create_python_cve_record("flask.sql-alchemy", "1.0.0rc1", PYPI, **ADVISORY) is True
    assert changed(engine) == ["flask-sql-alchemy"]


def test_what_is_known_of_the_package_is_used(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    graph.register_python_package_index(PYPI, enabled=True)
    graph.sync_solver_result(document_of("flask==3.0.3"))
    tables = ("python_package_index", "python_package_version_entity")
    before = {table: count(engine, table) for table in tables}
    assert graph.create_python_cve_record("flask", "3.0.3", PYPI, **ADVISORY) is False
    assert {table: count(engine, table) for table in tables} == before
    assert graph.is_python_package_index_enabled(PYPI) is True


def test_a_package_version_that_becomes_known_this_way_gets_the_rules_about_it(
    graph: GraphDatabase, engine: Engine
) -> None:
    rule = "INSERT INTO python_package_version_entity_rule (package_name, version_range) VALUES ('flask', :range)"
    for version_range in ("<3", ">=3", None):
        run(engine, rule, range=version_range)
    graph.create_python_cve_record("Flask", "2.2.2", PYPI, **ADVISORY)
    statement = """
        SELECT r.version_range FROM python_package_version_entity_rules_association a
        JOIN python_package_version_entity_rule r ON r.id = a.python_package_version_entity_rule_id ORDER BY 1"""
    assert rows_of(engine, statement) == [("<3",), (None,)]


def test_a_vulnerability_that_is_told_otherwise_is_corrected_for_every_package_that_has_it(
    graph: GraphDatabase, engine: Engine
) -> None:
    for name in ("zipp", "flask", "jinja2"):
        graph.create_python_cve_record(name, "1.0", PYPI, **ADVISORY)
    graph.create_python_cve_record("six", "1.0", PYPI, **{**ADVISORY, "cve_id": "PYSEC-1"})
    changed(engine)
    corrected = {**ADVISORY, "details": "It is worse.", "link": "https://example.org/worse"}
    assert graph.create_python_cve_record("flask", "1.0", PYPI, **corrected) is True
    assert {row[3:] for row in vulnerable(engine) if row[0] != "six"} == {tuple(corrected.values())}
    assert changed(engine) == ["flask", "jinja2", "zipp"], "what is remembered of all of them is out of date"
    assert graph.create_python_cve_record("click", "1.0", PYPI, **{**corrected, "details": "No."}) is False
    assert changed(engine) == ["click", "flask", "jinja2", "zipp"]
    assert count(engine, "cve") == 2


def test_a_link_that_is_not_told_stays(graph: GraphDatabase, engine: Engine) -> None:
    graph.create_python_cve_record(*AT, **ADVISORY)
    changed(engine)
    for no_link in (None, ""):
        assert graph.create_python_cve_record(*AT, **{**ADVISORY, "link": no_link}) is True
    assert vulnerable(engine)[0][-1] == ADVISORY["link"]
    assert changed(engine) == []
    graph.create_python_cve_record(*AT, cve_id="PYSEC-1", details="", link=None)
    assert vulnerable(engine)[0][3:] == ("PYSEC-1", "", None)


def test_statements_do_not_grow_with_what_is_known(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    def tell(**advisory: Any) -> int:
        return count_statements(graph, lambda: graph.create_python_cve_record(*AT, **advisory))

    new, known, corrected = tell(**ADVISORY), tell(**ADVISORY), tell(**{**ADVISORY, "details": "Other."})
    assert known < corrected <= new <= 9
    for number in range(50):
        graph.create_python_cve_record(f"package-{number % 5}", f"{number}", PYPI, **ADVISORY)
    changed(engine)
    assert (tell(**ADVISORY), tell(**{**ADVISORY, "details": "More."})) == (known, corrected)
    assert changed(engine) == ["flask", *(f"package-{number}" for number in range(5))]


# --- The form of 2019 ------------------------------------------------------------------------------------------------


def test_the_form_of_2019_gives_the_row_and_whether_it_was_known(graph: GraphDatabase, engine: Engine) -> None:
    row, existed = graph.create_python_cve_record("Flask", "0.12.2", PYPI, **RECORD)
    assert existed is False
    assert isinstance(row, m.CVE)
    details = "CVE-2018-1000656: flask before 0.12.3 uses too much memory."
    assert (row.cve_id, row.details, row.link) == ("pyup.io-36388", details, None)
    assert row.aggregated_at is not None and row.id is not None
    assert vulnerable(engine) == [("flask", "0.12.2", PYPI, "pyup.io-36388", details, None)]
    again, existed = graph.create_python_cve_record("flask", "0.12.2", PYPI, **RECORD)
    assert (again.id, existed) == (row.id, True)
    corrected, existed = graph.create_python_cve_record("flask", "0.12.2", PYPI, **{**RECORD, "advisory": "Other."})
    assert (corrected.id, corrected.details, existed) == (row.id, "CVE-2018-1000656: Other.", True)


@pytest.mark.parametrize("cve", [None, "", "CVE-2018-1"])
def test_an_advisory_of_2019_that_has_no_name_or_names_itself_stays_as_it_is(graph: GraphDatabase, cve: Any) -> None:
    record = {**RECORD, "advisory": "See CVE-2018-1.", "cve": cve}
    row, _ = graph.create_python_cve_record(*AT, **record)
    assert row.details == "See CVE-2018-1."
    without = {name: value for name, value in record.items() if name != "cve"}
    assert graph.create_python_cve_record(*AT, **without)[1] is True


def test_both_forms_may_tell_of_one_vulnerability(graph: GraphDatabase, engine: Engine) -> None:
    graph.create_python_cve_record(*AT, **{**ADVISORY, "cve_id": RECORD["record_id"]})
    _, existed = graph.create_python_cve_record(*AT, **RECORD)
    assert existed is True
    assert vulnerable(engine)[0][-1] == ADVISORY["link"]


# --- What cannot be kept ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        *({name: "x"} for name in ("cve_id", "details", "link", "record_id", "cve")),
        {"record_id": "x", "version_range": "<1"},
        {"advisory": "x", "version_range": "<1"},
        {**ADVISORY, "cve": "CVE-1"},
        {**RECORD, "link": "x"},
        {**RECORD, "cve_id": "x", "details": "y"},
    ],
)
def test_arguments_of_neither_form_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"create_python_cve_record\(\) needs \w+ and \w+ together"):
        GraphDatabase().create_python_cve_record(*AT, **arguments)


BAD_TEXTS = ("a\x00b", "\ud800", 7, b"x", ["x"])
BAD_NAMES = (*BAD_TEXTS, "", " ", "x" * 257)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("package_name", value) for value in (*BAD_NAMES, None, "a/b", "-", "ä")),
        *((name, value) for name in ("package_version", "cve_id") for value in (*BAD_NAMES,)),
        *(("index_url", value) for value in (*BAD_TEXTS, None, "", "/", f"https://{'x' * 2048}")),
        *((name, value) for name in ("details", "link") for value in BAD_TEXTS),
        ("package_version", None),
        *(("record_id", ""), ("advisory", "a\x00b"), ("cve", "\ud800"), ("cve", 7)),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name_before_the_database_is_asked(name: str, value: Any) -> None:
    package = dict(zip(("package_name", "package_version", "index_url"), AT, strict=True))
    with pytest.raises(ValueError, match=rf"^{name}: expected ") as raised:
        GraphDatabase().create_python_cve_record(**{**package, **(RECORD if name in RECORD else ADVISORY), name: value})
    assert len(str(raised.value)) < 400


# --- Answers that are remembered -------------------------------------------------------------------------------------


def test_answers_remembered_of_the_package_are_asked_for_anew(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    graph.sync_solver_result(document_of("flask==3.0.3"))
    ask = lambda: graph.get_depends_on("flask", "3.0.3", PYPI, **DEBIAN)  # noqa: E731
    before = ask()
    assert graph.get_python_cve_records_all("flask") == []
    run(engine, "DELETE FROM depends_on WHERE extra IS NULL")
    assert ask() == before, "it is remembered"
    graph.create_python_cve_record("flask", "3.0.3", PYPI, **ADVISORY)
    assert ask() != before
    assert [one["cve_id"] for one in graph.get_python_cve_records_all("flask")] == [ADVISORY["cve_id"]]


# --- At once ---------------------------------------------------------------------------------------------------------


def test_many_at_once_about_one_vulnerability_and_many_packages_are_each_kept_once(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Eight writers tell of the same twenty packages in orders of their own, of some with other words."""

    def tell(worker: int) -> None:
        for turn in range(40):
            number = (worker * 7 + turn * 3) % 20
            advisory = {**ADVISORY, "cve_id": f"PYSEC-{turn % 2}", "details": f"{worker % 3}"}
            graph.create_python_cve_record(f"package-{number}", "1.0", f"{PYPI}-{number % 3}", **advisory)

    with caplog.at_level("INFO", "thoth.storages"):
        for doing in [Doing(partial(tell, worker)) for worker in range(8)]:
            doing.result(60)
    assert [record.getMessage() for record in caplog.records] == [], "nothing had to be tried again"
    assert count(engine, "cve") == 2
    assert count(engine, "python_package_version_entity") == 20
    assert count(engine, "python_package_index") == 3
    assert len(vulnerable(engine)) == count(engine, "has_vulnerability") == 40
    assert len(changed(engine)) == 20


def test_of_eight_that_tell_the_same_at_once_one_was_the_first(graph: GraphDatabase, engine: Engine) -> None:
    answers: list[bool] = []
    with locked(engine, "LOCK TABLE cve IN SHARE MODE") as connection:
        doing = [Doing(lambda: answers.append(graph.create_python_cve_record(*AT, **ADVISORY))) for _ in range(8)]
        wait_for(lambda: len(waiting_pids(engine)) == 8, "all of them wait")
        connection.rollback()
        for worker in doing:
            worker.result()
    assert sorted(answers) == [False] + [True] * 7
    assert count(engine, "cve") == count(engine, "has_vulnerability") == 1


def test_what_another_writer_said_meanwhile_is_noticed_as_another_word(graph: GraphDatabase, engine: Engine) -> None:
    """The other one changes the words while we wait, to what we do not say: it is we who change them back."""
    graph.create_python_cve_record(*AT, **ADVISORY)
    changed(engine)
    with locked(engine, "UPDATE cve SET details = 'Another word.'") as connection:
        telling = Doing(lambda: graph.create_python_cve_record(*AT, **ADVISORY))
        wait_for(lambda: bool(waiting_pids(engine)), "we wait for the other one")
        connection.commit()
    telling.result()
    assert vulnerable(engine)[0][4] == ADVISORY["details"]
    assert changed(engine) == ["flask"]


# --- Asked for -------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """Flask 1.0 has a vulnerability on two indexes and on none, flask 2.0 another, click has none."""
    with engine.begin() as connection:
        facts = Facts(connection)
        indexes = [facts.index(PYPI), facts.index(MIRROR), None]
        read = datetime(2024, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
        b = facts.put(m.CVE, cve_id="b", details="more", link="https://b.example", aggregated_at=read)
        a = facts.put(m.CVE, cve_id="a", details="less", link=None)
        upper = facts.put(m.CVE, cve_id="Z", details="", link=None, aggregated_at=read)
        links = [(facts.entity("flask", "1.0", index), b) for index in indexes]
        links += [(links[0][0], upper), (facts.entity("flask", "2.0", indexes[0]), a)]
        for entity, cve in links:
            facts.put(m.HasVulnerability, python_package_version_entity_id=entity, cve_id=cve)
        facts.entity("click", "1.0", indexes[0])
    return graph


def test_each_is_given_once_whatever_index_it_is_known_on_and_in_pythons_order(known: GraphDatabase) -> None:
    read = "2024-01-02T03:04:05.000600"
    z = {"aggregated_at": read, "cve_id": "Z", "details": "", "link": None}
    a = {"aggregated_at": None, "cve_id": "a", "details": "less", "link": None}
    b = {"aggregated_at": read, "cve_id": "b", "details": "more", "link": "https://b.example"}
    assert known.get_python_cve_records_all("Flask") == [z, a, b]
    assert known.get_python_cve_records_all("flask", "1") == [], "1 is another text than 1.0"
    assert known.get_python_cve_records_all("flask", "v1.0") == [z, b]
    assert known.get_python_cve_records_all(package_name="flask", package_version="2.0") == [a]
    assert known.get_python_cve_records_count() == 3


def test_the_form_of_2019_gives_texts_of_that_version_alone(known: GraphDatabase) -> None:
    assert known.get_python_cve_records("click", "1.0") == []
    (record,) = known.get_python_cve_records(package_name="flask", package_version="2.0")
    assert record == {"advisory": "less", "cve_name": "a", "cve_id": "a", "version_range": ""}
    assert [one["cve_id"] for one in known.get_python_cve_records("flask", "1.0")] == ["Z", "b"]


def test_what_is_remembered_is_not_the_callers_to_change(
    known: GraphDatabase, count_statements: CountStatements
) -> None:
    first = known.get_python_cve_records_all("flask", "2.0")
    assert count_statements(known, lambda: known.get_python_cve_records_all("FLASK", "2.0")) == 0
    first[0]["details"] = "changed"
    first.clear()
    assert known.get_python_cve_records_all("flask", "2.0")[0]["details"] == "less"


def test_an_index_that_goes_takes_what_only_its_packages_had(known: GraphDatabase) -> None:
    assert len(known.get_python_cve_records_all("flask")) == 3
    known.delete_python_package_index(PYPI)
    assert [one["cve_id"] for one in known.get_python_cve_records_all("flask")] == ["b"], "remembered no longer"
    assert known.get_python_cve_records_count() == 3, "they are known, of whatever package"


def test_a_stack_is_told_by_index(known: GraphDatabase) -> None:
    stack = [("Flask", "1.0", PYPI), ("flask", "1.0", MIRROR), ("flask", "1.0", None), ("click", "1.0", PYPI)]
    answers = known.get_python_cve_records_of_packages(stack)
    assert [[one["cve_id"] for one in answers[package]] for package in stack] == [["Z", "b"], ["b"], ["Z", "b"], []]


@pytest.mark.parametrize("wrong", [1, None])
def test_a_package_has_a_name(wrong: Any) -> None:
    graph = GraphDatabase()
    for question in (graph.get_python_cve_records_all, graph.get_python_cve_records):
        with pytest.raises(TypeError, match="package_name must be a text"):
            question(wrong, "1.0")
