"""thoth-storages local: PostgreSQL and an S3 server on this machine, for trying out."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..embedded import LocalServers, ServerStatus

F = TypeVar("F", bound=Callable[..., Any])

_NOT_RUNNING = 3  # as systemctl status


def _directory_option(command: F) -> F:
    return click.option(
        "--directory",
        type=click.Path(file_okay=False, readable=False),
        help="Where the servers keep their data; without it, thoth-storages in your own directory for data.",
    )(command)


@click.group()
def local() -> None:
    """Run PostgreSQL and an S3 server here.

    Example: eval "$(thoth-storages local up)"
    """


@local.command()
@_directory_option
def up(directory: str | None) -> None:
    """Start both servers and print the variables that point at them.

    Use it as: eval "$(thoth-storages local up)". The variables hold passwords. Starting twice is harmless.

    Example: thoth-storages local up --directory ~/servers
    """
    servers = _servers(directory)
    with _one_line_errors():
        click.echo(f"Starting in {servers.directory} ...", err=True)
        _tell(servers.up(), err=True)
        _print_exports(servers)
        click.echo(f"They run until: thoth-storages local down{_where(directory)}", err=True)


@local.command()
@_directory_option
@click.option("--exports", is_flag=True, help="Print the variables that point at the servers, passwords among them.")
@click.pass_context
def status(context: click.Context, directory: str | None, exports: bool) -> None:
    """Say whether the servers run, and where. The exit code is 3 where one does not.

    Example: eval "$(thoth-storages local status --exports)"
    """
    servers = _servers(directory)
    with _one_line_errors():
        found = servers.status()
        _tell(found, err=exports)
        if not all(server.running for server in found):
            click.echo(f"To start them in {servers.directory}: {_up(directory)}", err=True)
            context.exit(_NOT_RUNNING)
        if exports:
            _print_exports(servers)


@local.command()
@_directory_option
def down(directory: str | None) -> None:
    """Stop both servers; their data stays. Harmless where none runs.

    Example: thoth-storages local down
    """
    servers = _servers(directory)
    with _one_line_errors():
        stopped = servers.down()
    for title in stopped:
        click.echo(f"{title}: stopped")
    if not stopped:
        missing = "" if servers.directory.exists() else ": there is no such directory"
        click.echo(f"Nothing ran in {servers.directory}{missing}.")


def _up(directory: str | None) -> str:
    return f'eval "$(thoth-storages local up{_where(directory)})"'


def _where(directory: str | None) -> str:
    return f" --directory {shlex.quote(directory)}" if directory else ""


def _servers(directory: str | None) -> LocalServers:
    from ..embedded import LocalServers, default_directory

    if directory == "":
        raise click.BadParameter("expected a path, not an empty text", param_hint="--directory")
    return LocalServers(Path(directory) if directory else default_directory())


def _tell(found: list[ServerStatus], *, err: bool) -> None:
    for server in found:
        state = "running" if server.running else "stopped"
        where = f" on {server.host}:{server.port}" if server.port else ""
        click.echo(f"{server.title}: {state}{where}", err=err)


def _print_exports(servers: LocalServers) -> None:
    for name, value in servers.environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from ..exceptions import EmbeddedServerError

    try:
        yield
    except EmbeddedServerError as error:
        raise click.ClickException(str(error)) from error
