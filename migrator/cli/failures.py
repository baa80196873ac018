"""Runs the root command and turns whatever comes out into a message and an exit code.

stderr gets the message in words. With `--format json` stdout gets it as well, as one document with the key `error`:
a script reads stdout and finds either the result or the reason, never half of both.
"""

import contextlib
import os
import sys
import traceback
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import click

from migrator.cli import exits
from migrator.cli.context import Session, as_document
from migrator.errors import MigratorError

_PROGRAM = "migrator"
_COMPLETION = "_MIGRATOR_COMPLETE"
"""Set by the shell, by click's convention, when it asks for completions."""


def run(command: click.Command) -> int:
    """Run it with the process's arguments and return the exit code."""
    try:
        return _run(command, Session())
    except BrokenPipeError:
        return exits.PIPE_CLOSED
    finally:
        _drop_closed_streams()


def _run(command: click.Command, session: Session) -> int:
    try:
        if _COMPLETION in os.environ:
            command.main(prog_name=_PROGRAM)
        # Not `command.main`: it ends the process with 1 when nobody reads stdout, and 1 is our code for findings.
        with command.make_context(_PROGRAM, sys.argv[1:], obj=session) as context:
            code = command.invoke(context)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        return _report_usage(exc, session)
    except MigratorError as exc:
        return _report(exc, session)
    except (click.Abort, KeyboardInterrupt):
        return _report_interrupt(session)
    except BrokenPipeError:
        raise
    except Exception as exc:  # noqa: BLE001 the last line of defence: a bug is reported as one
        return _report_unexpected(exc, session)


def _drop_closed_streams() -> None:
    """Let Python end in silence, and with our exit code, when nobody reads what it still holds in its buffers."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _report(error: MigratorError, session: Session) -> int:
    lines = [f"migrator: {error.situation}"] + ([f"  → {error.todo}"] if error.todo else [])
    body = {"kind": type(error).__name__, "situation": error.situation, "todo": error.todo}
    return _told(session, lines, body, exits.exit_code(error), error.details)


def _report_usage(exc: click.ClickException, session: Session) -> int:
    with contextlib.suppress(OSError, ValueError):
        exc.show()
    context = exc.ctx if isinstance(exc, click.UsageError) else None
    todo = f"See `{context.command_path} --help`." if context else ""
    body = {"kind": "UsageError", "situation": exc.format_message().rstrip("\n"), "todo": todo}
    return _told(session, [], body, exits.USAGE)


def _report_interrupt(session: Session) -> int:
    situation, todo = "Interrupted at once.", "`migrator status` says what is done; `migrator resume ID` goes on there."
    body = {"kind": "Interrupted", "situation": situation, "todo": todo}
    return _told(session, [f"migrator: {situation}", f"  → {todo}"], body, exits.STOPPED)


def _report_unexpected(exc: Exception, session: Session) -> int:
    if "psycopg" in sys.modules:
        from migrator.pg.driver import DatabaseError
        from migrator.pg.failures import describe

        if isinstance(exc, DatabaseError):
            return _report(describe(exc, "The command"), session)
    where = traceback.extract_tb(exc.__traceback__)[-1]
    situation = f"This is a bug: {type(exc).__name__}: {exc}"
    todo = f"Report it with the command and {Path(where.filename).name}:{where.lineno}; -v shows all of it."
    body = {"kind": "Bug", "situation": situation, "todo": todo}
    code = _told(session, [f"migrator: {situation}", f"  → {todo}"], body, exits.BUG)
    if session.verbosity > 0:
        traceback.print_exception(exc)
    return code


def _told(
    session: Session,
    lines: list[str],
    body: Mapping[str, object],
    code: int,
    details: Mapping[str, object] | None = None,
) -> int:
    """Print the lines on stderr, and the document on stdout when JSON was asked for; return the code."""
    for line in lines:
        with contextlib.suppress(OSError, ValueError):
            click.echo(line, err=True)
    if session.is_json or _asks_for_json(sys.argv):
        click.echo(as_document({"error": {**body, "exit_code": code, "details": details or {}}}))
    return code


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether JSON was asked for on a command line that could not be read to its end."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
