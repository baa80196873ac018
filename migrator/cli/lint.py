"""`migrator lint [PATHS]`, `migrator lint rules`, `migrator lint explain RULE`: needs no database and no driver."""

import sys
from pathlib import Path

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.exits import FINDINGS

_DEFAULT_VERSION = 17
_DEFAULT_FOLDER = "migrations"
_WITH_VALUE = frozenset({"--format", "--dsn", "--env", "--actor", "--pg-version", "--stdin-filepath"})


class _FilesByDefault(click.Group):
    """`lint PATH` means `lint files PATH`; a path that is named like a subcommand is written `./rules`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the subcommand first."""
        if args[:1] and args[0] in self.get_help_option_names(ctx):
            return super().parse_args(ctx, args)
        at = _first_word(args)
        if at is None or args[at] not in self.commands:
            return super().parse_args(ctx, ["files", *args])
        return super().parse_args(ctx, [args[at], *args[:at], *args[at + 1 :]])


def _first_word(args: list[str]) -> int | None:
    """Return the place of the first argument that is neither an option nor an option's value."""
    is_value = False
    for at, word in enumerate(args):
        if not is_value and not word.startswith("-"):
            return at
        is_value = not is_value and word in _WITH_VALUE
    return None


@click.group(cls=_FilesByDefault)
def lint() -> None:
    """Report what locks, breaks or loses in SQL files, and what to write instead.

    `migrator lint [PATHS]` is short for `migrator lint files [PATHS]`.
    """


@lint.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--stdin-filepath", type=click.Path(path_type=Path), help="Read standard input, known by this path.")
@click.option("--pg-version", type=click.IntRange(12, 18), help="Server version to judge by.  [default: 17]")
@pass_session
def files(session: Session, paths: tuple[Path, ...], stdin_filepath: Path | None, pg_version: int | None) -> int:
    """Lint files and folders; without any, the folder of migrations. `-` is standard input."""
    from migrator.lint.report import as_data, as_text
    from migrator.lint.runner import lint as run
    from migrator.lint.source import from_bytes, read_sources

    if stdin_filepath is not None or paths == (Path("-"),):
        sources = iter([from_bytes(str(stdin_filepath or "<stdin>"), sys.stdin.buffer.read())])
    else:
        sources = read_sources(paths or (_migrations(session),))
    report = run(sources, pg_version or _version(session))
    session.show(as_data(report), lambda: as_text(report))
    return FINDINGS if report.errors else 0


@lint.command(cls=Command)
@pass_session
def rules(session: Session) -> None:
    """List the rules."""
    from migrator.lint.rule import all_rules

    found = {rule.id: rule.summary for rule in all_rules().values()}
    width = max(map(len, found))
    data = {"rules": [{"id": name, "summary": summary} for name, summary in found.items()]}
    session.show(data, lambda: "\n".join(f"{name:{width}}  {summary}" for name, summary in found.items()))


@lint.command(cls=Command)
@click.argument("rule_id", metavar="RULE")
@pass_session
def explain(session: Session, rule_id: str) -> None:
    """Say why a rule exists, with SQL that it reports and SQL that it does not."""
    from migrator.lint.report import explanation
    from migrator.lint.rule import get_rule

    rule = get_rule(rule_id)
    sections = {title.lower(): rule.section(title) for title in ("Why", "Bad", "Good")}
    session.show({"id": rule.id, "summary": rule.summary, **sections}, lambda: explanation(rule))


def _has_configuration(session: Session) -> bool:
    """Ask before reading it: the settings cost more time than linting a file."""
    from migrator.config_file import find_file

    return session.config_file is not None or find_file(Path.cwd()) is not None


def _version(session: Session) -> int:
    return session.settings.pg_version if _has_configuration(session) else _DEFAULT_VERSION


def _migrations(session: Session) -> Path:
    """Return the configured folder, relative to where we are when it lies below."""
    if not _has_configuration(session):
        return Path(_DEFAULT_FOLDER)
    folder = session.settings.migrations
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
