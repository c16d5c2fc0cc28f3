"""What docs/asking.rst tells users to run, run to the letter; what it says they get, compared."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.commands import run_command

from thoth.storages.cli import cli
from thoth.storages.cli.asking import EXIT_CODES

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCUMENTATION / "asking.rst"


def runs() -> list[tuple[str, str]]:
    """(command, what the page says that it prints, empty where it does not say) in the page's order."""
    blocks = re.findall(r"^\.\. code-block:: console\n\n((?:   [^\n]*\n|\n)+)", PAGE.read_text(), re.MULTILINE)
    found = []
    for block in blocks:
        for run in re.sub(r"^   ", "", block, flags=re.MULTILINE).strip().split("$ ")[1:]:
            command, _, said = run.partition("\n")
            found.append((command, said.strip()))
    return found


def drawn(svg: Path) -> list[tuple[str, str, list[str]]]:
    """What a picture shows: kind, title and texts of nodes and edges, sorted. Where it puts them, Graphviz knows."""
    groups = ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}g")
    return sorted(
        (str(group.get("class")), group.findtext("{*}title") or "", [text.text or "" for text in group.iter("{*}text")])
        for group in groups
        if group.get("class") in ("node", "edge")
    )


@pytest.mark.usefixtures("filled")
def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cache_conf.yaml").write_text("python-packages:\n  - flask\n")
    found = runs()
    assert {command.split()[1] for command, _said in found} >= {"tree", "show", "dependents"}
    assert sum(bool(said) for _command, said in found) >= 7
    for command, said in found:
        program, *arguments = shlex.split(command)
        done = run_command(cli, *arguments)
        assert (program, done.exit_code) == ("thoth-storages", 0), f"{command}: {done.stderr}"
        assert done.stdout.strip() == said or not said, command
    picture = DOCUMENTATION / "pictures" / "asked" / "flask.svg"
    assert drawn(Path("flask.svg")) == drawn(picture), f"draw {picture} again, with the command of the page"


def test_every_exit_code_of_the_help_stands_on_the_page() -> None:
    codes = re.findall(r"^ *(\d+)  +\w", EXIT_CODES, re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "5", "130"]
    assert [code for code in codes if not re.search(rf"^{code} ", PAGE.read_text(), re.MULTILINE)] == []


def test_the_page_names_every_option() -> None:
    options = {
        option
        for name in ("tree", "show", "dependents")
        for parameter in cli.commands[name].params
        for option in parameter.opts
        if option.startswith("-")
    }
    assert sorted(option for option in options - {"--output"} if option not in PAGE.read_text()) == []
