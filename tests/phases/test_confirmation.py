"""What goes for good outside of contracts: asked for by name on a terminal, by `--yes --plan-id` elsewhere."""

from collections.abc import Callable, Sequence

import pytest

from migrator.errors import (
    DatabaseFailed,
    GateClosed,
    InvalidTransition,
    ManifestError,
    Refused,
    Sealed,
    Stopped,
    TableClaimed,
)
from migrator.events import Event, EventKind
from migrator.pg.connection import connect
from migrator.phases.confirmation import Answer, confirmed_phase, phase_ahead
from migrator.phases.folder import Migration, load_migration
from migrator.phases.losses import Loss, losses_of
from migrator.phases.pending import Expanded, expand_all, would_run
from migrator.state.transitions import State
from tests.fix_app import Shop
from tests.phases.looking import scalar
from tests.phases.scenes import CONTRACT, NICK, with_every_phase

DROP = "DROP TABLE public.orders;"


def _execute(shop: Shop, *statements: str) -> None:
    with connect(shop.dsn) as connection:
        for text in statements:
            connection.execute(text.encode())


def _losses(shop: Shop, migration: Migration, phase: str = "expand") -> list[str]:
    with connect(shop.dsn) as connection:
        return [str(loss) for loss in losses_of(connection, migration, phase)]


def _confirm(
    shop: Shop,
    migration: Migration,
    command: str = "expand",
    plans: Sequence[str] = (),
    *,
    is_sure: bool = False,
    typed: str | None = None,
) -> str | None:
    def ask(question: str) -> str:
        assert "for good. Type " in question
        return typed or ""

    with connect(shop.dsn) as connection:
        return confirmed_phase(connection, migration, command, Answer(plans, is_sure, ask if typed else None))


def _plan(shop: Shop, migration: Migration, command: str = "expand") -> str:
    with pytest.raises(Refused, match="for good, and nobody confirmed it") as caught:
        _confirm(shop, migration, command)
    return str(caught.value.details["plan_id"])


TAKEN = {
    DROP: ["table public.orders"],
    "DROP TABLE IF EXISTS public.orders CASCADE;": ["table public.orders"],
    "DROP TABLE IF EXISTS public.nothing;": [],
    "ALTER TABLE public.users DROP COLUMN name;": ["column public.users.name"],
    "ALTER TABLE public.users DROP COLUMN IF EXISTS nothing;": [],
    "TRUNCATE public.users, public.orders;": ["all rows of table public.users", "all rows of table public.orders"],
    "DELETE FROM public.orders;": ["all rows of table public.orders"],
    "DELETE FROM public.orders WHERE id < 7;": [],
    "DROP SCHEMA app CASCADE;": ["schema app with all that hangs on it"],
    "DROP TYPE public.mood CASCADE;": ["type public.mood with all that hangs on it"],
    "DROP TYPE public.mood;": [],
    "DROP OWNED BY somebody;": ["all that role somebody owns"],
    "DO $$ BEGIN DROP TABLE public.orders; END $$;": ["table public.orders"],
    "ALTER TABLE public.orders RENAME TO o; DROP TABLE public.o;": ["table public.o"],
    "CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (1); DROP TABLE public.t;": [],
    "DROP INDEX public.i; DROP VIEW public.v; ALTER TABLE public.users DROP CONSTRAINT c;": [],
}


def test_what_a_file_takes_away(one_shop: Shop) -> None:
    assert {sql: _losses(one_shop, one_shop.write("m", expand=sql)) for sql in TAKEN} == TAKEN


def test_nobody_confirmed_it(one_shop: Shop) -> None:
    """The refusal is the whole way: what goes, how to look, the command to run; that command runs again too."""
    migration = one_shop.write("m", expand=f"{DROP} {NICK}")
    with pytest.raises(Refused, match=r"The expand of m removes table public\.orders for good") as caught:
        _confirm(one_shop, migration)
    plan = str(caught.value.details["plan_id"])
    assert caught.value.details["removes"] == ["table public.orders"]
    assert f"`migrator expand m --yes --plan-id {plan}`" in caught.value.todo
    assert "`migrator plan m --phase expand`" in caught.value.todo
    assert "contract.sql" in caught.value.todo
    for plans, is_sure in (((), True), ((plan,), False)):
        with pytest.raises(Refused, match="nobody confirmed it"):
            _confirm(one_shop, migration, plans=plans, is_sure=is_sure)
    assert _confirm(one_shop, migration, plans=[plan], is_sure=True) == plan
    assert one_shop.engine().expand(migration, plan).after is State.EXPANDED


def test_another_plan_is_refused(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=DROP)
    plan = _plan(one_shop, migration)
    _execute(one_shop, "CREATE INDEX more ON orders (id)")
    assert _confirm(one_shop, migration, plans=[plan], is_sure=True) == plan
    with pytest.raises(Refused, match=f"The plan {plan} for the expand of m is not what would run now"):
        one_shop.engine().expand(migration, plan)
    assert one_shop.state("m") == "pending"


def test_a_person_types_each_name(one_shop: Shop) -> None:
    migration = one_shop.write("m", expand=DROP)
    with pytest.raises(Refused, match=r"'orders' is not public\.orders; nothing was done"):
        _confirm(one_shop, migration, typed="orders")
    assert _confirm(one_shop, migration, typed="public.orders") == _plan(one_shop, migration)


def _stopped_after(step: int) -> Callable[[Event], None]:
    def stop(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE and event.data["number"] == step:
            raise Stopped("the test ends it here")

    return stop


def test_what_was_confirmed_is_asked_once(one_shop: Shop) -> None:
    """After a stop the same command goes on, and so does `resume`; a file that was repaired is asked for again."""
    migration = one_shop.write("m", expand=f"{NICK} {DROP}")
    plan = _plan(one_shop, migration)
    with pytest.raises(Stopped):
        one_shop.engine(_stopped_after(1)).expand(migration, plan)
    assert _losses(one_shop, migration) == ["table public.orders"]
    assert _confirm(one_shop, migration, plans=[plan], is_sure=True) == plan
    assert _confirm(one_shop, migration, "resume") is None
    with pytest.raises(Refused, match=f"The expand of m began with {plan}, not with other"):
        one_shop.engine().expand(migration, "other")
    migration = one_shop.write("m", expand=f"{NICK} {DROP} DROP TABLE public.more;")
    _execute(one_shop, "CREATE TABLE more (id int)")
    one_shop.engine().repair(migration, "reviewed in ABC-1")
    again = _plan(one_shop, migration, "resume")
    assert again != plan
    assert one_shop.engine().resume(migration, again).after is State.EXPANDED
    assert _losses(one_shop, migration) == []


def test_a_phase_that_began_unasked_is_asked_about_when_it_goes_on(one_shop: Shop) -> None:
    """`backfill run` enters the migrate phase, and not one statement of migrate.sql has been looked at."""
    migration = one_shop.write("m", expand=NICK, migrate=DROP)
    one_shop.engine().expand(migration)
    one_shop.engine().backfill(migration)
    plan = _plan(one_shop, migration, "migrate")
    assert _plan(one_shop, migration, "resume") == plan
    one_shop.engine().migrate(migration, plan)
    with connect(one_shop.dsn) as connection:
        assert (
            scalar(connection, "SELECT detail ->> 'plan' FROM migrator.audit WHERE action = 'plan.confirmed'") == plan
        )


def test_nobody_is_asked_in_vain(one_shop: Shop) -> None:
    one_shop.engine().expand(with_every_phase(one_shop).migration("m"))
    with pytest.raises(TableClaimed):
        _confirm(one_shop, one_shop.write("other", expand=DROP), typed="never")
    builds = "[migration]\ndepends_on = ['m']\n"
    with pytest.raises(GateClosed, match=r"depends on m \(expanded\)"):
        _confirm(one_shop, one_shop.write("next", expand=DROP, manifest=builds), typed="never")
    one_shop.engine().migrate(one_shop.migration("m"))
    one_shop.engine().expand(one_shop.write("next", expand="SELECT 1;", manifest=builds + CONTRACT))
    with pytest.raises(InvalidTransition, match="builds on m"):
        _confirm(one_shop, one_shop.migration("m"), "abort", typed="never")


def _everything(shop: Shop, *plans: str) -> Expanded:
    def confirm(migration: Migration, losses: tuple[Loss, ...]) -> str | None:
        with connect(shop.dsn) as connection:
            return confirmed_phase(connection, migration, "expand", Answer(plans, bool(plans)), losses)

    return expand_all(shop.engine(), shop.migrations, lambda _: None, confirm)


def _put(shop: Shop, name: str, text: str) -> Migration:
    path = shop.migrations / f"{name}.sql"
    path.write_text(text)
    return load_migration(path)


def test_a_new_database_is_built_without_a_question(one_shop: Shop) -> None:
    """What the same run has made nobody has written to; a table that was there under another name was written to."""
    _put(one_shop, "V1__a", "CREATE TABLE public.a (id int, b int); INSERT INTO public.a VALUES (1, 2);")
    _put(one_shop, "V2__b", "ALTER TABLE public.a DROP COLUMN b; DELETE FROM public.a;")
    _put(one_shop, "V3__c", "DROP TABLE public.a;")
    assert [outcome.after.value for outcome in _everything(one_shop).migrations] == ["complete"] * 3
    _put(one_shop, "V4__d", "ALTER TABLE public.orders RENAME TO old_orders;")
    _put(one_shop, "V5__e", "DROP TABLE public.old_orders;")
    ahead, _ = would_run(one_shop.dsn, one_shop.migrations)
    assert [(item.name, [*map(str, item.losses)]) for item in ahead] == [
        ("V4__d", []),
        ("V5__e", ["table public.old_orders"]),
    ]
    with pytest.raises(Refused, match=r"V5__e removes table public\.old_orders for good") as caught:
        _everything(one_shop)
    assert caught.value.details["done"] == ["V4__d"]
    done = _everything(one_shop, "other", str(caught.value.details["plan_id"]))
    assert [outcome.migration for outcome in done.migrations] == ["V5__e"]


def _cut_off(shop: Shop) -> None:
    """Build the first half of a new database; the third file fails, and is corrected."""
    _put(shop, "V1__a", "CREATE TABLE public.a (id int, b int); CREATE TABLE public.c (id int);")
    _put(shop, "V2__fill", "INSERT INTO public.a VALUES (1, 2); ALTER TABLE public.a DROP COLUMN b;")
    _put(shop, "V3__fails", "CREATE TABLE public.d (id int); SELECT no_such_column FROM public.a;")
    _put(shop, "V4__gone", "DROP TABLE public.a; DELETE FROM public.c; TRUNCATE public.d;")
    with pytest.raises(DatabaseFailed, match="no_such_column"):
        _everything(shop)
    path = shop.migrations / "V3__fails.sql"
    path.write_text("CREATE TABLE public.d (id int); SELECT id FROM public.a;")
    shop.engine().repair(load_migration(path), "a word was wrong")


def test_a_run_that_goes_on_knows_what_its_first_half_made(one_shop: Shop) -> None:
    _cut_off(one_shop)
    ahead, _ = would_run(one_shop.dsn, one_shop.migrations)
    assert [item.losses for item in ahead] == [(), ()]
    assert [outcome.migration for outcome in _everything(one_shop).migrations] == ["V3__fails", "V4__gone"]
    _put(one_shop, "V5__later", "DROP TABLE public.c;")
    with pytest.raises(Refused, match=r"removes table public\.c for good"):
        _everything(one_shop)


def test_what_somebody_wrote_since_the_run_was_cut_off_is_asked_about(one_shop: Shop) -> None:
    _cut_off(one_shop)
    _execute(one_shop, "INSERT INTO a VALUES (7)")
    _execute(one_shop, "CREATE TABLE e (id int)")
    _put(one_shop, "V5__e", "DROP TABLE public.e;")
    ahead, _ = would_run(one_shop.dsn, one_shop.migrations)
    assert [[*map(str, item.losses)] for item in ahead] == [[], ["table public.a"], ["table public.e"]]
    with pytest.raises(Refused, match=r"V4__gone removes table public\.a for good"):
        _everything(one_shop)
    with pytest.raises(Refused, match=r"V4__gone removes table public\.a for good"):
        _everything(one_shop)


def test_an_abort_asks_for_what_is_nowhere_else(one_shop: Shop) -> None:
    """New code has written to it, and no trigger keeps it equal to an old column."""
    migration = one_shop.write("m", expand=NICK, abort="ALTER TABLE public.users DROP COLUMN nick;")
    one_shop.engine().expand(migration)
    assert _confirm(one_shop, migration, "abort") is None
    _execute(one_shop, "UPDATE users SET nick = 'x' WHERE id = 7")
    plan = _plan(one_shop, migration, "abort")
    assert _confirm(one_shop, migration, "abort", typed="public.users.nick") == plan
    assert one_shop.engine().abort(migration, plan).after is State.ABORTED
    assert _confirm(one_shop, migration, "expand") is None


def test_an_abort_of_a_column_that_a_trigger_keeps_equal(one_shop: Shop) -> None:
    migration = one_shop.render_rename()
    one_shop.engine().expand(migration)
    _execute(one_shop, "UPDATE users SET mail = 'new@example.org' WHERE id = 7")
    assert _losses(one_shop, migration, "abort") == []
    _execute(one_shop, "ALTER TABLE users DISABLE TRIGGER USER")
    assert _losses(one_shop, migration, "abort") == ["column public.users.mail"]


def test_a_repeatable_file_may_only_empty_what_it_fills(one_shop: Shop) -> None:
    file = one_shop.migrations / "R__plans.sql"
    file.write_text("DELETE FROM public.plans; INSERT INTO public.plans VALUES (1);")
    _put(one_shop, "V1__plans", "CREATE TABLE public.plans (id int);")
    assert [item.name for item in _everything(one_shop).repeatables] == ["R__plans"]
    file.write_text("DROP TABLE public.plans; CREATE TABLE public.plans (id int);")
    with pytest.raises(ManifestError, match=r"R__plans\.sql removes table public\.plans each time"):
        _everything(one_shop)


def test_an_abort_after_the_end_says_that_first(one_shop: Shop) -> None:
    """Not that somebody builds on it: an abort of that one would not help."""
    engine = one_shop.engine()
    migration = one_shop.write("m", expand=NICK, abort="ALTER TABLE public.users DROP COLUMN nick;")
    engine.expand(migration)
    engine.migrate(migration)
    engine.expand(one_shop.write("next", expand="SELECT 1;", manifest="[migration]\ndepends_on = ['m']\n" + CONTRACT))
    with connect(one_shop.dsn) as connection:
        assert phase_ahead(connection, migration, "abort") is None
    with pytest.raises(Sealed, match="m is complete: it has ended, and there is no way back"):
        engine.abort(migration)


def test_what_waits_for_another_says_which_command_that_needs(one_shop: Shop) -> None:
    engine = one_shop.engine()
    first = one_shop.write("first", expand=NICK)
    later = one_shop.write("later", expand="SELECT 1;", manifest="[migration]\ndepends_on = ['first']\n")
    for command in ("migrator expand first", "migrator migrate first"):
        with pytest.raises(GateClosed) as caught:
            engine.expand(later)
        assert command in caught.value.todo
        engine.expand(first)
