"""The help of thoth-storages: its commands by what people want, on one screen."""

from __future__ import annotations

from collections.abc import Iterator

import click

GROUPS = {
    "Try it": ("demo", "local", "bench"),
    "Ask": ("show", "tree", "dependents", "generate-schema"),
    "Fill": ("sync", "documents"),
    "Operate": ("doctor", "stats", "schema", "purge", "backup", "restore"),
    "Cache": ("graph-cache", "store-cache", "restore-cache"),
}
"""The commands of each group, in the order in which one comes to need them. All but hidden ones stand here."""

_TITLES = max(map(len, GROUPS)) + 2
_NAMES = max(len(name) for names in GROUPS.values() for name in names) + 2


def also_called(name: str, command: click.Command, *, hidden: bool = False) -> click.Command:
    """The same command by another name."""
    return click.Command(name, params=command.params, callback=command.callback, help=command.help, hidden=hidden)


class GroupedCommands(click.Group):
    """A group whose help lists its commands by GROUPS, and its options in one line."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        formatter.write("\n")
        for row in self._rows(ctx, formatter.width):
            formatter.write(f"{row}\n")
        options = [", ".join(one.opts) for one in self.get_params(ctx) if isinstance(one, click.Option)]
        formatter.write(f"\nOptions: {'; '.join(options)}. Commands have --help, too.\n")

    def _rows(self, ctx: click.Context, width: int) -> Iterator[str]:
        for title, names in GROUPS.items():
            shown = title
            for name in names:
                command = self.get_command(ctx, name)
                if command is not None:
                    # click 7 does not count the dots at the end
                    words = command.get_short_help_str(max(width - _TITLES - _NAMES - len("..."), 10))
                    yield f"{shown:<{_TITLES}}{name:<{_NAMES}}{words}"
                    shown = ""
