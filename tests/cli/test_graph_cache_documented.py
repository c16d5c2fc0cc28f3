"""What docs/graph_cache.rst tells users to run and to ask, run to the letter."""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from thoth.storages.cli.cache import graph_cache
from thoth.storages.cli.cache_configuration import read_configuration
from thoth.storages.graph import GraphDatabase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "graph_cache.rst"
COMMAND = re.compile(r"^   \$ (.*)$", re.MULTILINE)


def test_the_page_does_what_it_says(filled: GraphDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text()
    (configuration,) = re.findall(r"^\.\. code-block:: yaml\n\n((?:   [^\n]*\n)+)", text, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("cache_conf.yaml").write_text(re.sub(r"^   ", "", configuration, flags=re.MULTILINE))
    assert all(read_configuration("cache_conf.yaml"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    reports = []
    for line in COMMAND.findall(text):
        done = subprocess.run(
            ["bash", "-c", line], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        reports.append(json.loads(done.stdout))
    first, second = reports
    assert first["unknown_packages"] == second["unknown_packages"] == []
    assert (first["kept_package_versions"], second["kept_package_versions"]) == (0, first["package_versions"])
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert (failed, tried) == (0, tried) and tried > 5


def test_every_exit_code_of_the_help_stands_on_the_page() -> None:
    codes = re.findall(r"^ *(\d+)  +\w", graph_cache.help or "", re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "130"]
    assert [code for code in codes if not re.search(rf"^{code} ", PAGE.read_text(), re.MULTILINE)] == []
