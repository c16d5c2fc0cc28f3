"""docs/tutorial.rst, done from its beginning to its end: what it says one sees is compared with what one sees."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from test_readme import ELSEWHERE, ROOT, SET_UP, _environment, blocks

from thoth.storages.cli.demo import document_paths
from thoth.storages.embedded import LocalServers

PAGE = ROOT / "docs" / "tutorial.rst"
CONSOLE = re.compile(r"^\.\. code-block:: console\n\n((?:   [^\n]*\n|\n)+)", re.MULTILINE)
INSTALLING = ["python3 -m venv .venv", ". .venv/bin/activate", "pip install -e '.[embedded]'"]
ENDED = "=== ended with"

# What differs from one run to the next: seconds, rates and sizes; ports; moments; places; the newest revision.
DIFFERENT = (
    (r"(?<![\d.])\d+\.\d(?![\d.])", "<number>"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "<moment>"),
    (r"/\S+/tutorial/servers", "<servers>"),
    (r"revision [0-9a-f]{12}", "revision <revision>"),
    (r'("cache_file_size"): \d+', r"\1: <bytes>"),
    (r" +", " "),
    (r" $", ""),
)


class Step(NamedTuple):
    """A command of the page, what the page says that it prints, and whether it is a session of Python."""

    command: str
    said: str
    is_python: bool = False


def steps(sessions: Path) -> list[Step]:
    """The page in its order; each session of Python as a command that runs it and prints what is not as it says."""
    found: list[Step] = []
    for number, part in enumerate(CONSOLE.split(PAGE.read_text())):
        if number % 2:
            found.extend(_commands(re.sub(r"^   ", "", part, flags=re.MULTILINE)))
        elif ">>> " in part:
            session = sessions / f"{number}.txt"
            session.write_text(part)
            options = "-W error -m doctest -o ELLIPSIS -o NORMALIZE_WHITESPACE"
            found.append(Step(f"{sys.executable} {options} {session}", "", is_python=True))
    return found


def _commands(block: str) -> list[Step]:
    runs = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert runs[0] == "", "a block begins with a command"
    found = [re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*)\n?(.*)", run.strip("\n"), re.DOTALL) for run in runs[1:]]
    return [Step(*match.groups()) for match in found if match]


def alike(text: str) -> str:
    """What a run prints, without what differs from one run to the next."""
    for pattern, name in DIFFERENT:
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text.strip("\n") + "\n"


def as_said(said: str, seen: str) -> bool:
    """Whether the page tells what was seen; three dots stand for anything."""
    checker = doctest.OutputChecker()
    return checker.check_output(alike(said), alike(seen), doctest.ELLIPSIS)


def script(wanted: list[Step]) -> str:
    """All steps in one shell, as one reader types them; after each its exit code, which the next one may ask for."""
    lines = ["code=0"]
    for step in wanted:
        lines += [f"(exit $code); {step.command}", f"code=$?; printf '\\n{ENDED} %s\\n' $code"]
    return "\n".join(lines)


def done(wanted: list[Step], folder: Path) -> list[tuple[str, int]]:
    """What each step printed, on either stream, and its exit code."""
    ran = subprocess.run(
        ["bash", "-c", script(wanted)],
        cwd=folder,
        env={**_environment(folder / "home"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    printed = re.split(rf"^{ENDED} (\d+)\n", ran.stdout, flags=re.MULTILINE)
    return [(text, int(code)) for text, code in zip(printed[::2], printed[1::2], strict=False)]


def differences(wanted: list[Step], seen: list[tuple[str, int]]) -> list[str]:
    """What the page does not tell as it was."""
    assert len(seen) == len(wanted)
    wrong = []
    for step, (printed, code) in zip(wanted, seen, strict=True):
        may_fail = "Error:" in step.said or step.command.startswith("diff ")
        if not as_said(step.said, printed) or (code != 0) is not may_fail:
            wrong.append(f"$ {step.command}\n--- the page\n{step.said}\n--- exit code {code}\n{printed}")
    return wrong


@pytest.mark.slow
def test_whoever_follows_the_page_sees_what_it_shows(tmp_path: Path) -> None:
    checkout, sessions = tmp_path / "storages", tmp_path / "sessions"
    sessions.mkdir()
    checkout.mkdir()
    (checkout / "thoth").symlink_to(ROOT / "thoth")
    found = steps(sessions)
    assert [step.command for step in found[:3]] == INSTALLING
    wanted = found[3:]
    assert len(wanted) > 35 and sum(step.is_python for step in wanted) == 3
    try:
        wrong = differences(wanted, done(wanted, checkout))
        assert wrong == [], "\n\n".join(wrong)
        assert [path.name for path in checkout.iterdir()] == ["thoth"], "the page leaves nothing behind"
    finally:
        if (checkout / "tutorial").exists():
            LocalServers(checkout / "tutorial" / "servers").down()


def test_what_the_page_installs_is_what_is_checked() -> None:
    assert INSTALLING[:2] == [command for command in ELSEWHERE if "venv" in command]
    assert any(command.startswith(INSTALLING[2]) for command in SET_UP)


def test_the_document_on_the_page_is_a_part_of_the_real_one() -> None:
    (excerpt,) = blocks("docs/tutorial.rst", "json")
    said = json.loads(excerpt)
    (path,) = (path for path in document_paths() if said["metadata"]["document_id"] in path)
    assert is_part(said, json.loads(Path(path).read_text()))
    said["result"]["tree"][0]["package_version"] = "3.0.4"
    assert not is_part(said, json.loads(Path(path).read_text()))


def is_part(part: object, whole: object) -> bool:
    """Whether everything in a piece of JSON stands at its place in another; lists may have more in between."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and is_part(part[key], whole[key]) for key in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(is_part(one, other) for other in whole) for one in part)
    return part == whole


@pytest.mark.parametrize(
    ("said", "seen", "same"),
    [
        ("solver  1  0.2  4.7", "solver 1 10.2  14.7", True),
        ("solver  1  0.2  4.7", "solver  2  0.2  4.7", False),
        ("├── click 8.1.7", "├── click 8.1.6", False),
        ("a\n...", "a\nb\nc", True),
        ("a", "a\nb", False),
    ],
)
def test_only_what_differs_by_nature_may_differ(said: str, seen: str, same: bool) -> None:
    assert as_said(said, seen) is same
