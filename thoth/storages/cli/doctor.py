"""thoth-storages doctor: whether all that this library needs is there, and what to do where it is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from .. import config
from ..exceptions import SettingError
from .doctor_checks import OK, PROBLEM, SKIPPED, WARNING, Check, Checked, checked
from .doctor_settings import look_at_settings, names_of_options
from .leaving import FAILED
from .own_servers import quiet

_COLOURS = {OK: "green", WARNING: "yellow", PROBLEM: "red", SKIPPED: "bright_black"}
_LIMITS = (config.CONNECT_TIMEOUT, config.STATEMENT_TIMEOUT, config.LOCK_TIMEOUT, config.READ_TIMEOUT)
_ATTEMPTS = 2
_PATIENCE, _PAUSES = 3, 3.0
"""A check may ask several things, one after the other, of a server that is slow each time; seconds between attempts."""


@click.command()
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="How long a server may take to answer; it may be asked several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(context: click.Context, timeout: float, as_json: bool) -> None:
    """Check that all is well, and say what to do if not.

    In this order: the variables that are set, PostgreSQL, the tables, extensions, clocks, object storage (an object of
    its own is stored and deleted), the graph cache, the disk. A check that fails or hangs keeps no other from running.
    Passwords and secret keys are not shown.

    \b
    Example: thoth-storages doctor
             thoth-storages doctor --json --timeout 2

    \b
    Exit codes:
      0    all is well, or there are warnings alone
      1    there is a problem
      2    the command is not written as it has to be
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    found: list[Checked] = []
    checks = _checks(dict(os.environ))
    with quiet("thoth.storages"), _impatient(timeout):
        for one in checked(checks, _PATIENCE * timeout + _PAUSES):
            found.append(one)
            if not as_json:
                _say(one)
    problems = [one.name for one in found if one.finding.status == PROBLEM]
    code = FAILED if problems else 0
    if as_json:
        checks_found = [{"name": one.name, **one.finding._asdict()} for one in found]
        click.echo(json.dumps({"exit_code": code, "checks": checks_found}, indent=2))
    context.exit(code)


def _checks(environ: dict[str, str]) -> list[Check]:
    from .doctor_database import look_at_clock, look_at_extensions, look_at_schema, look_at_server
    from .doctor_files import look_at_cache, look_at_disk
    from .doctor_storage import look_at_storage
    from .main import cli

    options = list(names_of_options(cli, "THOTH_STORAGES"))
    return [
        Check("settings", lambda _surroundings: look_at_settings(environ, options)),
        Check("PostgreSQL", look_at_server),
        Check("tables", look_at_schema),
        Check("extensions", look_at_extensions),
        Check("clock", look_at_clock),
        Check("object storage", look_at_storage),
        Check("graph cache", look_at_cache),
        Check("disk", look_at_disk),
    ]


@contextmanager
def _impatient(seconds: float) -> Iterator[None]:
    """Let nothing take longer than so many seconds meanwhile: no answer is an answer, too."""
    before = dict(os.environ)
    for setting in _LIMITS:
        try:
            limit = min(setting.read() or seconds, seconds)
        except SettingError:  # that check says so
            limit = seconds
        os.environ[setting.names[0]] = f"{limit:g}"
    os.environ[config.REQUEST_ATTEMPTS.names[0]] = str(_ATTEMPTS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _say(one: Checked) -> None:
    status, detail, advice, more = one.finding
    click.echo(f"{click.style(f'{status:<8}', fg=_COLOURS[status])} {one.name:<15} {detail}")
    indent = " " * 25
    if advice:
        click.echo(f"{indent}{'to do: ' if status != OK else ''}{advice}")
    for line in more:
        click.echo(f"{indent}{line}")
