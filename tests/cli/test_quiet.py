"""--quiet, as a job that mails what it prints has it: nothing, unless something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from sqlalchemy import URL
from support.commands import Result, run_command

from thoth.storages.cli import cli
from thoth.storages.cli.demo import document_paths
from thoth.storages.cli.quiet import say

# What these print is what they are run for, or, of local up, what a shell is to evaluate.
ANSWERS = {"demo", "bench", "doctor", "stats", "show", "tree", "dependents", "schema status", "documents ls"} | {
    "local up",
    "local down",
    "local status",
}


def _leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _quietly(arguments: str) -> Result:
    return run_command(cli, *arguments.split())


def test_every_command_that_says_what_it_does_can_be_quiet() -> None:
    loud = {
        name for name, command in _leaves(cli) if not any("--quiet" in parameter.opts for parameter in command.params)
    }
    assert loud == ANSWERS


@pytest.mark.slow
def test_jobs_that_go_well_print_nothing(
    missing_database: URL, settings: pytest.MonkeyPatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf.yaml").write_text("python-packages: [flask]\n")
    document = str(document_paths()[0])
    for job in (
        "schema upgrade -q",
        "schema upgrade -q",
        "schema adopt --yes -q",
        f"documents put -q {document}",
        f"documents get -q -o got/ {Path(document).stem}",
        "sync -q",
        "documents verify -q",
        "graph-cache -q -c conf.yaml -o cache.sqlite3",
        "store-cache -q cache.sqlite3",
        "restore-cache -q cache.sqlite3",
        "backup -q",
        "backup -q --file graph.dump",
        "restore -q --force --yes --file graph.dump",
        "purge solver -q --os-name debian --os-version 12 --yes",
        "purge solver -q --os-name debian --dry-run",
        "generate-schema -q -i ^solved$ schema.svg schema_cache.svg",
    ):
        assert _quietly(job) == (0, "", ""), job
    assert Path("got", Path(document).name).exists() and Path("schema_cache.svg").exists()
    Path("conf.yaml").write_text("python-packages: [nobody-knows-it]\n")
    assert "nobody-knows-it was solved yet" in _quietly("graph-cache -q -c conf.yaml -o other.sqlite3").stderr
    assert _quietly("store-cache -q --json cache.sqlite3").stdout.startswith("{"), "it was asked for"


@pytest.mark.parametrize(
    ("job", "code", "message"),
    [
        ("store-cache -q none.sqlite3", 1, "none.sqlite3"),
        ("graph-cache -q -c none.yaml -o cache.sqlite3", 2, "none.yaml"),
        ("restore -q --force --yes", 3, "Error: there is no dump"),
        ("documents get -q solver-none", 1, "Error: "),
        ("purge solver -q", 2, "expected at least one option"),
    ],
)
def test_what_goes_wrong_is_said(
    job: str,
    code: int,
    message: str,
    database: URL,
    settings: pytest.MonkeyPatch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _quietly(job)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr


def test_the_log_is_as_it_was_afterwards() -> None:
    names = ("", "thoth.storages")
    before = [logging.getLogger(name).level for name in names]
    assert _quietly("store-cache -q none.sqlite3").exit_code != 0
    assert [logging.getLogger(name).level for name in names] == before


def test_outside_of_a_command_everything_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    say("done")
    assert capsys.readouterr().out == "done\n"
