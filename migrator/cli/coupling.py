"""`migrator coupling …`: schema and application code never ship in the same release. Needs git, no database."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrator.state.commitments import Commitment


@click.group()
def coupling() -> None:
    """Check that schema and code do not ship in the same release."""


@coupling.command(cls=Command)
@click.option("--base", metavar="REF", help="Where the change goes; by default what CI names, or origin/HEAD.")
@click.option("--head", metavar="REF", help="The change; by default what CI names, or HEAD.")
@click.option(
    "--range", "range_", metavar="A..B", help="A release: deployed commit to candidate; ..B asks the database."
)
@click.option(
    "--deployed",
    multiple=True,
    metavar="REF",
    help="A commit that runs now; repeatable. Default: what `deploy record` stored; without a database the base.",
)
@click.option("--evidence", type=click.Path(dir_okay=False), help="Judge this file of evidence, and look nowhere else.")
@click.option("--mode", type=click.Choice(["strict"]), help="Judge strictly, whatever the policy of the base says.")
@click.option("--forge", type=click.Choice(["auto", "none"]), default="auto", help="Whether the forge's API is asked.")
@click.option("--comment", is_flag=True, help="Write the result as a comment on the pull request, or renew it.")
@click.option(
    "--output",
    multiple=True,
    metavar="FMT[=FILE]",
    help="text, json, sarif, github, gitlab, junit, markdown or gcc; repeatable; without a file on stdout.",
)
@pass_session
def check(session: Session, **options: Any) -> int:  # noqa: ANN401 click's values, as CheckOptions declares them
    """Judge a pull request, or with --range a release.

    Exit code 0: pass, or overridden; 1: fail; 2: wrong input; 3: unknown, which never passes.
    """
    from migrator.cli.coupling_check import CheckOptions, run_check

    return run_check(session, CheckOptions(**options))


@coupling.command(cls=Command)
@click.argument("paths", nargs=-1, required=True)
@pass_session
def explain(session: Session, paths: tuple[str, ...]) -> None:
    """Say which class each path has and why, by the policy as it stands here."""
    from migrator.coupling.classify import classifier_of

    classifier = classifier_of(session.settings.coupling)
    found = {path: classifier.explain(path) for path in paths}
    data = [{"path": path, "class": kind.value, "because": why} for path, (kind, why) in found.items()]
    session.show({"paths": data}, lambda: "\n".join(f"{d['path']}: {d['class']} ({d['because']})" for d in data))


@coupling.command(cls=Command)
@click.option("--overdue", is_flag=True, help="Only those that are past their date; exit 1 when there are any.")
@pass_session
def commitments(session: Session, *, overdue: bool) -> int:
    """List the postmortems that overrides owe; an overdue one blocks the next override."""
    from migrator.cli.exits import FINDINGS
    from migrator.pg.connection import connect
    from migrator.state import commitments as ledger
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with connect(session.dsn(), application_name="migrator/coupling") as connection:
        require_installed(connection)
        found = [c for c in ledger.commitments(Store(connection, session.actor)) if c.is_overdue or not overdue]
    session.show({"commitments": [asdict(c) for c in found]}, lambda: _listed(found))
    return FINDINGS if overdue and found else 0


def _listed(found: "Sequence[Commitment]") -> str:
    if not found:
        return "No postmortem is owed."
    return "\n".join(f"{_standing(c)}  {c.due:%Y-%m-%d %H:%M}  {c.id}  {c.postmortem}  {c.reason}" for c in found)


def _standing(commitment: "Commitment") -> str:
    return "overdue" if commitment.is_overdue else "closed " if commitment.closed_at else "open   "


@coupling.command(cls=Command)
@click.argument("commitment_id", metavar="ID")
@click.option("--note", required=True, help="Where the postmortem is and what came of it; kept for ever.")
@pass_session
def close(session: Session, commitment_id: str, note: str) -> None:
    """Record that the postmortem of an override was written."""
    from migrator.pg.connection import connect
    from migrator.state.commitments import close_commitment
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    with connect(session.dsn(), application_name="migrator/coupling") as connection:
        require_installed(connection)
        close_commitment(Store(connection, session.actor), commitment_id, note)
    session.show_change({"commitment": commitment_id, "actor": session.actor}, lambda: f"{commitment_id} is closed.")
