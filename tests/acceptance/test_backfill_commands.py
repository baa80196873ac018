"""What an operator does with backfills at a shell, on a host that has nothing but the connection string."""

import json

from tests.acceptance.person import RENAME, Person

ROWS = 300


def test_an_operator_at_a_shell(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.json(*RENAME, "--soak", "0s")["migration"]
    dana.migrator("expand", name)
    dana.migrator("backfill", "panic", "--reason", "the shop is down")
    refused = dana.migrator("backfill", "run", name, exits=4).stderr
    assert "stopped by dana: the shop is down" in refused
    assert "panic --end" in refused
    assert "stopped by dana" in dana.migrator("backfill", "status").stdout
    dana.migrator("backfill", "panic", "--end")

    told = dana.migrator("backfill", "set", "users_mail", "nice=0.5", "max_lag=5s").stdout
    assert "users_mail: max_lag=5s nice=0.5" in told
    assert "There is no setting speed" in dana.migrator("backfill", "set", "users_mail", "speed=1", exits=2).stderr
    assert "key=value" in dana.migrator("backfill", "set", "users_mail", "nice", exits=2).stderr
    assert dana.json("backfill", "set", name, "users_mail", "nice=")["params"] == {"users_mail": {"max_lag": "5s"}}

    assert dana.json("backfill", "cancel", "users_mail", "--reason", "no")["cancelled"] == ["users_mail"]
    assert "was cancelled by dana: no" in dana.migrator("backfill", "run", name, exits=4).stderr
    dana.migrator("backfill", "resume", "users_mail")
    dana.migrator("backfill", "run", name)
    status = dana.migrator("backfill", "status", "users_mail").stdout
    assert "verified" in status
    assert "set: max_lag=5s" in status
    runs = dana.json("backfill", "history", "users_mail")["runs"]
    assert [(run["outcome"], run["rows"]) for run in runs] == [("done", ROWS), ("Cancelled", 0), ("Cancelled", 0)]
    assert f"{ROWS} rows in" in dana.migrator("backfill", "history").stdout


def test_status_is_watched_until_a_signal(dana: Person) -> None:
    dana.make_users(ROWS)
    dana.migrator("init")
    name = dana.json(*RENAME, "--soak", "0s")["migration"]
    dana.migrator("expand", name)
    dana.migrator("backfill", "run", name)
    process = dana.start("--format", "json", "backfill", "status", "--watch", "--every", "0.2")
    assert process.stdout is not None
    text = ""
    while text.count('"schema_version"') < 2:
        text += process.stdout.readline()
    process.terminate()
    dana.finish(process, exits=0)
    first, _ = json.JSONDecoder().raw_decode(text)
    assert first["backfills"][0]["eta_state"] in ("due", "none")
    assert first["backfills"][0]["name"] == "users_mail"
