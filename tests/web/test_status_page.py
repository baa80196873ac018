"""The status page and the metrics: what they say in each situation, and that a browser can show them."""

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from migrator.audit.rows import tip
from migrator.pg.connection import connect
from migrator.web.series import describe
from tests.fix_app import RENAME, Shop
from tests.web.conftest import Open


def _words(html: str) -> str:
    body = html.partition("<body>")[2]
    return unescape(" ".join(re.sub(r"<wbr>|<[^>]+>", lambda tag: "" if tag[0] == "<wbr>" else " ", body).split()))


def test_the_page_works_without_any_migration(one_shop: Shop, visit: Open) -> None:
    answer = visit(one_shop).get("/")
    assert answer.status_code == 200
    words = _words(answer.text)
    assert "production" in words
    assert "Nothing needs you." in words
    assert "There is no migration yet" in words
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert '<meta http-equiv="refresh"' in answer.text


def test_the_page_follows_a_migration(one_shop: Shop, visit: Open) -> None:
    migration = one_shop.render_rename(approvals=1, owner="team-identity", contract_by="2026-01-01")
    visitor = visit(one_shop)
    assert f"migrator expand {RENAME}" in _words(visitor.get("/").text)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    words = _words(visitor.get("/").text)
    assert "the contract waits for nothing but an approval" in words
    assert "contract was due on 2026-01-01" in words
    assert "✗ closed approvals approvals 0 < 1" in words
    assert "✓ open backfill verified backfills 1 = 1" in words
    assert "users_mail" in words
    assert "team-identity" in words
    assert "migrating → migrated" in words
    with connect(one_shop.dsn) as connection:
        assert f"The audit ends at {tip(connection)} :" in words
    one_shop.approve()
    assert "every gate of the contract is open" in _words(visitor.get("/").text)
    one_shop.engine().contract(one_shop.migration())
    words = _words(visitor.get("/").text)
    assert "Nothing needs you." in words
    assert f"Ended: {RENAME} (complete" in words


def test_the_page_names_what_is_wrong(one_shop: Shop, visit: Open) -> None:
    one_shop.write("20260902_fails", expand="ALTER TABLE users ADD CONSTRAINT none CHECK (email IS NULL);")
    with pytest.raises(Exception, match="none"):
        one_shop.engine().expand(one_shop.migration("20260902_fails"))
    (one_shop.migrations / "20260903_broken").mkdir()
    (one_shop.migrations / "20260903_broken" / "expand.sql").write_text("SELEC 1;")
    visitor = visit(one_shop)
    words = _words(visitor.get("/").text)
    assert "20260902_fails failed: expand step 1:" in words
    assert "✗ failed" in words
    assert "20260903_broken/expand.sql:1:1" in words
    samples = visitor.samples()
    assert samples['migrator_phase_state{migration="20260902_fails",phase="expand",state="failed"}'] == 1


def test_a_backfill_that_nobody_runs_is_stuck_unless_somebody_holds_it(one_shop: Shop, visit: Open) -> None:
    one_shop.engine().expand(one_shop.render_rename())
    visitor = visit(one_shop)
    with connect(one_shop.dsn, application_name="psql") as connection:
        connection.execute(
            b"INSERT INTO migrator.backfill (migration, name, spec, spec_sha256, state, heartbeat_at) "
            b"SELECT id, 'users_mail', '{}', '', 'running', now() - interval '7 min' FROM migrator.migration"
        )
        assert "users_mail has given no sign of life for 7 min" in _words(visitor.get("/").text)
        connection.execute(b"UPDATE migrator.backfill SET operator_pause = 'lee'")
        words = _words(visitor.get("/").text)
    assert "backfill users_mail is paused by lee" in words
    assert "no sign of life" not in words


def test_what_others_wrote_is_text_and_not_html(one_shop: Shop, visit: Open) -> None:
    with connect(one_shop.dsn, application_name="<script>alert(1)</script>"):
        page = visit(one_shop).get("/").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_metrics_are_of_the_database_as_it_is_now(one_shop: Shop, visit: Open) -> None:
    migration = one_shop.render_rename(contract_by="2026-01-01")
    visitor = visit(one_shop)
    one_shop.engine().expand(migration)
    one_shop.engine().migrate(migration)
    with connect(one_shop.dsn, application_name="checkout/1.9"):
        samples = visitor.samples()
    of = f'migration="{RENAME}"'
    backfill = f'backfill="users_mail",{of}'
    assert samples["migrator_database_up"] == 1
    assert [samples[f'migrator_gate_open{{{of},phase="{p}"}}'] for p in ("expand", "migrate", "contract")] == [1, 1, 1]
    assert samples[f'migrator_migration_state{{{of},state="migrated"}}'] == 1
    assert samples[f'migrator_phase_state{{{of},phase="contract",state="waiting"}}'] == 1
    assert samples[f"migrator_backfill_rows_done{{{backfill}}}"] == 400
    assert samples[f"migrator_cleanup_overdue_days{{{of}}}"] > 100
    assert samples['migrator_app_instances{service="checkout",version="1.9"}'] == 1
    names = {series.name for series in describe()}
    assert {name.partition("{")[0] for name in samples} <= names


@pytest.mark.system
@pytest.mark.parametrize("width", [400, 1280])
def test_a_browser_shows_the_page(one_shop: Shop, visit: Open, tmp_path: Path, width: int) -> None:
    """Chromium reads it as a person does: no script, nothing blocked by our own policy, and a picture comes out."""
    one_shop.engine().expand(one_shop.render_rename())
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "install chromium: the CI image does"
    picture = tmp_path / "page.png"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},1200", "--enable-logging=stderr"]
    home = f"--user-data-dir={tmp_path / 'profile'}"
    command = [chromium, *options, home, f"--screenshot={picture}", f"{visit(one_shop).url}/"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Refused to" not in ran.stderr
    assert "CONSOLE" not in ran.stderr
