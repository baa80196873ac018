"""Runs the root command and turns whatever comes out into a message and an exit code."""

import json
import os
import sys
import traceback
from pathlib import Path

import click

from migrator.cli import exits
from migrator.cli.context import SCHEMA_VERSION, Session
from migrator.errors import DatabaseFailed, MigratorError

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def run(command: click.Command) -> int:  # noqa: PLR0911 one return per way out
    """Run it with the process's arguments and return the exit code."""
    session = Session()
    try:
        code = command.main(standalone_mode=False, obj=session, prog_name="migrator")
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return exits.USAGE
    except MigratorError as exc:
        return _report(exc, session)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. `migrator resume` goes on where the record says.", err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing stdout stays silent
        return _BROKEN_PIPE
    except Exception as exc:  # noqa: BLE001 the last line of defence: a bug is reported as one
        return _report_unexpected(exc, session)


def _report(error: MigratorError, session: Session) -> int:
    code = exits.exit_code(error)
    if session.is_json:
        body = {"kind": type(error).__name__, "situation": error.situation, "todo": error.todo, "exit_code": code}
        document = {"schema_version": SCHEMA_VERSION, "error": {**body, "details": error.details}}
        click.echo(json.dumps(document, default=str, indent=2), err=True)
        return code
    click.echo(f"migrator: {error.situation}", err=True)
    if error.todo:
        click.echo(f"  → {error.todo}", err=True)
    return code


def _report_unexpected(exc: Exception, session: Session) -> int:
    if "psycopg" in sys.modules:
        from migrator.pg.driver import DatabaseError
        from migrator.pg.failures import describe

        if isinstance(exc, DatabaseError):
            failure: DatabaseFailed = describe(exc, "The command")
            return _report(failure, session)
    click.echo(f"migrator: this is a bug: {type(exc).__name__}: {exc}", err=True)
    if session.verbosity > 0:
        traceback.print_exception(exc)
    else:
        where = traceback.extract_tb(exc.__traceback__)[-1]
        name = Path(where.filename).name
        click.echo(f"  at {name}:{where.lineno}; run again with -v for all of it.", err=True)
    return exits.BUG
