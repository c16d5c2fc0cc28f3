"""--quiet: for jobs whose output somebody reads only when something went wrong."""

from __future__ import annotations

import logging

import click

_KEY = f"{__name__}.is_quiet"
_LOGGERS = ("", "thoth.storages")


def _hush(context: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    """Note that the command is to be quiet, and log nothing less than errors until it ends."""
    context.meta[_KEY] = is_wanted
    for logger in map(logging.getLogger, _LOGGERS) if is_wanted else ():
        context.call_on_close(lambda logger=logger, level=logger.level: logger.setLevel(level))
        logger.setLevel(logging.ERROR)


quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    is_eager=True,  # what checks other options may have something to say
    expose_value=False,
    callback=_hush,
    help="Print nothing but errors, and what --json asks for.",
)
"""The option of every command that says what it does."""


def is_quiet() -> bool:
    """Whether the running command is to print nothing but errors and what it was asked to print."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_KEY, False))


def say(text: str, *, err: bool = False) -> None:
    """Print what nobody asked for: what is being done, and that it went well."""
    if not is_quiet():
        click.echo(text, err=err)
