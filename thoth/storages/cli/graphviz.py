"""Running Graphviz: the one that pygraphviz brings, else the program dot."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

import click

# In a process of its own: Ctrl-C stops a layout at once, a crash of Graphviz is a message, and what its libraries say
# about this machine's fonts does not land on the terminal.
_DRAW_WITH_PYGRAPHVIZ = """
import base64, json, sys
import pygraphviz
asked = json.load(sys.stdin)
drawn = [pygraphviz.AGraph(string=one).draw(format=asked["kind"], prog=asked["layout"]) for one in asked["sources"]]
json.dump([base64.b64encode(one).decode() for one in drawn], sys.stdout)
"""

_ADVICE = "pip install 'thoth-storages[schema]' brings it; or install Graphviz, so that its program dot is on PATH"


class DrawingError(click.ClickException):
    """A picture cannot be drawn: the message says what is missing and how to install it."""


def lay_out(sources: Sequence[str], layout: str, kind: str) -> list[bytes]:
    """What Graphviz makes of graphs in the DOT language, in their order.

    layout is one of its layouts (dot; nop2 keeps the positions that are there), kind one of its formats (svg, json).
    Raises DrawingError where there is no Graphviz, or none that runs.
    """
    failures = []
    for name, present, draw in (
        ("pygraphviz", find_spec("pygraphviz") is not None, _with_pygraphviz),
        ("dot", shutil.which("dot") is not None, _with_dot),
    ):
        if not present:
            failures.append(f"{name} is not there")
            continue
        try:
            return draw(sources, layout, kind)
        except subprocess.CalledProcessError as error:
            failures.append(f"{name} failed: {_last_line(error.stderr) or f'exit code {error.returncode}'}")
        except OSError as error:
            failures.append(f"{name} failed: {error.strerror}")
    raise DrawingError(f"no Graphviz can draw: {'; '.join(failures)}: {_ADVICE}")


def _with_pygraphviz(sources: Sequence[str], layout: str, kind: str) -> list[bytes]:
    asked = json.dumps({"sources": list(sources), "layout": layout, "kind": kind})
    done = _run([sys.executable, "-c", _DRAW_WITH_PYGRAPHVIZ], asked)
    return [base64.b64decode(one) for one in json.loads(done)]


def _with_dot(sources: Sequence[str], layout: str, kind: str) -> list[bytes]:
    return [_run(["dot", f"-K{layout}", f"-T{kind}"], source) for source in sources]


def _run(command: list[str], text: str) -> bytes:
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
