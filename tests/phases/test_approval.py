"""An approval is for the files and the plan as they are, and, where that is asked, not by who wrote them."""

import subprocess
from pathlib import Path

import pytest

from migrator.config import Settings
from migrator.config.gates import GateSettings
from migrator.errors import GateClosed, InvalidTransition
from migrator.gates.gate import GateResult
from migrator.pg.connection import connect
from migrator.phases import evidence
from migrator.phases.approval import approve_contract
from migrator.phases.folder import Migration
from migrator.state.store import Store
from tests.fix_app import Shop
from tests.phases.scenes import NICK, stopped_in

_MANIFEST = "[contract]\ncontract_by = 2099-01-01\nevidence = []\napprovals = 1\n"
_FILES = {"expand": NICK, "contract": "ALTER TABLE public.users DROP COLUMN name;"}
_APART = Settings(gates=GateSettings(separation_of_duties=True))


@pytest.fixture
def migration(one_shop: Shop) -> Migration:
    migration = one_shop.write("m", manifest=_MANIFEST, **_FILES)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    return migration


def approve(shop: Shop, migration: Migration, actor: str) -> None:
    with connect(shop.dsn) as connection:
        approve_contract(Store(connection, actor), migration, "looked at the dashboards")


def gate(shop: Shop, migration: Migration, settings: Settings | None = None) -> GateResult:
    with connect(shop.dsn) as connection:
        return evidence.ask(connection, settings or Settings(), migration)[-1]


def test_an_approval_is_of_the_plan(one_shop: Shop, migration: Migration) -> None:
    approve(one_shop, migration, "dana")
    assert gate(one_shop, migration).reason == "approvals 1 >= 1 (dana)"
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX users_name_later ON public.users (name)")
    shut = gate(one_shop, migration)
    assert shut.reason.startswith("approvals 0 < 1 (dana approved another plan and must look again; checksum now ")
    with pytest.raises(GateClosed, match="dana approved another plan"):
        one_shop.engine().contract(migration)
    approve(one_shop, migration, "dana")
    assert gate(one_shop, migration).status.value == "open"
    with connect(one_shop.dsn) as connection:
        approvals = [row for row in Store(connection, "t").history("m") if row.action == "contract.approved"]
        assert len({row.detail["plan"] for row in approvals}) == 2
    assert one_shop.engine().contract(migration).after.value == "complete"
    with connect(one_shop.dsn) as connection:
        sealed = [row for row in Store(connection, "t").history("m") if row.detail.get("to") == "contracting"]
        assert sealed[0].approvers == ["dana"]


def test_a_contract_that_was_interrupted_is_still_the_approved_one(one_shop: Shop, migration: Migration) -> None:
    approve(one_shop, migration, "dana")
    stopped_in(one_shop, "contract")
    assert one_shop.engine().resume(migration).after.value == "complete"


def test_an_approval_by_the_version_before_is_of_the_files(one_shop: Shop, migration: Migration) -> None:
    with connect(one_shop.dsn) as connection:
        connection.execute(
            "INSERT INTO migrator.approval (migration, phase, actor, checksum, reason)"
            " VALUES ('m', 'contract', 'dana', %s, 'looked at it')",
            [migration.contract_checksum],
        )
    assert gate(one_shop, migration).status.value == "open"


def test_what_will_run_must_be_known(one_shop: Shop) -> None:
    migration = one_shop.write("m", manifest=_MANIFEST, **_FILES)
    with pytest.raises(InvalidTransition, match="m is pending: there is no plan"):
        approve(one_shop, migration, "dana")
    one_shop.engine().expand(migration)
    with pytest.raises(InvalidTransition, match="m is expanded: there is no plan"):
        approve(one_shop, migration, "dana")


def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=Ann Author", "-c", "user.email=12+ann-gh@users.noreply.forge.example")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, message: str = "A migration") -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-m", message)


def test_who_wrote_it_does_not_approve_it(one_shop: Shop, migration: Migration) -> None:
    home = one_shop.migrations
    git(home, "init", "-q")
    commit(home, "A migration\n\nCo-authored-by: Bob Builder <bob@shop.example>")
    for actor in ("Ann Author", "ann-gh", "BOB", "bob@shop.example"):
        approve(one_shop, migration, actor)
    assert gate(one_shop, migration).status.value == "open"  # nobody asks who wrote it
    shut = gate(one_shop, migration, _APART)
    assert shut.status.value == "closed"
    writers = "ann author, ann-gh, bob, bob@shop.example"
    assert f"{writers} wrote the files, and somebody else has to approve them" in shut.reason
    approve(one_shop, migration, "carol")
    assert gate(one_shop, migration, _APART).reason == (
        f"approvals 1 >= 1 (carol; {writers} wrote the files, and somebody else has to approve them)"
    )


def test_an_author_that_nobody_knows_keeps_it_shut(one_shop: Shop, migration: Migration) -> None:
    approve(one_shop, migration, "carol")
    unknown = gate(one_shop, migration, _APART)
    assert unknown.status.value == "unknown"
    assert "but who wrote the files is not known: git rev-parse failed" in unknown.reason
    home = one_shop.migrations
    git(home, "init", "-q")
    git(home, "commit", "--allow-empty", "-m", "The beginning")
    assert "they hold changes that are not committed" in gate(one_shop, migration, _APART).reason
    commit(home)
    assert gate(one_shop, migration, _APART).status.value == "open"
    (home / "m" / "abort.sql").write_text("SELECT 1;")
    assert "they hold changes that are not committed" in gate(one_shop, migration, _APART).reason
    commit(home)
    assert gate(one_shop, migration, _APART).status.value == "open"
