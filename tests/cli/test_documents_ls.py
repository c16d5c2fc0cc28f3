"""thoth-storages documents ls: which documents it lists, in which order, for people and for programs."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from support.commands import Result, run_command

from thoth.storages.advisers import AdvisersResultsStore
from thoth.storages.ceph import ListedObject
from thoth.storages.cli import cli
from thoth.storages.cli.documents import documents
from thoth.storages.inspection_documents import InspectionDocumentsStore
from thoth.storages.solvers import SolverResultsStore

DAYS = ("191231", "260930", "261001", "261015", "261031", "261101")
SOLVERS = [f"solver-rhel-8-py38-{day}110655-8ad7" for day in DAYS]
OF_2019 = "solver-fedora-31-py37-8ad7"
ADVISERS = ["adviser-261015110655-8ad7", "adviser-261016110655-8ad7"]
RESULTS = [f"inspection-x-261015110655-8ad7/results/{number}" for number in (2, 10)]


@pytest.fixture
def stored(settings: pytest.MonkeyPatch) -> None:
    """Documents of three kinds, a request, and what is none of ours."""
    solvers, advisers, inspections = SolverResultsStore(), AdvisersResultsStore(), InspectionDocumentsStore()
    for store in (solvers, advisers, inspections):
        store.connect()
    for document_id in (*SOLVERS, OF_2019, "solver-x/in-a-folder"):
        solvers.ceph.store_document({"id": document_id}, document_id)
    solvers.store_request(SOLVERS[3], {"asked": "for"})
    for document_id in ADVISERS:
        advisers.ceph.store_document({}, document_id)
    for document_id in RESULTS:
        inspections.ceph.store_document({}, f"{document_id}/result")


def ls(*arguments: object, code: int = 0) -> Result:
    done = run_command(documents, "ls", *arguments)
    assert done.exit_code == code, done.stderr
    return done


def ids(*arguments: object) -> list[str]:
    return ls(*arguments).stdout.splitlines()


def test_ids_come_one_in_a_line_kind_after_kind_as_the_store_sorts(stored: None) -> None:
    solvers = [OF_2019, *SOLVERS]
    assert ids("solver") == solvers
    assert ids() == [*solvers, *ADVISERS, *RESULTS]
    assert ids("inspection", "SOLVER", "solver") == [*solvers, *RESULTS]
    assert ids("revsolver") == []


def test_days_are_those_of_the_ids_and_both_ends_are_included(stored: None) -> None:
    assert ids("solver", "--since", "2026-10-01") == SOLVERS[2:]
    assert ids("solver", "--until", "2026-10-01") == SOLVERS[:3]
    assert ids("--since", "2026-10-15", "--until", "2026-10-15") == [SOLVERS[3], ADVISERS[0], *RESULTS]
    assert ids("solver", "--since", "2019-12-31", "--until", "2199-12-31") == SOLVERS, "those of 2019 name no day"


def test_requests_are_listed_when_they_are_asked_for(stored: None) -> None:
    assert ids("--requests") == [f"{SOLVERS[3]}.request"]
    assert ids("--requests", "--since", "2026-10-16") == []


def test_a_listing_can_be_read_in_pages(stored: None) -> None:
    everything = ids()
    pages: list[str] = ids("--limit", "4")
    assert len(pages) == 4
    while page := ids("--limit", "4", "--after", pages[-1]):
        assert len(page) <= 4
        pages += page
    assert pages == everything
    assert ids("adviser", "--after", ADVISERS[0]) == ADVISERS[1:]
    assert ids("solver", "--limit", 1, "--after", OF_2019, "--count") == ["1"]


def test_what_is_to_come_after_has_to_be_listed(stored: None) -> None:
    done = ls("--after", "solver-gone-8ad7", code=1)
    assert done.stderr == "Error: --after solver-gone-8ad7: the listing has no such document\n"
    assert done.stdout == ""


def test_programs_get_an_object_for_each_document_in_a_line(stored: None) -> None:
    found = [json.loads(line) for line in ids("solver", "adviser", "--json")]
    assert [one["document_id"] for one in found] == [OF_2019, *SOLVERS, *ADVISERS]
    assert {one["kind"] for one in found} == {"solver", "adviser"}
    (one,) = (one for one in found if one["document_id"] == OF_2019)
    assert one.keys() == {"document_id", "kind", "size", "stored_at", "etag"}
    assert one["size"] == len(json.dumps({"id": OF_2019}, indent=2))
    assert abs((datetime.now(UTC) - datetime.fromisoformat(one["stored_at"])).total_seconds()) < 3600
    assert len(one["etag"]) == 32


def test_the_number_stands_alone_for_one_kind_and_with_names_for_several(stored: None) -> None:
    assert ids("solver", "--count") == ["7"]
    assert [line.split() for line in ids("solver", "adviser", "--count")] == [
        ["7", "solver"],
        ["2", "adviser"],
        ["9", "all"],
    ]
    assert [line.split() for line in ids("--count", "--since", "2026-10-16")][-1] == ["3", "all"]


def test_a_terminal_gets_columns(stored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from thoth.storages.cli import documents_ls

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    listed = [ListedObject("solver-\x07", "etag", datetime(2026, 11, 22, 11, 6, 55, tzinfo=UTC), 1234567)]
    monkeypatch.setattr(SolverResultsStore, "iterate_listing", lambda *_, **__: iter(listed))
    monkeypatch.setattr(documents_ls, "sys", type("Sys", (), {"stdout": Terminal}))
    assert ls("solver").stdout == "    1,234,567  2026-11-22 11:06:55Z  solver-\\x07\n"
    monkeypatch.setattr(documents_ls, "sys", sys)
    assert ls("solver").stdout == "solver-\x07\n", "a pipe gets the id as it is"


def test_a_listing_is_written_while_it_is_read(settings: pytest.MonkeyPatch) -> None:
    read = 0

    def endless(*_: object, **__: object) -> Iterator[ListedObject]:
        nonlocal read
        for read in itertools.count(1):
            yield ListedObject(f"solver-{read}", "etag", datetime.now(UTC), 1)

    settings.setattr(SolverResultsStore, "iterate_listing", endless)
    assert len(ids("solver", "--limit", 250)) == 250
    assert read == 250


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["solvers"], "Did you mean solver?"),
        (["--since", "yesterday"], "expected a day such as 2026-11-01, not 'yesterday'"),
        (["--until", "2026-02-30"], "expected a day such as 2026-11-01, not '2026-02-30'"),
        (["--since", "2026-11-02", "--until", "2026-11-01"], "no day is left between"),
        (["--json", "--count"], "either --json or --count"),
        (["--limit", "0"], "--limit"),
        (["--after", "thing-1"], "'thing-1' starts with none of solver-, "),
        (["--after", ""], "not an empty text"),
        (["adviser", "revsolver", "--after", "solver-1"], "is of kind solver, which is not among those you named"),
    ],
)
def test_a_wrong_command_says_what_is_wrong_and_asks_no_server(arguments: list[str], message: str) -> None:
    done = ls(*arguments, code=2)
    assert done.stdout == ""
    assert message in done.stderr


def test_a_missing_setting_and_a_store_that_is_gone_have_codes_of_their_own(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    done = ls("solver", code=4)
    assert len(done.stderr.splitlines()) == 1 and "127.0.0.1:1" in done.stderr
    settings.delenv("THOTH_CEPH_SECRET_KEY")
    assert "THOTH_CEPH_SECRET_KEY" in ls("solver", code=3).stderr


@pytest.mark.parametrize("command", ["ls", "get", "put", "verify"])
def test_the_help_of_every_command_has_examples_and_every_exit_code(command: str) -> None:
    done = run_command(cli, "documents", command, "--help")
    assert done.exit_code == 0
    assert f"Example: thoth-storages documents {command}" in done.stdout
    words = done.stdout.split("Exit codes:")[1].split()
    assert {"0", "1", "2", "3", "4", "130"} <= set(words)
