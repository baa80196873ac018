"""`migrator lint [PATHS]`, `migrator lint rules`, `migrator lint explain RULE`: needs no database and no driver."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session
from migrator.cli.default_group import DefaultGroup

if TYPE_CHECKING:
    from migrator.lint.rule import Rule


@click.group(cls=DefaultGroup, default="files")
def lint() -> None:
    """Report what locks, breaks or loses in SQL files, and what to write instead.

    `migrator lint [PATHS]` is short for `migrator lint files [PATHS]`.
    """


def _path(*, is_folder: bool = True) -> click.Path:
    return click.Path(path_type=Path, dir_okay=is_folder)


@lint.command(cls=Command)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--stdin-filepath", type=_path(), help="Read standard input, known by this path.")
@click.option("--pg-version", type=click.IntRange(12, 18), help="Server version to judge by.  [default: 17]")
@click.option(
    "--output",
    multiple=True,
    metavar="FMT[=FILE]",
    help="text, json, sarif, github, gitlab, junit, markdown or gcc; repeatable; without a file on stdout.",
)
@click.option("--fail-on", type=click.Choice(["error", "warning", "never"]), help="What makes the exit code 1.")
@click.option("--changed", is_flag=True, help="Only SQL files that differ from where this branch left --base.")
@click.option("--base", metavar="REF", help="What --changed compares with; by default what CI names, or origin/HEAD.")
@click.option("--history", multiple=True, type=_path(), help="Files that come before; repeatable.")
@click.option("--schema-dump", type=_path(is_folder=False), help="A dump of the schema before the files.")
@click.option("--baseline", type=_path(is_folder=False), help="Known findings, which are not reported.")
@click.option("--write-baseline", type=_path(is_folder=False), help="Write all findings to this file as known.")
@click.option("--assume-transaction/--no-assume-transaction", default=None, help="Whether files run in a transaction.")
@click.option("--fix", is_flag=True, help="Write the mechanical rewrites into the files.")
@click.option("--diff", is_flag=True, help="Show the mechanical rewrites as a diff.")
@click.option("--effects", is_flag=True, help="Print what every statement does, one JSON document per line.")
@pass_session
def files(session: Session, **options: Any) -> int:  # noqa: ANN401 click's values, as LintOptions declares them
    """Lint files, folders and patterns; without any, the folder of migrations. `-` is standard input.

    The schema before the files comes from the earlier migrations, or from --dsn, --schema-dump or --history.
    Exit code 0: clean; 1: findings at or above --fail-on; 2: something could not be read.
    """
    from migrator.cli.linting import LintOptions, LintRun

    run = LintRun(session, LintOptions(**options))
    if options["effects"]:
        return run.effects()
    if options["fix"] or options["diff"]:
        run.fix()
    return run.report()


@lint.command(cls=Command)
@pass_session
def rules(session: Session) -> None:
    """List the rules: severity, lock, first server version, whether it is on by default."""
    from migrator.lint.rule import all_rules

    records = [rule_data(rule) for rule in all_rules().values()]
    session.show({"rules": records}, lambda: _table(records))


@lint.command(cls=Command)
@click.argument("rule_id", metavar="RULE")
@pass_session
def explain(session: Session, rule_id: str) -> None:
    """Say why a rule exists, with SQL that it reports and SQL that it does not."""
    from migrator.lint.rule import get_rule

    rule = get_rule(rule_id)
    sections = {title.lower(): rule.section(title) for title in ("Why", "Bad", "Good")}
    session.show({**rule_data(rule), **sections}, lambda: f"{rule.id}\n\n{rule.documentation}")


def rule_data(rule: "Rule") -> dict[str, Any]:
    """Return what a rule says of itself, as JSON values."""
    return {
        "id": rule.id,
        "summary": rule.summary,
        "severity": rule.severity.value,
        "category": rule.category.value,
        "lock": str(rule.lock) if rule.lock is not None else None,
        "since": rule.since,
        "on_by_default": rule.is_default,
    }


def _table(records: list[dict[str, Any]]) -> str:
    width = max(len(record["id"]) for record in records)
    lines = [f"{'rule':{width}}  {'severity':8}  {'lock':22}  since  {'default':7}  what it reports"]
    for record in records:
        lock, is_on = record["lock"] or "-", "on" if record["on_by_default"] else "off"
        head = f"{record['id']:{width}}  {record['severity']:8}  {lock:22}  {record['since']:5}  {is_on:7}"
        lines.append(f"{head}  {record['summary']}")
    return "\n".join(lines)
