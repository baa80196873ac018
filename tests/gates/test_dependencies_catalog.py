"""Gate `dependencies`, as far as the catalog knows: what is named, what is our own, what goes with what."""

from collections.abc import Sequence

from migrator.gates import dependencies
from migrator.gates.gate import GateResult, GateStatus
from migrator.pg.connection import Connection
from migrator.statements.effects import ObjectRef
from tests.gates.asking import column, part, question, thing

_TABLE = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, mail text, age int);
"""


def ask(connection: Connection, removes: Sequence[ObjectRef], makes: Sequence[ObjectRef] = ()) -> GateResult:
    return dependencies.evaluate(question(connection, removes=tuple(removes), makes=tuple(makes)))


def test_what_the_file_drops_by_name_is_no_user(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute(
        "CREATE INDEX two ON users (email, age); CREATE VIEW v AS SELECT email FROM users;"
        "ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email), ADD CONSTRAINT adult CHECK (email <> '');"
        "CREATE TABLE mails (email text CONSTRAINT to_users REFERENCES users (email));"
        "CREATE STATISTICS st ON email, age FROM users"
    )
    removes = [
        thing("index", "two"),
        thing("view", "v"),
        part("constraint", "to_users", "mails"),
        part("constraint", "one_email"),
        part("constraint", "adult"),
        thing("statistics", "st"),
        column("email"),
    ]
    assert ask(connection, removes).reason == "nothing else uses the 7 objects that the phase removes"
    for left_out in removes[:-1]:
        closed = ask(connection, [ref for ref in removes if ref is not left_out])
        assert closed.status is GateStatus.CLOSED
        assert f".{left_out.name}" in closed.reason or f"{left_out.name} on" in closed.reason


def test_an_index_over_two_removed_columns_still_has_to_be_named(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute("CREATE INDEX two ON users (email, age)")
    assert ask(connection, [column("email"), column("age")]).status is GateStatus.CLOSED


def test_the_migrations_own_trigger_function_and_column_are_no_evidence(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute(
        "CREATE SCHEMA migrator;"
        "CREATE FUNCTION migrator.sync_x() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.mail := NEW.email; RETURN NEW; END';"
        "CREATE TRIGGER zz_migrator_x_u BEFORE UPDATE ON users FOR EACH ROW"
        " WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION migrator.sync_x()"
    )
    makes = [column("mail"), thing("function", "sync_x", "migrator"), part("trigger", "zz_migrator_x_u")]
    assert ask(connection, [column("email")], makes).status is GateStatus.OPEN
    stranger = ask(connection, [column("email")])
    assert "trigger zz_migrator_x_u on public.users" in stranger.reason
    assert "function migrator.sync_x()" in stranger.reason


def test_an_index_over_the_old_and_the_new_column_closes_although_the_new_one_is_ours(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute("CREATE INDEX both_mails ON users (email, mail)")
    assert "index public.both_mails" in ask(connection, [column("email")], [column("mail")]).reason


def test_default_not_null_and_identity_go_with_the_column(connection: Connection) -> None:
    connection.execute("CREATE TABLE users (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 3)")
    connection.execute("ALTER TABLE users ADD i int GENERATED ALWAYS AS IDENTITY")
    assert ask(connection, [column("n"), column("i")]).status is GateStatus.OPEN


def test_a_sequence_used_elsewhere_closes(connection: Connection) -> None:
    connection.execute("CREATE TABLE users (id serial); CREATE TABLE log (id int DEFAULT nextval('users_id_seq'))")
    reason = ask(connection, [column("id"), thing("sequence", "users_id_seq")]).reason
    assert "default of column public.log.id depends on" in reason


def test_a_dropped_table_takes_its_own_parts_but_not_what_others_have(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute(
        "CREATE INDEX two ON users (email, age); ALTER TABLE users ADD CHECK (age > 0);"
        "CREATE POLICY p ON users USING (email = current_user); CREATE STATISTICS st ON email, age FROM users"
    )
    assert ask(connection, [thing("table", "users")]).status is GateStatus.OPEN
    connection.execute(
        "CREATE TABLE mails (u bigint CONSTRAINT to_users REFERENCES users); CREATE PUBLICATION pub FOR TABLE users"
    )
    reason = ask(connection, [thing("table", "users")]).reason
    assert "table constraint to_users on public.mails depends on table public.users" in reason
    assert "publication pub vanishes with table public.users" in reason
    removes = [part("constraint", "to_users", "mails"), thing("publication", "pub", ""), thing("table", "users")]
    assert ask(connection, removes).status is GateStatus.OPEN


def test_what_uses_a_part_of_a_dropped_table_closes(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE log (id int DEFAULT nextval('users_id_seq'));"
        "CREATE FUNCTION f(u users) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    reason = ask(connection, [thing("table", "users")]).reason
    assert "default of column public.log.id depends on table public.users" in reason
    assert "function public.f(public.users) depends on table public.users" in reason


def test_a_view_over_a_view_closes_when_only_the_first_is_dropped(connection: Connection) -> None:
    connection.execute(_TABLE)
    connection.execute("CREATE VIEW v AS SELECT email FROM users; CREATE VIEW vv AS SELECT email FROM v")
    reason = ask(connection, [thing("view", "v"), column("email")]).reason
    assert "view public.vv depends on view public.v" in reason


def test_partitions_lose_the_column_too(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE users (id int, email text) PARTITION BY RANGE (id);"
        "CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (1) TO (100);"
        "CREATE INDEX parent_index ON users (email)"
    )
    removes = [thing("index", "parent_index"), column("email")]
    assert ask(connection, removes).status is GateStatus.OPEN
    connection.execute("CREATE VIEW v AS SELECT email FROM users_1; CREATE INDEX only_here ON users_1 (email, id)")
    reason = ask(connection, removes).reason
    assert "view public.v" in reason
    assert "index public.only_here" in reason


def test_a_type_a_function_and_a_schema_have_users(connection: Connection) -> None:
    connection.execute(
        "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('ok'); CREATE TABLE users (m app.mood);"
        "CREATE FUNCTION app.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE log (n int DEFAULT app.one())"
    )
    assert (
        "table column public.users.m depends on type app.mood" in ask(connection, [thing("type", "mood", "app")]).reason
    )
    assert "default of column public.log.n depends on" in ask(connection, [thing("function", "one", "app")]).reason
    assert ask(connection, [thing("schema", "app", "")]).status is GateStatus.CLOSED


def test_what_is_already_gone_has_no_users(connection: Connection) -> None:
    connection.execute(_TABLE)
    assert ask(connection, [column("never_was"), thing("table", "neither")]).status is GateStatus.OPEN


def test_a_kind_that_cannot_be_looked_up_is_unknown(connection: Connection) -> None:
    result = ask(connection, [thing("collation", "de")])
    assert result.status is GateStatus.UNKNOWN
    assert "collation public.de" in result.reason


def test_strange_names_are_found(connection: Connection) -> None:
    connection.execute(
        'CREATE SCHEMA "Odd Schema"; CREATE TABLE "Odd Schema"."My.Table" (id int, "E Mail" text);'
        'CREATE VIEW "V %s" AS SELECT "E Mail" FROM "Odd Schema"."My.Table"'
    )
    ref = ObjectRef("column", "Odd Schema", "E Mail", "My.Table")
    assert 'view public."V %s" depends on' in ask(connection, [ref]).reason


def test_evidence_names_every_user_also_those_that_the_reason_leaves_out(connection: Connection) -> None:
    connection.execute(_TABLE)
    for number in range(11):
        connection.execute(f"CREATE VIEW v{number} AS SELECT email FROM users".encode())
    result = ask(connection, [column("email")])
    assert result.reason.startswith("users 11 > 0 (")
    assert result.reason.endswith("and 3 more)")
    uses = result.evidence["uses"]
    assert isinstance(uses, list)
    assert {"user": "view public.v10", "how": "depends on", "object": "column public.users.email"} in uses
