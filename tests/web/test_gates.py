"""Gates over HTTP: every status on every address, and what happens when the database is away or slow."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from migrator.pg.connection import connect
from migrator.pg.driver import conninfo_to_dict, make_conninfo
from tests.fix_app import RENAME, Shop, make_shop
from tests.fix_server import Database, wait_until
from tests.web.conftest import TOKEN, Open, Visitor


def _codes(visitor: Visitor) -> dict[str, int]:
    return {phase: visitor.gate(phase).status_code for phase in ("expand", "migrate", "contract")}


def test_gates_open_one_after_the_other(one_shop: Shop, visit: Open) -> None:
    migration = one_shop.render_rename(approvals=1)
    visitor = visit(one_shop)
    assert _codes(visitor) == {"expand": 200, "migrate": 403, "contract": 403}
    one_shop.engine().expand(migration)
    assert _codes(visitor) == {"expand": 200, "migrate": 200, "contract": 403}
    one_shop.engine().migrate(migration)
    assert "✗ approvals closed: approvals 0 < 1" in visitor.gate("contract").text
    assert visitor.data("contract")["reasons"][0].startswith("approvals closed: ")
    one_shop.approve()
    assert _codes(visitor) == {"expand": 200, "migrate": 200, "contract": 200}
    assert (visitor.data("contract")["open"], visitor.data("contract")["reasons"]) == (True, [])
    one_shop.engine().contract(one_shop.migration())
    assert _codes(visitor) == {"expand": 200, "migrate": 200, "contract": 200}


def test_post_and_head_answer_as_get_does(one_shop: Shop, visit: Open) -> None:
    one_shop.render_rename()
    visitor = visit(one_shop)
    for phase, code in (("expand", 200), ("migrate", 403)):
        got, posted, head = (visitor.gate(phase, method=method) for method in ("GET", "POST", "HEAD"))
        assert (got.status_code, posted.status_code, head.status_code) == (code, code, code)
        assert posted.text.splitlines()[1:] == got.text.splitlines()[1:]
        assert head.text == ""
        assert got.headers["cache-control"] == "no-store"
    assert visitor.gate("expand", method="DELETE").status_code == 405


def test_unknown_is_never_open(one_shop: Shop, visit: Open) -> None:
    migration = one_shop.render_rename(requires={"checkout": ">=2"})
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    visitor = visit(one_shop)
    assert visitor.gate("contract").status_code == 503
    assert "checkout gives no sign of life" in visitor.gate("contract").text
    data = visitor.data("contract")
    assert (data["open"], data["status"]) == (False, "unknown")
    with connect(one_shop.dsn, application_name="checkout/1.9"):
        assert visitor.gate("contract").status_code == 403
        assert visitor.data("contract")["status"] == "closed"


@pytest.mark.parametrize(
    ("migration", "phase", "reason"),
    [
        ("20990101_nothing", "contract", "there is no migration 20990101_nothing"),
        ("users_email_to_mail", "contract", "there is no migration users_email_to_mail"),
        (RENAME, "verify", "there is no phase verify"),
        ("..", "expand", "there is no migration"),
    ],
)
def test_what_does_not_exist_is_unknown_with_a_reason(
    one_shop: Shop, visit: Open, migration: str, phase: str, reason: str
) -> None:
    """Also a part of an id: next week it may stand for another migration."""
    one_shop.render_rename()
    visitor = visit(one_shop)
    migration = migration.replace("..", "%2E%2E")
    assert visitor.gate(phase, migration).status_code == 503
    assert reason in visitor.gate(phase, migration).text
    data = visitor.data(phase, migration)
    assert (data["open"], data["status"]) == (False, "unknown")
    assert reason in data["reasons"][0]


def test_files_that_cannot_be_read_are_unknown(one_shop: Shop, visit: Open) -> None:
    one_shop.render_rename()
    (one_shop.migrations / RENAME / "contract.sql").write_text("SELEC 1;")
    visitor = visit(one_shop)
    assert visitor.gate("expand").status_code == 503
    assert "contract.sql:1:1" in visitor.gate("expand").text
    assert visitor.samples()[f'migrator_gate_unknown{{migration="{RENAME}",phase="expand"}}'] == 1


def test_a_database_that_is_away_is_unknown_and_comes_back(
    private_database: Database, tmp_path_factory: pytest.TempPathFactory, visit: Open
) -> None:
    shop = make_shop(private_database, tmp_path_factory.mktemp("shop"))
    shop.render_rename()
    visitor = visit(shop)
    assert visitor.gate("expand").status_code == 200
    private_database.server.primary.stop()
    answers = [visitor.gate("expand"), visitor.get("/api/v1/gates/x/expand"), visitor.get("/"), visitor.get("/metrics")]
    assert [answer.status_code for answer in answers] == [503, 200, 503, 200]
    assert visitor.data("expand")["status"] == "unknown"
    assert visitor.samples() == {"migrator_database_up": 0}
    assert visitor.get("/healthz").status_code == 200
    secrets = [str(value) for key, value in conninfo_to_dict(shop.dsn).items() if "password" in key]
    assert secrets
    assert [secret for secret in secrets for answer in answers if secret in answer.text] == []
    private_database.server.primary.start()
    assert visitor.gate("expand").status_code == 200


def test_an_evaluation_is_kept_and_says_how_old_it_is(one_shop: Shop, visit: Open) -> None:
    migration = one_shop.render_rename()
    visitor = visit(one_shop, kept_seconds=3600.0)
    assert visitor.data("migrate")["open"] is False
    one_shop.engine().expand(migration)
    wait_until(lambda: visitor.data("migrate")["age_seconds"] >= 1, "the kept answer grows older")
    kept = visitor.gate("migrate")
    assert kept.status_code == 403
    assert int(kept.headers["age"]) >= 1


def test_requests_at_the_same_time_share_one_look(one_shop: Shop, visit: Open) -> None:
    """A table of ours is locked: the one look waits for it, and the others do not pile up behind it in the database."""
    one_shop.render_rename()
    visitor = visit(one_shop, kept_seconds=5.0)
    with connect(one_shop.dsn, application_name="holder") as holder, ThreadPoolExecutor(12) as pool:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE migrator.migration IN ACCESS EXCLUSIVE MODE")
        asked = [pool.submit(visitor.gate, "expand") for _ in range(12)]
        wait_until(lambda: _looking(one_shop) == 1, "one session looks")
        wait_until(lambda: sum(future.done() for future in asked) == 11, "the others are told to ask again")
        assert _looking(one_shop) == 1
        holder.execute("ROLLBACK")
        answers = [future.result() for future in asked]
    assert sorted(answer.status_code for answer in answers) == [200, *[503] * 11]
    assert all("still being read" in answer.text for answer in answers if answer.status_code == 503)


def test_a_role_that_may_only_read_is_enough(one_shop: Shop, visit: Open) -> None:
    """As docs/deploy-systems.md grants it; what it cannot do is record deploys."""
    migration = one_shop.render_rename(approvals=1, requires={"checkout": ">=2"})
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    role = f"reader_{secrets.token_hex(4)}"
    with connect(one_shop.dsn, application_name="psql") as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'of-the-test' IN ROLE pg_read_all_stats".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA migrator TO {role}".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA migrator TO {role}".encode())
        try:
            dsn = make_conninfo(one_shop.dsn, user=role, password="of-the-test")
            with connect(one_shop.dsn, application_name="checkout/2.0"):
                visitor = visit(replace(one_shop, dsn=dsn))
                assert [r["gate"] for r in visitor.data("contract")["gates"] if r["status"] != "open"] == ["approvals"]
                assert visitor.get("/").status_code == 200
                assert visitor.samples()["migrator_database_up"] == 1
                assert _posted(visitor) == 503
        finally:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())


def _posted(visitor: Visitor) -> int:
    headers = {"authorization": f"Bearer {TOKEN}"}
    body = {"service": "checkout", "version": "2.0"}
    return httpx.post(f"{visitor.url}/api/v1/deploys", headers=headers, json=body, timeout=30).status_code


def _looking(shop: Shop) -> int:
    query = b"SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'migrator/serve'"
    with connect(shop.dsn, application_name="test") as connection:
        row = connection.execute(query).fetchone()
    return row["n"] if row else 0


def test_health_is_told_while_every_look_waits(one_shop: Shop, visit: Open) -> None:
    one_shop.render_rename()
    visitor = visit(one_shop)
    with connect(one_shop.dsn, application_name="holder") as holder:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE migrator.migration IN ACCESS EXCLUSIVE MODE")
        slow = threading.Thread(target=visitor.gate, args=("expand",))
        slow.start()
        wait_until(lambda: _looking(one_shop) == 1, "one session looks")
        assert httpx.get(f"{visitor.url}/healthz", timeout=10).text == "ok\n"
        holder.execute("ROLLBACK")
        slow.join()
