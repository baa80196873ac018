"""docs/cli.md: every command with its arguments and options, as click knows them."""

from collections.abc import Iterator

import click

from migrator.cli import root
from migrator.cli.context import common_options
from tests.docs.markdown import table

_INTRODUCTION = """\
# Commands

The common options stand before or after the command's name. stdout is the result, stderr is progress.
`--format json` prints one document on stdout, the result or an `error`, with `schema_version`.
What the exit code means: [exit codes](exit-codes.md).
"""


def commands() -> str:
    """Return the page."""
    own = [parameter for parameter in root.params if not _is_common(parameter)]
    context = click.Context(root, info_name="migrator")
    parts = [_INTRODUCTION, "## Common options\n", _options(context, [*own, *common_options()])]
    parts += [_section(context, command) for context, command in walk(root, context)]
    return "\n".join(parts)


def walk(group: click.Group, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    """Yield every command that does something, with its context, in the order of the help."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from walk(command, inner)
        else:
            yield inner, command


def _section(context: click.Context, command: click.Command) -> str:
    own = [parameter for parameter in command.params if not _is_common(parameter)]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"\n## {context.command_path}\n", f"```\n{usage}\n```", _prose(command.help or "")]
    options = _options(context, own)
    return "\n".join([*parts, options] if options else parts)


def _prose(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()).strip() + "\n"


def _options(context: click.Context, parameters: list[click.Parameter]) -> str:
    records = [parameter.get_help_record(context) for parameter in parameters]
    rows = [(f"`{record[0]}`", record[1]) for record in records if record is not None and record[0] != "-h, --help"]
    return table(("option", "meaning"), rows) if rows else ""


def _is_common(parameter: click.Parameter) -> bool:
    common = {name for option in common_options() for name in option.opts}
    return isinstance(parameter, click.Option) and bool(common.intersection(parameter.opts))
