"""`repair`, `baseline` and plan ids: what a person may decide about the records, and what they may not."""

import pytest

from migrator.errors import (
    ChecksumChanged,
    DatabaseFailed,
    InputError,
    InvalidTransition,
    ManifestError,
    Refused,
    Stopped,
)
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases.baseline import Baselined, baseline
from migrator.phases.confirmation import confirmed_plan
from migrator.phases.evidence import ContractShut
from migrator.phases.pending import load_all
from migrator.phases.plan_id import plan_id
from migrator.state.store import Store
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.scenes import CONTRACT, NICK, stopped_in, with_every_phase

WHY = "reviewed by dana in ABC-1"


def _audit(shop: Shop, action: str, migration: str = "m") -> list[dict[str, object]]:
    with connect(shop.dsn) as connection:
        return [dict(row.detail) for row in Store(connection, "test").history(migration) if row.action == action]


def test_a_comment_in_what_ran_is_accepted(one_shop: Shop) -> None:
    engine = one_shop.engine()
    engine.expand(with_every_phase(one_shop).migration("m"))
    (one_shop.migrations / "m" / "expand.sql").write_text(f"-- said better\n{NICK}\n")
    with pytest.raises(ChecksumChanged, match=r"migrator repair m --reason"):
        engine.migrate(one_shop.migration("m"))
    done = engine.repair(one_shop.migration("m"), WHY)
    assert (set(done.files), done.ran) == ({"expand.sql"}, ())
    (detail,) = _audit(one_shop, "files.repaired")
    assert detail["reason"] == WHY
    assert engine.migrate(one_shop.migration("m")).after is State.MIGRATED
    assert engine.repair(one_shop.migration("m"), WHY).files == {}
    assert len(_audit(one_shop, "files.repaired")) == 1


def test_another_text_of_what_ran_needs_a_word_more(one_shop: Shop) -> None:
    engine = one_shop.engine()
    engine.expand(with_every_phase(one_shop).migration("m"))
    (one_shop.migrations / "m" / "expand.sql").write_text("ALTER TABLE public.users ADD nick text;")
    with pytest.raises(Refused, match=r"expand step 1 \(done\): ALTER TABLE public.users ADD COLUMN nick") as caught:
        engine.repair(one_shop.migration("m"), WHY)
    assert "--accept-ran" in caught.value.todo
    done = engine.repair(one_shop.migration("m"), WHY, accept_ran=True)
    assert len(done.ran) == 1
    assert engine.migrate(one_shop.migration("m")).after is State.MIGRATED


def test_a_failed_step_is_corrected_and_the_run_goes_on(one_shop: Shop) -> None:
    engine = one_shop.engine()
    with pytest.raises(DatabaseFailed):
        engine.expand(one_shop.write("m", expand=f"{NICK} ALTER TABLE public.users ADD COLUMN age nonsense;"))
    corrected = one_shop.write("m", expand=f"{NICK} ALTER TABLE public.users ADD COLUMN age int;")
    with pytest.raises(ChecksumChanged):
        engine.resume(corrected)
    engine.repair(corrected, WHY)
    assert engine.resume(corrected).after is State.EXPANDED


def test_what_ran_of_a_phase_under_way_stays_as_it_was(one_shop: Shop) -> None:
    """Also with --accept-ran: a statement in front of those that ran would take their number and never run."""
    engine = one_shop.engine()
    with pytest.raises(DatabaseFailed):
        engine.expand(one_shop.write("m", expand=f"{NICK} SELECT 1/0;"))
    shifted = one_shop.write("m", expand=f"ALTER TABLE public.users ADD COLUMN first int; {NICK}")
    for accept_ran in (False, True):
        with pytest.raises(Refused, match="m is expanding, and what ran of it is not what its files say"):
            engine.repair(shifted, WHY, accept_ran=accept_ran)
    with pytest.raises(ChecksumChanged):
        engine.resume(shifted)


def test_a_step_whose_end_is_unknown_keeps_its_text(one_shop: Shop) -> None:
    one_shop.write("m", expand="CREATE INDEX CONCURRENTLY i ON public.users (name);")
    stopped_in(one_shop, "expand")
    other = one_shop.write("m", expand="CREATE INDEX CONCURRENTLY j ON public.users (name);")
    with pytest.raises(Refused, match=r"expand step 1 \(running\)"):
        one_shop.engine().repair(other, WHY)


def test_a_backfill_that_began_is_not_another_one(one_shop: Shop) -> None:
    backfill = "[[backfill]]\ntable = 'public.users'\nset = {{ nick = '{0}' }}\nwhere = 'nick IS NULL'\n"
    engine = one_shop.engine()
    migration = one_shop.write("m", expand=NICK, manifest=backfill.format("name"))
    engine.expand(migration)
    other = one_shop.write("m", expand=NICK, manifest=backfill.format("email"))
    assert set(engine.repair(other, WHY).files) == {"backfill"}, "no row was changed yet"
    engine.backfill(other)
    with pytest.raises(Refused, match="backfill users_nick has begun"):
        engine.repair(migration, WHY)


def test_what_repair_needs(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=NICK)
    with pytest.raises(InvalidTransition, match="m has not begun in this database"):
        one_shop.engine().repair(migration, WHY)
    one_shop.engine().expand(migration)
    with pytest.raises(InputError, match="shorter than 10"):
        one_shop.engine().repair(migration, "ok")


def _baseline(shop: Shop, up_to: str) -> Baselined:
    with connect(shop.dsn) as connection:
        return baseline(Store(connection, "dana"), load_all(shop.migrations), up_to, "dumped from production")


def test_a_baseline_records_and_runs_nothing(one_shop: Shop) -> None:
    for name in ("m1", "m2", "m3"):
        one_shop.write(name, expand="CREATE TABLE public.users (id int);")
    assert _baseline(one_shop, "m2") == Baselined(("m1", "m2"), ())
    assert [one_shop.state(name) for name in ("m1", "m2", "m3")] == ["baselined", "baselined", "none"]
    assert _baseline(one_shop, "m2") == Baselined((), ("m1", "m2"))
    assert _audit(one_shop, "state.changed", "m1") == [
        {"from": "pending", "to": "baselined", "up_to": "m2", "reason": "dumped from production"}
    ]
    engine = one_shop.engine()
    for run in (engine.expand, engine.resume):
        assert run(one_shop.migration("m1")).after is State.BASELINED
    for run in (engine.migrate, engine.contract, engine.backfill):
        with pytest.raises(InvalidTransition, match="m1 is baselined"):
            run(one_shop.migration("m1"))
    with pytest.raises(InvalidTransition):
        engine.abort(one_shop.migration("m1"))


def test_a_baseline_counts_for_those_that_depend_on_it(one_shop: Shop) -> None:
    one_shop.write("m1", expand="SELECT 1;")
    second = one_shop.write("m2", expand=NICK, manifest="[migration]\ndepends_on = ['m1']")
    _baseline(one_shop, "m1")
    assert one_shop.engine().expand(second).after is State.EXPANDED


def test_what_began_is_not_baselined(one_shop: Shop) -> None:
    one_shop.write("m1", expand="SELECT 1;")
    one_shop.engine().expand(one_shop.write("m2", expand=NICK))
    with pytest.raises(Refused, match=r"m2 \(expanded\) began in this database"):
        _baseline(one_shop, "m2")
    assert one_shop.state("m1") == "none", "all or nothing"
    with pytest.raises(InputError, match="no migration 'm9'"):
        _baseline(one_shop, "m9")
    one_shop.write("m0", expand="SELECT 1;", manifest="[migration]\ndepends_on = ['nobody']")
    with pytest.raises(ManifestError, match="m0 depends on nobody"):
        _baseline(one_shop, "m1")


def _plan(shop: Shop, phase: str = "contract") -> str:
    with connect(shop.dsn) as connection:
        return plan_id(connection, shop.migration("m"), phase)


def _migrated(shop: Shop) -> Shop:
    engine, migration = shop.engine(), with_every_phase(shop).migration("m")
    engine.expand(migration)
    engine.migrate(migration)
    return shop


def test_a_plan_is_another_when_anything_of_it_changes(one_shop: Shop) -> None:
    _migrated(one_shop)
    first = _plan(one_shop)
    assert _plan(one_shop) == first
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE TABLE others (id int)")
        connection.execute("INSERT INTO users (id, name, email) VALUES (999999, 'x', 'x')")
        assert _plan(one_shop) == first, "rows and other tables are no part of it"
        connection.execute("CREATE INDEX more ON users (name)")
        with_index = _plan(one_shop)
    (one_shop.migrations / "m" / "contract.sql").write_text("ALTER TABLE public.users DROP COLUMN name;")
    assert len({first, with_index, _plan(one_shop), _plan(one_shop, "abort")}) == 4


def test_the_contract_runs_the_plan_or_nothing(one_shop: Shop) -> None:
    _migrated(one_shop)
    looked_at = _plan(one_shop)
    with connect(one_shop.dsn) as connection:
        connection.execute("CREATE INDEX more ON users (name)")
    with pytest.raises(Refused, match=f"The plan {looked_at} .* is not what would run now") as caught:
        one_shop.engine().contract(one_shop.migration("m"), looked_at)
    now = str(caught.value.details["plan_id"])
    assert one_shop.state("m") == "migrated"
    assert one_shop.engine().contract(one_shop.migration("m"), now).after is State.COMPLETE
    (detail,) = [item for item in _audit(one_shop, "state.changed") if item["to"] == "contracting"]
    assert detail["plan"] == now


def test_a_contract_that_began_goes_on_with_its_own_plan(one_shop: Shop) -> None:
    _migrated(one_shop)
    plan = _plan(one_shop)

    def end(event: Event) -> None:
        if event.kind is EventKind.STEP_INTENT:
            raise Stopped("the test ends it here")

    with pytest.raises(Stopped):
        one_shop.engine(end).contract(one_shop.migration("m"), plan)
    assert one_shop.state("m") == "contracting"
    with pytest.raises(Refused, match=f"began with {plan}, not with other"):
        one_shop.engine().contract(one_shop.migration("m"), "other")
    assert one_shop.engine().contract(one_shop.migration("m"), plan).after is State.COMPLETE


def _confirm(shop: Shop, typed: str | None, *, wanted: str | None = None, is_sure: bool = False) -> str | None:
    def ask(_: str) -> str:
        return typed or ""

    with connect(shop.dsn) as connection:
        migration = shop.migration("m")
        return confirmed_plan(
            connection, shop.engine().settings, migration, wanted=wanted, is_sure=is_sure, ask=ask if typed else None
        )


def test_what_goes_for_good_is_confirmed_by_name(one_shop: Shop) -> None:
    plan = _plan(_migrated(one_shop))
    assert _confirm(one_shop, "public.users.name") == plan
    with pytest.raises(Refused, match=r"'name' is not public\.users\.name; nothing was done"):
        _confirm(one_shop, "name")
    for wanted, is_sure in ((None, False), (None, True), (plan, False)):
        with pytest.raises(Refused, match=r"removes column public\.users\.name for good") as caught:
            _confirm(one_shop, None, wanted=wanted, is_sure=is_sure)
        assert caught.value.details["plan_id"] == plan
    assert _confirm(one_shop, None, wanted=plan, is_sure=True) == plan


def test_nobody_is_asked_in_vain(one_shop: Shop) -> None:
    """Not before the gates are open, not where nothing is removed, not when it has begun."""
    engine = one_shop.engine()
    shut = CONTRACT.replace("evidence = []", "evidence = ['approvals']\napprovals = 1")
    migration = one_shop.write("m", expand=NICK, manifest=shut, contract="ALTER TABLE public.users DROP COLUMN name;")
    assert _confirm(one_shop, None) is None
    engine.expand(migration)
    engine.migrate(migration)
    with pytest.raises(ContractShut):
        _confirm(one_shop, "public.users.name")
    one_shop.write("m", expand=NICK, manifest=CONTRACT, contract="ALTER TABLE public.users ALTER nick SET DEFAULT 'x';")
    assert _confirm(one_shop, None) is None


@pytest.mark.parametrize(
    ("contract", "typed"),
    [
        ("DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;", "m"),
        ("DROP INDEX CONCURRENTLY public.users_name_idx;", "public.users_name_idx"),
    ],
)
def test_what_has_to_be_typed(one_shop: Shop, contract: str, typed: str) -> None:
    _migrated(one_shop)
    (one_shop.migrations / "m" / "contract.sql").write_text(contract)
    assert _confirm(one_shop, typed) == _plan(one_shop)
    with pytest.raises(Refused, match="nothing was done"):
        _confirm(one_shop, "yes")
