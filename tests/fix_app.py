"""An application with a migration: its table, a rendered rename, an engine, and clients of the old and new code.

`shop` is the fixture: a database with our schema and the demo's tables (few rows), and the files of a rename of
users.email to users.mail in a temporary folder.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from migrator.clock import SystemClock
from migrator.config import BackfillSettings, LockSettings, Service, Settings
from migrator.events import Event, EventKind, Events
from migrator.pg.connection import Connection, connect
from migrator.phases.approval import approve_contract
from migrator.phases.engine import Engine
from migrator.phases.folder import Migration, load_migration
from migrator.recipes.rename_column import RenameColumn
from migrator.sandbox.clients import Fleet, fleet
from migrator.schema.catalog import read_schema
from migrator.state.store import Store
from tests.fix_server import ROWS, Database, fill_shop

RENAME = "20260901_users_email_to_mail"


@dataclass
class Shop:
    """One application's database and its migrations folder."""

    dsn: str
    migrations: Path
    stop: threading.Event = field(default_factory=threading.Event)
    heard: list[Event] = field(default_factory=list[Event])

    def engine(self, *listeners: Callable[[Event], None], **locks: Any) -> Engine:
        settings = Settings(
            services={"shop": Service(app_name=r"^shop/(?P<version>[^ +]+)")},
            locks=LockSettings.model_validate({"budget": "20s", "runner_wait": "5s", **locks}),
            backfill=BackfillSettings(batch_size=100),
        )
        return Engine(self.dsn, settings, SystemClock(self.stop), Events(self.heard.append, *listeners), "tester")

    def migration(self, name: str = RENAME) -> Migration:
        return load_migration(self.migrations / name)

    def write(self, name: str, **files: str) -> Migration:
        """Write a migration's folder: `expand="…"` becomes expand.sql; `manifest` is migration.toml."""
        folder = self.migrations / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "migration.toml").write_text(files.pop("manifest", ""))
        for phase, text in files.items():
            (folder / f"{phase}.sql").write_text(text)
        return load_migration(folder)

    def render_rename(self, **changes: Any) -> Migration:
        values = {
            "table": "public.users",
            "from": "email",
            "to": "mail",
            "contract_by": date(2099, 1, 1),
            "soak": "0ms",
            "approvals": 0,
            **changes,
        }
        with connect(self.dsn) as connection:
            version = connection.info.server_version // 10000
            rendering = RenameColumn.read(values).render(read_schema(connection), RENAME, version)
        (self.migrations / RENAME).mkdir(parents=True)
        for name, text in rendering.files.items():
            (self.migrations / RENAME / name).write_text(text)
        return self.migration()

    def approve(self, actor: str = "dana") -> None:
        with connect(self.dsn) as connection:
            approve_contract(Store(connection, actor), self.migration(), "looked at the dashboards")

    def state(self, name: str = RENAME) -> str:
        with connect(self.dsn) as connection:
            record = Store(connection, "tester").migration(name)
            return record.state.value if record else "none"

    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.heard]

    def old_code(self) -> Fleet:
        """Two clients that know `email`; they own the first half of the rows."""
        return fleet(self.dsn, column="email", version="1.9", count=2, first_slot=0, rows_per_client=ROWS // 4)

    def new_code(self) -> Fleet:
        """Two clients that know `mail`, and `email` only where `mail` is still empty; they own the second half."""
        return fleet(
            self.dsn,
            column="mail",
            fallback="email",
            version="2.0",
            count=2,
            first_slot=2,
            rows_per_client=ROWS // 4,
        )


def make_shop(database: Database, folder: Path) -> Shop:
    """Fill the database and return the shop; its migrations folder is empty."""
    with connect(database.dsn) as connection:
        fill_shop(connection)
    return _shop_in(database, folder)


def _shop_in(database: Database, folder: Path) -> Shop:
    migrations = folder / "migrations"
    migrations.mkdir()
    return Shop(database.dsn, migrations)


# `fix_server` fills the database of a test that takes one of these.
@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return _shop_in(database, tmp_path)


@pytest.fixture
def one_shop(one_database: Database, tmp_path: Path) -> Shop:
    return _shop_in(one_database, tmp_path)


def users(connection: Connection, column: str) -> dict[int, str]:
    """Return every user's address."""
    query = f"SELECT id, {column} AS address FROM users ORDER BY id".encode()
    return {row["id"]: row["address"] for row in connection.execute(query)}
