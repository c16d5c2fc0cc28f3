"""Running commands of the command line in this process."""

from __future__ import annotations

from typing import NamedTuple

import click
from click.testing import CliRunner


class Result(NamedTuple):
    """What a command said and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


def run_command(command: click.Command, *arguments: object, typed: str = "", **environ: str) -> Result:
    """Run the command with these arguments, this on its input and, beside ours, these environment variables."""
    try:
        runner = CliRunner(mix_stderr=False)  # type: ignore[call-arg]
    except TypeError:
        runner = CliRunner()  # click 8.2 always keeps the two apart
    result = runner.invoke(command, [str(argument) for argument in arguments], input=typed, env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    # click 7 raises where there is nothing on stderr.
    return Result(result.exit_code, result.stdout, result.stderr if result.stderr_bytes else "")
