"""Thin click commands, loaded when asked for: options, one library call, a rendering, an exit code."""

import os
import sys
from pathlib import Path

import click

from migrator import __version__
from migrator.cli.context import Session
from migrator.cli.lazy import LazyGroup

COMMANDS = {
    "init": ("migrator.cli.init:init", "Install or upgrade the schema migrator in the database."),
    "new": ("migrator.cli.new:new", "Render a migration's folder from a recipe."),
    "lint": ("migrator.cli.lint:lint", "Report what locks, breaks or loses in SQL files."),
    "coupling": ("migrator.cli.coupling:coupling", "Check that schema and code do not ship in the same release."),
    "references": ("migrator.cli.references:references", "Find which tables and columns the code uses."),
    "plan": ("migrator.cli.plan:plan", "Show what would run, with locks, sizes and present blockers."),
    "expand": ("migrator.cli.expand:expand", "Run expand.sql: old and new code both work afterwards."),
    "migrate": ("migrator.cli.phases:migrate", "Run the backfills, prove them, then run migrate.sql."),
    "contract": ("migrator.cli.contract:contract", "Ask the gates; when all are open, run contract.sql."),
    "abort": ("migrator.cli.phases:abort", "Run abort.sql: the schema is as before expand."),
    "resume": ("migrator.cli.phases:resume", "Go on with the phase that was interrupted."),
    "reconcile": (
        "migrator.cli.reconcile:reconcile",
        "Compare the records with the catalog; exit 1 when they differ.",
    ),
    "verify": ("migrator.cli.verify:verify", "Run verify.sql and count rows that are left or differ."),
    "backfill": ("migrator.cli.backfill:backfill", "Run, watch, pause and resume backfills."),
    "gate": ("migrator.cli.gate_force:gate", "Show what a phase waits for (`migrator gate ID`), or force a gate."),
    "approve": ("migrator.cli.gate:approve", "Approve the contract as its files and its plan are now."),
    "softdrop": ("migrator.cli.softdrop:softdrop", "Keep what a contract removes from applications."),
    "deploy": ("migrator.cli.deploy:deploy", "Record and list the deploys of services."),
    "heartbeat": ("migrator.cli.heartbeat:heartbeat", "Say every few seconds that this version is alive."),
    "statements": ("migrator.cli.statements:statements", "Watch which statements run, for the gate `statements`."),
    "status": ("migrator.cli.status:status", "Show where every migration is, what comes next, and what is late."),
    "overdue": ("migrator.cli.status:overdue", "Show contracts that are past their date."),
    "audit": ("migrator.cli.audit:audit", "Show, export and verify the record of everything that happened."),
    "history": ("migrator.cli.history:history", "Show what happened, who did it and when."),
    "baseline": ("migrator.cli.baseline:baseline", "Record migrations as there already."),
    "repair": ("migrator.cli.repair:repair", "Accept files that changed after they were recorded."),
    "drift": ("migrator.cli.drift:drift", "Show what changed in the catalog outside of migrations."),
    "serve": ("migrator.cli.serve:serve", "Serve gates, metrics and the status page over HTTP."),
    "sandbox": ("migrator.cli.sandbox:sandbox", "Start a private primary with streaming replicas to play with."),
    "demo": ("migrator.cli.demo:demo", "Rename a column under live traffic on a private server."),
}


def _change_directory(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None and not context.resilient_parsing:
        os.chdir(value)


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 findings, 2 wrong input, 3 not yet (safe to run again), 4 refused, "
    "5 outcome unknown or database failed, 70 a bug, 75 stopped with work left.",
)
@click.option(
    "-C",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_change_directory,
    help="Work in this directory.",
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Configuration file.")
@click.version_option(__version__, prog_name="migrator")
@click.pass_context
def root(context: click.Context, config: Path | None) -> None:
    """Take schema changes to busy PostgreSQL databases with zero downtime: expand, migrate, contract."""
    context.ensure_object(Session).config_file = config.absolute() if config else None


def main() -> None:
    """Run the command line; the one place that turns errors into exit codes."""
    from migrator.cli.failures import run

    # Plugins of other packages have no business here, and looking for them costs as much as reading a file.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.exit(run(root))
