"""`migrator statements record`: a reading of pg_stat_statements on every server, for schedulers."""

import click

from migrator.cli.context import Command, Session, pass_session


@click.group()
def statements() -> None:
    """Watch which statements run, for the gate `statements`."""


@statements.command(cls=Command)
@pass_session
def record(session: Session) -> int:
    """Read pg_stat_statements of the primary and every replica; exit 1 when a server could not be read."""
    from migrator.cli.exits import FINDINGS
    from migrator.deploys.watching import watch_statements
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.state.install import require_installed

    settings = session.settings.only(session.env)
    with (
        connect(session.dsn(), application_name="migrator/statements") as connection,
        translated("Reading the statements"),
    ):
        require_installed(connection)
        found = watch_statements(connection, settings)
    data = [{"server": w.name, "problem": w.problem, "doubts": list(w.doubts), "ran": w.ran} for w in found]
    lines = [f"{w.name}: {w.problem or f'{w.ran} statements ran since the last reading'}" for w in found]
    session.show({"servers": data}, lambda: "\n".join(lines))
    return FINDINGS if any(w.problem for w in found) else 0
