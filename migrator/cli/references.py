"""`migrator references …`: which tables and columns the code uses. Needs git; only `publish` a database."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.names import TableName
    from migrator.references.reference import Reference
    from migrator.references.scan import Scanned
    from migrator.schema.model import Schema


@click.group()
def references() -> None:
    """Find which tables and columns the code uses, at any commit."""


@references.command(cls=Command)
@click.option("--git", "ref", default="HEAD", show_default=True, metavar="REF", help="The commit whose code is read.")
@pass_session
def scan(session: Session, ref: str) -> int:
    """List every use of a table or column: where, how, and how sure it is; exit 3 when no table is known."""
    from migrator.cli.exits import NOT_YET

    found, tables = _scanned(session, ref)
    session.show(
        {
            "ref": ref,
            "tables": len(tables),
            "files": found.files,
            "guessed": list(found.guessed),
            "references": [_data(r) for r in found.references],
        },
        lambda: _text(found, len(tables)),
    )
    if not tables:
        session.tell(_UNKNOWN.format(ref=ref))
    return 0 if tables else NOT_YET


@references.command(cls=Command)
@click.argument("name", metavar="TABLE[.COLUMN]")
@click.option("--git", "ref", default="HEAD", show_default=True, metavar="REF", help="The commit whose code is read.")
@pass_session
def who(session: Session, name: str, ref: str) -> int:
    """Say who uses a table or column; exit 1 when anybody may, 0 when nobody does."""
    from migrator.cli.exits import FINDINGS
    from migrator.references.scan import uses_of

    scanned, tables = _scanned(session, ref, asked=name)
    found = uses_of(scanned, name)
    session.show(
        {"name": name, "ref": ref, "references": [_data(r) for r in found]},
        lambda: "\n".join(map(_line, found)) or f"Nobody uses {name} at {ref}.",
    )
    if not found and not any(table.name in name.replace('"', "").split(".") for table in tables):
        session.tell(f"No migration at {ref} makes a table of that name: is {name} spelled right?")
    return FINDINGS if found else 0


@references.command(cls=Command)
@click.option("--service", required=True, help="The service, as in [services.NAME] and in heartbeats.")
@click.option("--version", required=True, help="The version, as the service tells it.")
@click.option(
    "--git", "ref", default="HEAD", show_default=True, metavar="REF", help="The commit that it is built from."
)
@pass_session
def publish(session: Session, service: str, version: str, ref: str) -> None:
    """Store in the database what the code of a version uses: the gate `releases` compares with what is removed."""
    from migrator.git import Repository
    from migrator.pg.connection import connect
    from migrator.pg.failures import translated
    from migrator.references.releases import publish as publish_release
    from migrator.schema.catalog import read_schema
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    commit = Repository(Path.cwd()).commit(ref)
    with (
        connect(session.dsn(), application_name="migrator/publish") as connection,
        translated("Publishing the release"),
    ):
        require_installed(connection)
        found, _ = _scanned(session, ref, there=read_schema(connection))
        uses = publish_release(Store(connection, session.actor), service, version, commit, found)
    data = {"service": service, "version": version, "commit": commit, "uses": uses}
    session.show_change(data, lambda: f"Published: {service} {version} uses {uses} tables and columns.")


_UNKNOWN = (
    "No table is known: no migration at {ref} tells one, so only SQL and models were read, and names in other code"
    " were not compared. Say where the migrations are: migration = [PATTERN] under [coupling] in migrator.toml."
)


def _scanned(
    session: Session, ref: str, *, asked: str = "", there: "Schema | None" = None
) -> "tuple[Scanned, frozenset[TableName]]":
    from migrator.clock import SystemClock
    from migrator.coupling.scanning import scan_everything
    from migrator.git import Repository

    repository = Repository(Path.cwd())
    today = SystemClock().now().date()
    return scan_everything(repository, repository.commit(ref), session.settings, today, asked=asked, there=there)


def _data(reference: "Reference") -> dict[str, Any]:
    return {
        "schema": reference.schema,
        "table": reference.table,
        "column": reference.column,
        "all_columns": reference.is_star,
        "usage": reference.usage.value,
        "confidence": reference.confidence.value,
        "path": reference.place.path,
        "line": reference.place.line,
        "position": reference.place.column,
    }


def _line(reference: "Reference") -> str:
    place = reference.place
    return (
        f"{place.path}:{place.line}:{place.column}: {reference} ({reference.usage.value}, {reference.confidence.value})"
    )


def _text(found: "Scanned", tables: int) -> str:
    lines = [_line(reference) for reference in found.references]
    by_confidence = Counter(reference.confidence.value for reference in found.references)
    counts = ", ".join(f"{number} {name}" for name, number in sorted(by_confidence.items())) or "none"
    guessed = f" {len(found.guessed)} files could only be compared word by word." if found.guessed else ""
    numbers = {"known table": tables, "file": found.files, "reference": len(found.references)}
    listed = ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in numbers.items())
    end = f"{listed}: {counts}.{guessed}"
    return "\n".join([*lines, end])
