"""thoth-storages documents: looking at object storage, and putting documents there."""

from __future__ import annotations

import click

from .documents_get import get
from .documents_ls import ls
from .documents_put import put
from .documents_verify import verify


@click.group()
def documents() -> None:
    """List, fetch, store and verify documents in object storage.

    Kinds are named as thoth-storages sync names them. The settings say where the store is; verify asks the graph, too.

    \b
    Example: thoth-storages documents ls solver
             thoth-storages documents get adviser-261122113528-9609fe253f1fb928
             thoth-storages documents put *.json
             thoth-storages documents verify
    """  # noqa: D301 (click's mark for lines that are to stay as they are)


for command in (ls, get, put, verify):
    documents.add_command(command)
