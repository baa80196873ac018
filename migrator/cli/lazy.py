"""A click group that imports a command's module when the command is asked for, and not for `--help`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from migrator.cli.context import common_options


class LazyGroup(click.Group):
    """Commands as `name -> (module:attribute, one line of help)`; the order is that of the table."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **attributes: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **attributes)
        self.table = table
        self.params += common_options()

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command."""
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])
