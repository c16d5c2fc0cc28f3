"""How commands end that did not do what they were asked."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

FAILED = 1
NEEDS_SOMETHING = 3
UNREACHABLE = 4
NOT_OURS = 5
INTERRUPTED = 130  # as a shell has it


def leave(message: str, code: int) -> NoReturn:
    """Say what went wrong, and end with this exit code."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)
