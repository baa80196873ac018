"""`migrator references …`: which tables and columns the code uses. Needs git; only `publish` a database."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migrator.cli.context import Command, Session, pass_session

if TYPE_CHECKING:
    from migrator.references.reference import Reference
    from migrator.references.scan import Scanned


@click.group()
def references() -> None:
    """Find which tables and columns the code uses, at any commit."""


@references.command(cls=Command)
@click.option("--git", "ref", default="HEAD", show_default=True, metavar="REF", help="The commit whose code is read.")
@pass_session
def scan(session: Session, ref: str) -> None:
    """List every use of a table or column: where, how, and how sure it is."""
    found = _scanned(session, ref)
    session.show(
        {
            "ref": ref,
            "files": found.files,
            "guessed": list(found.guessed),
            "references": [_data(r) for r in found.references],
        },
        lambda: _text(found),
    )


@references.command(cls=Command)
@click.argument("name", metavar="TABLE[.COLUMN]")
@click.option("--git", "ref", default="HEAD", show_default=True, metavar="REF", help="The commit whose code is read.")
@pass_session
def who(session: Session, name: str, ref: str) -> int:
    """Say who uses a table or column; exit 1 when anybody may, 0 when nobody does."""
    from migrator.cli.exits import FINDINGS
    from migrator.references.scan import uses_of

    found = uses_of(_scanned(session, ref), name)
    session.show(
        {"name": name, "ref": ref, "references": [_data(r) for r in found]},
        lambda: "\n".join(map(_line, found)) or f"Nobody uses {name} at {ref}.",
    )
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
    from migrator.state.install import require_installed
    from migrator.state.store import Store

    commit = Repository(Path.cwd()).commit(ref)
    found = _scanned(session, ref)
    with (
        connect(session.dsn(), application_name="migrator/publish") as connection,
        translated("Publishing the release"),
    ):
        require_installed(connection)
        uses = publish_release(Store(connection, session.actor), service, version, commit, found)
    data = {"service": service, "version": version, "commit": commit, "uses": uses}
    session.show_change(data, lambda: f"Published: {service} {version} uses {uses} tables and columns.")


def _scanned(session: Session, ref: str) -> "Scanned":
    from migrator.clock import SystemClock
    from migrator.coupling.scanning import scan_everything
    from migrator.git import Repository

    repository = Repository(Path.cwd())
    today = SystemClock().now().date()
    return scan_everything(repository, repository.commit(ref), session.settings, today)


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


def _text(found: "Scanned") -> str:
    lines = [_line(reference) for reference in found.references]
    by_confidence = Counter(reference.confidence.value for reference in found.references)
    counts = ", ".join(f"{number} {name}" for name, number in sorted(by_confidence.items())) or "none"
    guessed = f" {len(found.guessed)} files could only be compared word by word." if found.guessed else ""
    return "\n".join([*lines, f"{found.files} files, {len(found.references)} references: {counts}.{guessed}"])
