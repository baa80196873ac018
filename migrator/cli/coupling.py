"""`migrator coupling …`: schema and application code never ship in the same release. Needs git, no database."""

from typing import Any

import click

from migrator.cli.context import Command, Session, pass_session


@click.group()
def coupling() -> None:
    """Check that schema and application code do not ship in the same release."""


@coupling.command(cls=Command)
@click.option("--base", metavar="REF", help="Where the change goes; by default what CI names, or origin/HEAD.")
@click.option("--head", metavar="REF", help="The change; by default what CI names, or HEAD.")
@click.option("--range", "range_", metavar="A..B", help="A release: from the deployed commit to the candidate.")
@click.option("--deployed", multiple=True, metavar="REF", help="A commit that runs now; repeatable. Default: the base.")
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
    from migrator.coupling.classify import Classifier

    classifier = Classifier(session.settings.coupling)
    found = {path: classifier.explain(path) for path in paths}
    data = [{"path": path, "class": kind.value, "because": why} for path, (kind, why) in found.items()]
    session.show({"paths": data}, lambda: "\n".join(f"{d['path']}: {d['class']} ({d['because']})" for d in data))
