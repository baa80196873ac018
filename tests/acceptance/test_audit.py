"""The audit at the command line: the tip that every run prints, exports, proofs, and a gate that two people force."""

import json
from pathlib import Path

from migrator.phases.folder import load_migration
from tests.acceptance.person import RENAME, Person
from tests.unit.coupling.test_permission import LINE, WANTED, given


def _behind_the_back(dana: Person, text: str) -> None:
    dana.psql(f"SET session_replication_role = replica; {text}; RESET session_replication_role")


def test_what_was_kept_elsewhere_shows_what_is_gone(dana: Person, tmp_path: Path) -> None:
    dana.psql("CREATE TABLE public.users (id bigint PRIMARY KEY, email text)")
    dana.migrator("init")
    dana.migrator(*RENAME, "--contract-by", "2099-01-01")
    done = dana.migrator("expand", "mail")
    tip = next(line for line in done.stderr.splitlines() if line.startswith("Audit tip: ")).removeprefix("Audit tip: ")
    whole = dana.json("audit", "verify", "--tip", tip)
    assert (whole["whole"], whole["tip"], whole["compared_with"]) == (True, tip, 1)
    assert "audit_tip" not in dana.json("status")
    events = [json.loads(line) for line in dana.migrator("audit", "export").stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, whole["rows"] + 1))
    assert {event["schema_version"] for event in events} == {1}
    assert all(event["at"].endswith("Z") for event in events)
    assert len(dana.migrator("audit", "export", "--since", "1h").stdout.splitlines()) == whole["rows"]
    assert dana.migrator("audit", "export", "--since", "2099-01-01").stdout == ""
    assert "is no time" in dana.migrator("audit", "export", "--since", "yesterday", exits=2).stderr
    assert "is no tip" in dana.migrator("audit", "verify", "--tip", "7", exits=2).stderr
    export = tmp_path / "export.jsonl"
    export.write_text(dana.migrator("audit", "export").stdout)
    assert "The chain is whole" in dana.migrator("audit", "verify", "--against", str(export)).stdout

    last = whole["rows"]
    _behind_the_back(dana, f"DELETE FROM migrator.audit WHERE seq = {last}")
    assert "nothing kept elsewhere was compared" in dana.migrator("audit", "verify").stdout
    gone = f"row {last}: it was kept elsewhere and is gone; the chain ends with row {last - 1}"
    assert gone in dana.migrator("audit", "verify", "--tip", tip, exits=1).stdout
    assert gone in dana.migrator("audit", "verify", "--against", str(export), exits=1).stdout
    _behind_the_back(dana, "UPDATE migrator.audit SET actor = 'nobody' WHERE seq = 2")
    assert dana.json("audit", "verify", exits=1)["breaks"] == [
        {"seq": 2, "problem": "its fields are not those that were hashed"}
    ]
    export.write_text(export.read_text().replace('"seq": 2,', '"seq": 3,'))
    assert "was changed after the export" in dana.migrator("audit", "verify", "--against", str(export), exits=2).stderr
    assert len(dana.json("audit", "tail", "-n", "3")["events"]) == 3
    assert "state.changed" in dana.migrator("audit", "tail").stdout


def test_a_run_that_was_refused_prints_the_tip_as_well(dana: Person) -> None:
    dana.psql("CREATE TABLE public.users (id bigint PRIMARY KEY, email text)")
    dana.migrator("init")
    dana.migrator(*RENAME, "--contract-by", "2099-01-01", "--soak", "72h")
    dana.migrator("expand", "mail")
    dana.migrator("migrate", "mail")
    assert "Audit tip: " in dana.migrator("resume", "mail").stderr
    assert "Audit tip: " not in dana.migrator("status").stderr
    assert "Audit tip: " not in dana.migrator("resume", "mail", "-q").stderr


def test_every_command_that_changes_something_tells_the_tip(dana: Person) -> None:
    dana.make_users(10)
    dana.migrator("init")
    name = dana.render_rename()
    for command in (
        ("expand", name),
        ("backfill", "run", name),
        ("backfill", "set", name, "nice=0.5"),
        ("backfill", "panic", "--reason", "the sale"),
        ("backfill", "panic", "--end"),
        ("migrate", name),
        ("verify", name),
        ("deploy", "record", "--service", "shop", "--version", "1.9"),
        ("softdrop", "on", name),
        ("softdrop", "off", name),
        ("drift", "--record", "--reason", "looked at it"),
    ):
        assert dana.json(*command)["audit_tip"] == dana.json("audit", "verify")["tip"], command


def test_two_people_force_a_gate(dana: Person, tmp_path: Path) -> None:
    dana.psql("CREATE TABLE public.users (id bigint PRIMARY KEY, email text)")
    dana.migrator("init")
    dana.migrator(*RENAME, "--contract-by", "2099-01-01", "--soak", "72h", "--approvals", "0")
    (folder,) = (dana.folder / "migrations").iterdir()
    dana.migrator("expand", folder.name)
    dana.migrator("migrate", folder.name)
    assert dana.migrator("gate", folder.name, "--format", "json", exits=3).stdout
    checksum = load_migration(folder).contract_checksum
    asked = LINE.replace(WANTED[0], folder.name).replace(WANTED[1], "soak").replace(WANTED[2][:12], checksum[:12])
    file = str(given(tmp_path, body=asked))
    (dana.folder / "migrator.toml").write_text('[coupling.override]\napprovers = ["@alice", "@bob"]\n')
    force = ("gate", "force", folder.name, "soak", "--reason", "the disk is full by tonight", "--approval", file)
    assert "1 more approval" in dana.migrator(*force, "--actor", "alice", exits=4).stderr
    done = dana.json(*force)
    assert (done["approvers"], done["found_status"]) == (["alice", "bob"], "closed")
    assert done["audit_tip"]
    gates = {gate["gate"]: gate for gate in dana.json("gate", folder.name)["gates"]}
    assert (gates["soak"]["status"], gates["soak"]["forced"]) == ("open", True)
    assert "! soak" in dana.migrator("gate", "show", folder.name).stdout
    assert "! gate soak was forced by dana" in dana.migrator("status").stdout
    assert "! gate soak forced, approved by alice, bob: the disk" in dana.migrator("history", folder.name).stdout
