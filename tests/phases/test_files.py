"""Files that change after they ran, folders that cannot be used, statements that no phase can run."""

from pathlib import Path

import pytest

from migrator.errors import (
    ChecksumChanged,
    ManifestError,
)
from tests.fix_app import Shop
from tests.phases.scenes import CONTRACT, INDEX, NICK, stopped_in, with_every_phase


def test_a_file_that_changed_after_it_ran(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(migration)
    (migration.folder / "expand.sql").write_text(NICK + " ")
    for run in (engine.migrate, engine.backfill):
        with pytest.raises(ChecksumChanged, match=r"expand\.sql of m changed .*`migrator abort` first"):
            run(one_shop.migration("m"))
    assert one_shop.state("m") == "expanded"
    engine.abort(one_shop.migration("m"))
    assert engine.expand(one_shop.migration("m")).after.value == "expanded"


def test_evidence_that_does_not_exist_is_found_on_the_first_day(one_shop: Shop) -> None:
    wishes = CONTRACT.replace("evidence = []", "evidence = ['tripwires']")
    migration = one_shop.write("m", expand=NICK, manifest=wishes)
    with pytest.raises(ManifestError, match="no gate tripwires"):
        one_shop.engine().expand(migration)
    assert one_shop.state("m") == "pending"


def test_a_contract_may_be_written_after_the_expand_and_not_changed_after_it_began(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(migration)
    text = (migration.folder / "contract.sql").read_text()
    (migration.folder / "contract.sql").write_text(text + "-- reviewed again\n")
    engine.migrate(one_shop.migration("m"))
    stopped_in(one_shop, "contract")
    (migration.folder / "contract.sql").write_text(text)
    with pytest.raises(ChecksumChanged, match=r"contract\.sql"):
        engine.resume(one_shop.migration("m"))
    (migration.folder / "contract.sql").write_text(text + "-- reviewed again\n")
    assert engine.resume(one_shop.migration("m")).after.value == "complete"


def test_an_abort_file_that_changed_after_it_began(one_shop: Shop) -> None:
    engine, migration = one_shop.engine(), with_every_phase(one_shop).migration("m")
    engine.expand(migration)
    stopped_in(one_shop, "abort")
    (migration.folder / "abort.sql").write_text("SELECT 1;")
    with pytest.raises(ChecksumChanged, match=r"abort\.sql"):
        engine.resume(one_shop.migration("m"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"contract": "SELECT 1;", "manifest": CONTRACT}, r"contract\.sql but no expand\.sql"),
        ({}, "no SQL file but no expand"),
        ({"expand": "", "contract": NICK}, r"no \[contract\] section"),
        ({"expand": "SELECT 1;\nSELECT 1;\n  SELEC 2;"}, r"expand\.sql:3:3: "),
        ({"expand": "SELECT 1", "manifest": "[migration]\nownr = 'x'"}, r"migration\.ownr: unknown key"),
        ({"expand": "SELECT 1", "manifest": "[contract]\ncontract_by = 5"}, r"contract\.contract_by: "),
        ({"expand": "SELECT 1", "manifest": "[contract"}, r"migration\.toml cannot be read"),
        ({"expand": "SELECT 1", "later": "SELECT 1"}, r"later\.sql, which is no phase"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, files: dict[str, str], words: str) -> None:
    shop = Shop("", tmp_path)
    with pytest.raises(ManifestError, match=words) as caught:
        shop.write("m", **files)
    assert caught.value.todo


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1;\nROLLBACK;", r"\.sql:2: ROLLBACK is not usable here"),
        ("SAVEPOINT a;", "SAVEPOINT a is not usable here"),
        ("COMMIT;", "COMMIT is not usable here"),
        ("BEGIN; BEGIN;", "BEGIN is not usable here"),
        ("BEGIN; SELECT 1;", "a BEGIN has no COMMIT"),
        (f"BEGIN; {INDEX} COMMIT;", "refuses this statement inside BEGIN"),
        ("SET search_path = app; SELECT 1;", "settings of a session are lost"),
        ("BEGIN; SET LOCAL lock_timeout = '1h'; COMMIT;", "timeouts are the engine's"),
        ("DISCARD ALL;", "DISCARD ALL is not usable here"),
        ("CREATE INDEX CONCURRENTLY ON public.users (name);", "needs a name"),
    ],
)
def test_statements_that_no_phase_can_run_leave_no_trace(one_shop: Shop, text: str, words: str) -> None:
    """Also where they stand in a later file: the first phase must not begin and fix the files' checksums."""
    for files in ({"expand": text}, {"expand": NICK, "contract": text, "manifest": CONTRACT}):
        with pytest.raises(ManifestError, match=words):
            one_shop.engine().expand(one_shop.write("m", **files))
        assert one_shop.state("m") == "none"
    one_shop.write("m", expand=NICK, contract="SELECT 1;", manifest=CONTRACT)
    assert one_shop.engine().expand(one_shop.migration("m")).after.value == "expanded"
