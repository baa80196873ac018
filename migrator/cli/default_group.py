"""A group of which one subcommand need not be named: `lint PATH` is `lint files PATH`, `gate ID` is `gate show ID`."""

from typing import Any

import click

from migrator.cli.context import common_options


class DefaultGroup(click.Group):
    """The subcommand may stand behind options; a path that is named like one is written `./rules`."""

    def __init__(self, *args: Any, default: str, **attributes: Any) -> None:  # noqa: ANN401 click's own
        super().__init__(*args, **attributes)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the subcommand first."""
        if args[:1] and args[0] in self.get_help_option_names(ctx):
            return super().parse_args(ctx, args)
        at = _first_word(args, self._with_value())
        if at is None or args[at] not in self.commands:
            return super().parse_args(ctx, [self.default, *args])
        return super().parse_args(ctx, [args[at], *args[:at], *args[at + 1 :]])

    def _with_value(self) -> frozenset[str]:
        """The options that are followed by a value: what stands behind one is no subcommand."""
        own = (param for param in self.commands[self.default].params if isinstance(param, click.Option))
        return frozenset(name for option in (*common_options(), *own) if not option.is_flag for name in option.opts)


def _first_word(args: list[str], with_value: frozenset[str]) -> int | None:
    """Return the place of the first argument that is neither an option nor an option's value."""
    is_value = False
    for at, word in enumerate(args):
        if not is_value and not word.startswith("-"):
            return at
        is_value = not is_value and word in with_value
    return None
