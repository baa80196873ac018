"""What every command gets: where it works, which database, how it prints. Loaded by all commands, imports little.

`Session` is click's `ctx.obj`. The common options stand on the root and on each command, so that
`migrator --format json status` and `migrator status --format json` are the same.
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from migrator.config import Settings

SCHEMA_VERSION = 1
"""Version of every `--format json` output; it grows when a key changes its meaning or goes away."""


_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE")


@dataclass
class Session:
    """The options of one invocation; settings and the connection string are read when first asked for."""

    config_file: Path | None = None
    env: str | None = None
    dsn_option: str | None = None
    format: str = "text"
    verbosity: int = 0
    """-1 quiet, 0 normal, 1 verbose."""
    actor_option: str | None = None

    @cached_property
    def configuration(self) -> Path | None:
        """The configuration file; to ask for it costs nothing, to read it costs pydantic."""
        from migrator.config_file import find_file

        return self.config_file or find_file(Path.cwd())

    @property
    def has_configuration(self) -> bool:
        """Whether there is a configuration file."""
        return self.configuration is not None

    @cached_property
    def settings(self) -> "Settings":
        """The configuration file's contents, or the defaults."""
        from migrator.config import load_settings

        return load_settings(self.configuration)

    @property
    def has_dsn(self) -> bool:
        """Whether a database was named by option or environment."""
        import os

        named = ("MIGRATOR_DSN", "DATABASE_URL", *_LIBPQ)
        return bool(self.dsn_option or self.env or any(os.environ.get(name) for name in named))

    def dsn(self) -> str:
        """Return the connection string; empty means libpq's own PG* variables."""
        from migrator.config import resolve_dsn

        return resolve_dsn(self.settings, dsn=self.dsn_option, env=self.env)

    @property
    def actor(self) -> str:
        """Who is acting, for the record."""
        from migrator.state.actor import current_actor

        return current_actor(self.actor_option)

    @property
    def is_json(self) -> bool:
        """Whether results are printed as JSON."""
        return self.format == "json"

    def show(self, data: Mapping[str, Any], text: Callable[[], str]) -> None:
        """Print a command's result on stdout: the data as JSON, or the text, which is made only when asked for."""
        if self.is_json:
            click.echo(as_document(data))
        else:
            click.echo(text().rstrip("\n"))

    def show_change(self, data: Mapping[str, Any], text: Callable[[], str]) -> None:
        """Print the result of a command that changed something, with the tip of the audit.

        Whoever keeps this output can prove later that the audit's newest rows are still there.
        """
        tip = self.audit_tip()
        self.show(data if tip is None else {**data, "audit_tip": tip}, text)
        self.tell_tip(tip)

    def tell_tip(self, tip: str | None) -> None:
        """Print the tip on stderr, for the logs of whoever ran this."""
        if tip is not None:
            self.tell(f"Audit tip: {tip}")

    def audit_tip(self) -> str | None:
        """Return the end of the audit's chain as `SEQ:HASH`; None where it cannot be read: what is done stays done."""
        from migrator.audit.rows import tip
        from migrator.errors import MigratorError
        from migrator.pg.connection import connect
        from migrator.pg.driver import DatabaseError

        try:
            with connect(self.dsn(), application_name="migrator/tip", connect_timeout=5) as connection:
                end = tip(connection)
        except (MigratorError, DatabaseError):
            return None
        return str(end) if end else None

    def tell(self, message: str) -> None:
        """Print progress on stderr, unless quiet; a closed stderr must not end a migration half-way."""
        if self.verbosity >= 0:
            with contextlib.suppress(OSError, ValueError):
                click.echo(message, err=True)


def as_document(data: Mapping[str, Any]) -> str:
    """Return the JSON document of a result or of an error."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **data}, default=_as_json, indent=2)


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(context: click.Context, _: click.Parameter, value: Any) -> Any:  # noqa: ANN401 click's own type
        if value is not None and value is not False:
            session = context.ensure_object(Session)
            setattr(session, name, value)
        return value

    return callback


def common_options() -> list[click.Option]:
    """Return fresh copies of the options that the root and every command share."""

    def option(*names: str, target: str, **attributes: Any) -> click.Option:  # noqa: ANN401 passed on to click
        return click.Option(names, expose_value=False, callback=_set(target), **attributes)

    return [
        option("--dsn", target="dsn_option", help="Connection string of the database (or MIGRATOR_DSN, PG*)."),
        option("--env", target="env", help="Environment of the configuration file."),
        option("--format", target="format", type=click.Choice(["text", "json"]), help="How results are printed."),
        option("--actor", target="actor_option", help="Who is acting, for the record."),
        option(
            "-q",
            "--quiet",
            target="verbosity",
            flag_value=-1,
            is_flag=True,
            type=int,
            default=None,
            help="No progress.",
        ),
        option(
            "-v",
            "--verbose",
            target="verbosity",
            flag_value=1,
            is_flag=True,
            type=int,
            default=None,
            help="More progress.",
        ),
    ]


class Command(click.Command):
    """A command that accepts the common options after its name as well."""

    def __init__(self, *args: Any, **attributes: Any) -> None:  # noqa: ANN401 click's signature
        super().__init__(*args, **attributes)
        taken = {name for parameter in self.params for name in parameter.opts}
        self.params += [option for option in common_options() if not taken.intersection(option.opts)]


pass_session = click.make_pass_decorator(Session, ensure=True)
