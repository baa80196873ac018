"""`migrator init`: our schema in the database, and a configuration file beside the migrations."""

from pathlib import Path

import click

from migrator.cli.context import Command, Session, pass_session

_CONFIG = """\
# migrator's settings; every key and its default: docs/settings.md
migrations = "migrations"
pg_version = {major}

[backfill]
max_lag = "2s"
target_batch = "200ms"

# [services.checkout]                              # versions alive are a gate for contracts
# app_name = "^checkout/(?P<version>[^ +]+)"       # read from application_name
"""


@click.command(cls=Command)
@click.option("--no-config", is_flag=True, help="Do not write migrator.toml when there is none.")
@click.option(
    "--heartbeat-role", "roles", multiple=True, help="Only this role may call migrator.heartbeat; may be repeated."
)
@pass_session
def init(session: Session, no_config: bool, roles: tuple[str, ...]) -> None:
    """Install or upgrade the schema migrator in the database; safe to run again."""
    from migrator.config import find_file
    from migrator.deploys.heartbeat import grant_heartbeat
    from migrator.pg.connection import connect, server_version
    from migrator.state.install import install

    with connect(session.dsn()) as connection:
        before, after = install(connection)
        if roles:
            grant_heartbeat(connection, roles)
        major = server_version(connection) // 10000
    file = session.config_file or find_file(Path.cwd())
    if file is None and not no_config:
        file = Path("migrator.toml")
        file.write_text(_CONFIG.format(major=min(max(major, 12), 18)), encoding="utf-8")
        session.tell(f"Wrote {file}.")
    data = {"version_before": before, "version": after, "config": str(file) if file else None}
    session.show_change(data, lambda: _text(before, after))


def _text(before: int, after: int) -> str:
    if before == after:
        return f"The schema migrator is there already (version {after})."
    return f"The schema migrator is installed (version {after})."
