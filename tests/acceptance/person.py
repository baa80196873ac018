"""A person at a shell: runs `migrator` in a folder of their own, against a database of the test.

Whatever a command is asked, it may not answer with a traceback, a warning of Python, colours for a pipe or a password:
every answer is looked at for these.
"""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.pg.connection import Connection, connect
from migrator.pg.driver import conninfo_to_dict
from tests import forked
from tests.fix_server import Database

RENAME = ("new", "rename-column", "--table", "public.users", "--from", "email", "--to", "mail")
_NEVER = ("Traceback", "Warning:", "Exception ignored", "\x1b[")
_TIMEOUT_SECONDS = 90

Answer = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Person:
    """`folder` is where they work; `dsn` is in their environment as MIGRATOR_DSN."""

    folder: Path
    dsn: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def migrator(self, *arguments: str, exits: int = 0, **environment: str) -> Answer:
        """Run a command to its end, which must be this exit code."""
        done = forked.run(*arguments, folder=self.folder, environment=self._environment() | environment)
        return self._answer(done.returncode, done.stdout.decode(), done.stderr.decode(), exits)

    def json(self, *arguments: str, exits: int = 0, **environment: str) -> dict[str, Any]:
        """Run a command with `--format json` and return its document; stdout holds nothing else."""
        answer = self.migrator(*arguments, "--format", "json", exits=exits, **environment)
        document = json.loads(answer.stdout)
        assert document.pop("schema_version") == 1
        return document

    def start(self, *arguments: str, stdin: int | None = None, **environment: str) -> "subprocess.Popen[str]":
        """Start a command and leave it running; without `stdin` nobody is there to be asked."""
        command = [sys.executable, "-W", "error", "-m", "migrator", *arguments]
        pipe = subprocess.PIPE
        env = self._environment() | environment
        asked = subprocess.DEVNULL if stdin is None else stdin
        return subprocess.Popen(command, stdin=asked, stdout=pipe, stderr=pipe, text=True, cwd=self.folder, env=env)

    def finish(self, process: "subprocess.Popen[str]", exits: int) -> Answer:
        """Wait for the end of a started command and look at what is left of its answer."""
        out, err = process.communicate(timeout=_TIMEOUT_SECONDS)
        return self._answer(process.returncode, out, err, exits)

    def _answer(self, code: int, out: str, err: str, exits: int) -> Answer:
        """Check what no answer may hold, and the exit code."""
        said = f"exit code {code}\nstdout: {out}\nstderr: {err}"
        assert code == exits, said
        assert [word for word in (*_NEVER, *self._secrets()) if word in out + err] == [], said
        return subprocess.CompletedProcess(["migrator"], code, out, err)

    def plan_id(self, migration: str, phase: str = "contract") -> str:
        """Return the id of the plan of a phase, as `migrator plan` shows it."""
        return self.json("plan", migration, "--phase", phase)["plan_id"]

    def psql(self, *statements: str) -> None:
        """Run SQL as the application's owner would."""
        with connect(self.dsn, application_name="psql") as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def value(self, query: str) -> Any:
        """Return the one value of a query."""
        with connect(self.dsn, application_name="psql") as connection:
            row = connection.execute(query.encode()).fetchone()
        return next(iter(row.values())) if row else None

    def migration(self) -> str:
        """Return the id of the only migration in the folder."""
        (folder,) = (self.folder / "migrations").iterdir()
        return folder.name

    def make_users(self, rows: int) -> None:
        """Create the table of the README, filled."""
        self.psql(
            "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL)",
            f"INSERT INTO users SELECT i, 'user' || i || '@example.org' FROM generate_series(1, {rows}) i",
            "ANALYZE users",
        )

    def render_rename(self, **limits: str) -> str:
        """Render the rename of the README, with limits of its backfill; return its id."""
        self.migrator(*RENAME, "--soak", "0s", "--approvals", "1")
        if limits:
            file = self.folder / "migrations" / self.migration() / "migration.toml"
            text = ", ".join(f"{key} = {value}" for key, value in limits.items())
            lines = file.read_text().replace("[[backfill]]\n", f"[[backfill]]\nlimits = {{ {text} }}\n")
            file.write_text(lines)
        return self.migration()

    def slow_updates(self, seconds: float) -> None:
        """Let each changed row take so long, until `fast_updates`."""
        self.psql(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$",
            "CREATE TRIGGER slow BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION slow()",
        )

    def fast_updates(self) -> None:
        """End the slowness, also of rows that are being changed in a running batch."""
        self.psql("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")

    @contextmanager
    def another_session(self, application_name: str) -> Generator[Connection]:
        """Give a session inside a transaction, as somebody who forgot to commit; rolled back at the end."""
        with connect(self.dsn, application_name=application_name) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("ROLLBACK")

    def _environment(self) -> dict[str, str]:
        ours = ("PG", "MIGRATOR_", "GITHUB_", "GITLAB_", "DATABASE_URL", "PYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        root = str(Path(__file__).parents[2])
        return kept | {"PYTHONPATH": root, "MIGRATOR_DSN": self.dsn, "MIGRATOR_ACTOR": "dana", **self.environment}

    def _secrets(self) -> list[str]:
        return [str(value) for key, value in conninfo_to_dict(self.dsn).items() if "password" in key and value]


def person_of(database: Database, folder: Path) -> Person:
    """Return a person with an empty folder and an empty database."""
    return Person(folder, database.dsn)
