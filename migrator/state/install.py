"""Our own schema `migrator` in the target database: installed and upgraded by the rules that we ask of others.

Each folder of `upgrades/` has an `expand.sql` (additive: the tool of one version before goes on working) and may
have a `contract.sql`, which runs only with the *next* upgrade, when nobody can be using the old shape any more.
Called by `migrator init`, the sandbox, the demo and tests.
"""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from migrator.errors import ConfigError, Refused
from migrator.pg.driver import Connection, errors
from migrator.pg.failures import translated
from migrator.pg.queries import query


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One version of our schema: its SQL for the expand and, one version later, for the contract."""

    number: int
    expand: str
    contract: str = ""


def upgrades() -> tuple[Upgrade, ...]:
    """Return all upgrades in order; their numbers are contiguous from 1."""
    folders = sorted(files("migrator.state").joinpath("upgrades").iterdir(), key=lambda folder: folder.name)
    return tuple(_read(folder) for folder in folders if folder.joinpath("expand.sql").is_file())


def _read(folder: Traversable) -> Upgrade:
    contract = folder.joinpath("contract.sql")
    return Upgrade(
        int(folder.name.split("_")[0]),
        folder.joinpath("expand.sql").read_text(encoding="utf-8"),
        contract.read_text(encoding="utf-8") if contract.is_file() else "",
    )


def installed_version(connection: Connection) -> int:
    """Return the version of our schema in this database; 0 when it is not installed."""
    exists = connection.execute(query("install.exists", "migrator.state")).fetchone()
    if not exists or not exists["installed"]:
        return 0
    row = connection.execute(query("install.version", "migrator.state")).fetchone()
    return int(row["schema_version"]) if row else 0


def install(connection: Connection, known: tuple[Upgrade, ...] | None = None) -> tuple[int, int]:
    """Install or upgrade our schema in one transaction; return the versions before and after.

    Idempotent, and safe to call from several sessions at once: they take turns.

    Raises:
        DatabaseFailed: for example no privilege to create a schema; nothing was changed.
    """
    known = upgrades() if known is None else known
    with translated("Installing the schema migrator"), connection.transaction():
        connection.execute(query("install.take_turn", "migrator.state"))
        before = installed_version(connection)
        if before == 0:
            connection.execute(query("install.create_schema", "migrator.state"))
        for upgrade in known[before:]:
            _apply(connection, upgrade, known)
        return before, installed_version(connection)


def _apply(connection: Connection, upgrade: Upgrade, known: tuple[Upgrade, ...]) -> None:
    connection.execute(upgrade.expand.encode())
    previous = known[upgrade.number - 2] if upgrade.number > 1 else None
    if previous and previous.contract:
        connection.execute(previous.contract.encode())
    connection.execute(query("install.record", "migrator.state"), {"version": upgrade.number})


def require_installed(connection: Connection, known: tuple[Upgrade, ...] | None = None) -> None:
    """Raise unless our schema is there in a version that this tool can work with.

    Raises:
        ConfigError: not installed, or older than this tool.
        Refused: two or more versions newer than this tool, so that parts it needs are gone; or it belongs to another
            role, which has not granted it.
    """
    latest = len(upgrades() if known is None else known)
    try:
        found = installed_version(connection)
    except errors.InsufficientPrivilege as exc:
        raise _not_granted(connection) from exc
    if found == 0:
        raise ConfigError("The schema migrator is not in this database.", "Run `migrator init` first.")
    if found < latest:
        raise ConfigError(f"The schema migrator has version {found}, this tool needs {latest}.", "Run `migrator init`.")
    if found > latest + 1:
        raise Refused(
            f"The schema migrator has version {found}, this tool works with {latest + 1} at most.",
            "Upgrade this tool.",
        )


def _not_granted(connection: Connection) -> Refused:
    """Return what the owner of our schema has to grant; whoever runs phases writes to all of its tables."""
    row = connection.execute(query("install.owner", "migrator.state")).fetchone() or {}
    role, owner = row.get("role"), row.get("owner")
    return Refused(
        f"The role {role} may not use the schema migrator, which belongs to {owner}.",
        f"Connect as {owner}, or let {owner} run: GRANT USAGE, CREATE ON SCHEMA migrator TO {role}; "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA migrator TO {role}; "
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA migrator TO {role}.",
    )
