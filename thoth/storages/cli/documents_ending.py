"""How commands on documents end that do not go well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from .leaving import FAILED, leave


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Leave with one line, and the exit code of thoth-storages sync, where an error comes that is none of our defects.

    A pipe that nobody reads any more is left to click, which ends quietly.
    """
    from .sync_errors import code_of, is_expected, message_of

    try:
        yield
    except (BrokenPipeError, click.ClickException):
        raise
    except Exception as error:
        code = code_of(error)
        if code == FAILED and not is_expected(error):
            raise
        leave(message_of(error), code)


def ends_all(error: Exception) -> bool:
    """Whether every other document would fail as well, or the error is a defect of ours."""
    from .sync_errors import code_of, is_expected

    return isinstance(error, BrokenPipeError) or code_of(error) != FAILED or not is_expected(error)
