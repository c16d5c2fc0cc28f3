"""What a shell offers on Tab where a kind of documents is to be named; click 8 and newer ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _kinds(incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from ..sync import KINDS
    from .sync_choice import name_of

    return [CompletionItem(name) for name in map(name_of, KINDS) if name.startswith(incomplete)]


class KindsArgument(click.Argument):
    """KINDs."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of kinds that begin so, in the order in which they are synced."""
        return _kinds(incomplete)


class KindOption(click.Option):
    """--kind."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of kinds that begin so, in the order in which they are synced."""
        return _kinds(incomplete)
