"""What may hang on a table of a random schema: one function for each kind of thing.

Called by `schema_maker`, which draws some of them, each perhaps several times, and runs the statements in that order.
"""

from collections.abc import Iterator
from random import Random

from migrator.names import quote
from tests.recipes.schema_maker import ROLES, Design, Part, SchemaMaker


def draw(seed: int, major: int) -> Design:
    """Return the schema of a seed, for a server of a major version."""
    return SchemaMaker(Random(seed), major).design(seed, PARTS)  # noqa: S311 the same for the same seed


def index(maker: SchemaMaker) -> Iterator[str]:
    method = maker.random.choice(("btree", "btree", "btree", "hash", "gin", "brin", "gist"))
    keys = maker.several()[: 1 if method in ("hash", "gin") else 3]
    if method == "btree":
        keys = [key + maker.random.choice(("", "", " DESC", " DESC NULLS LAST", ' COLLATE "C"')) for key in keys]
        keys += maker.random.choice(([], [], [f"lower({keys[0].split(' DESC')[0]}::text)"], [quote(maker.key.name)]))
    unique = "UNIQUE " * (method == "btree" and maker.random.random() < 0.3)
    include = f" INCLUDE ({', '.join(maker.several())})" * (method == "btree" and maker.random.random() < 0.2)
    nulls = " NULLS NOT DISTINCT" * (bool(unique) and maker.random.random() < 0.3)
    options = maker.random.choice(("", "", " WITH (fillfactor = 60)")) if method in ("btree", "hash") else ""
    where = f" WHERE {maker.condition()}" * (maker.random.random() < 0.3)
    name = maker.name("ix")
    over = f"{maker.table} USING {method} ({', '.join(keys)})"
    yield f"CREATE {unique}INDEX {name} ON {over}{include}{nulls}{options}{where}"
    full = f"{quote(maker.table.schema)}.{name}"
    if maker.random.random() < 0.2:
        yield f"COMMENT ON INDEX {full} IS 'it''s an index'"
    if maker.random.random() < 0.1:
        yield f"ALTER TABLE {maker.table} CLUSTER ON {name}"
    if unique and maker.random.random() < 0.15:
        yield f"ALTER TABLE {maker.table} REPLICA IDENTITY USING INDEX {name}"


def unique(maker: SchemaMaker) -> Iterator[str]:
    keys = [*maker.several(), *maker.random.choice(([], [quote(maker.key.name)]))]
    nulls = maker.random.choice(("", "", " NULLS NOT DISTINCT"))
    include = maker.random.choice(("", "", f" INCLUDE ({', '.join(maker.several())})"))
    late = maker.random.choice(("", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"))
    name = maker.name("uq")
    yield f"ALTER TABLE {maker.table} ADD CONSTRAINT {name} UNIQUE{nulls} ({', '.join(keys)}){include}{late}"
    yield from commented(maker, f"CONSTRAINT {name} ON {maker.table}")


def exclusion(maker: SchemaMaker) -> Iterator[str]:
    column = maker.column("sales.span", "int4range", "tstzrange")
    what = f"{quote(column.name)} WITH {maker.random.choice(('&&', '='))}"
    yield f"ALTER TABLE {maker.table} ADD CONSTRAINT {maker.name('ex')} EXCLUDE USING gist ({what})"


def check(maker: SchemaMaker) -> Iterator[str]:
    condition = f"{maker.condition()} OR {maker.condition()}" if maker.random.random() < 0.4 else maker.condition()
    late = maker.random.choice(("", "", " NOT VALID", " NO INHERIT"))
    name = maker.name("ck")
    yield f"ALTER TABLE {maker.table} ADD CONSTRAINT {name} CHECK ({condition}){late}"
    yield from commented(maker, f"CONSTRAINT {name} ON {maker.table}")


def commented(maker: SchemaMaker, what: str) -> Iterator[str]:
    if maker.random.random() < 0.25:
        yield f"COMMENT ON {what} IS 'it''s \\ said'"


def key_out(maker: SchemaMaker) -> Iterator[str]:
    """To a neighbour, or to the table itself."""
    column = maker.column("integer", "text", "smallint", "sales.positive", "character varying(20)")
    own = quote(column.name)
    is_number = column.type in ("integer", "smallint", "sales.positive", "small", "bigint")
    target = maker.random.choice(("sales.parents (id)", "sales.parents", str(maker.table)))
    if not is_number:
        target = "sales.parents (code)"
    columns, match = own, maker.random.choice(("", "", " MATCH FULL"))
    texts = [c for c in maker.columns if c.type == "text"]
    if is_number and texts and maker.random.random() < 0.3:
        columns, target = f"{own}, {quote(texts[0].name)}", "sales.parents (a, b)"
    actions = ("", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE SET DEFAULT", " ON UPDATE CASCADE")
    how = maker.random.choice((*actions, f" ON DELETE SET NULL ({own})", " ON UPDATE SET NULL"))
    late = maker.random.choice(("", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"))
    open_end = maker.random.choice(("", " NOT VALID", " NOT VALID"))
    name = maker.name("fk")
    yield (
        f"ALTER TABLE {maker.table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target}"
        f"{match}{how}{late}{open_end}"
    )
    yield from commented(maker, f"CONSTRAINT {name} ON {maker.table}")


def key_in(maker: SchemaMaker) -> Iterator[str]:
    """A child's rows refer to the key, or to a unique column."""
    child = f'"App Schema".{maker.name("child")}'
    actions = ("", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE", " ON UPDATE CASCADE")
    how = maker.random.choice(actions)
    late = maker.random.choice(("", "", " DEFERRABLE INITIALLY DEFERRED"))
    if maker.random.random() < 0.5:
        yield f"CREATE TABLE {child} (id integer PRIMARY KEY, ref integer REFERENCES {maker.table}{how}{late})"
        yield f"INSERT INTO {child} SELECT {quote(maker.key.name)}, {quote(maker.key.name)} FROM {maker.table} LIMIT 2"
        return
    column = maker.column()
    own = quote(column.name)
    yield f"ALTER TABLE {maker.table} ADD UNIQUE ({own})"
    yield (
        f"CREATE TABLE {child} (id integer PRIMARY KEY, ref {column.type} REFERENCES {maker.table} ({own}){how}{late})"
    )
    yield f"INSERT INTO {child} SELECT {quote(maker.key.name)}, {own} FROM {maker.table} LIMIT 3"


def trigger(maker: SchemaMaker) -> Iterator[str]:
    function = f"sales.{maker.name('f')}"
    column = maker.column()
    own = quote(column.name)
    body = maker.random.choice((
        """INSERT INTO "App Schema".log VALUES (TG_OP);""",
        f"NEW.{own} := coalesce(NEW.{own}, {column.values[-1] if column.values else '0'});",
        f"IF NEW.{quote(maker.key.name)} < -99 THEN RETURN NULL; END IF;",
        "PERFORM 1;",
    ))  # fmt: skip
    yield f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"
    when = f" WHEN ({maker.condition('NEW.')})" * (maker.random.random() < 0.3)
    each = f"FOR EACH ROW{when} EXECUTE FUNCTION {function}()"
    names = ", ".join(maker.several())
    events = maker.random.choice(("INSERT", "INSERT OR UPDATE", f"UPDATE OF {names}", "UPDATE"))
    name = maker.random.choice((maker.name("tr"), '"zz_last"', '"~~~"', '"ÿ"'))
    chance = maker.random.random()
    if chance < 0.15:
        yield f"CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {maker.table} DEFERRABLE INITIALLY DEFERRED {each}"
    elif chance < 0.3:
        yield (
            f"CREATE TRIGGER {name} AFTER UPDATE ON {maker.table} REFERENCING OLD TABLE AS was NEW TABLE AS is_now"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        )
    else:
        yield f"CREATE TRIGGER {name} {maker.random.choice(('BEFORE', 'AFTER'))} {events} ON {maker.table} {each}"
    mode = maker.random.choice(("ENABLE", "ENABLE", "ENABLE", "DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"))
    yield f"ALTER TABLE {maker.table} {mode} TRIGGER {name}"


def rule(maker: SchemaMaker) -> Iterator[str]:
    what = maker.random.choice((f"WHERE {maker.condition('NEW.')} ", ""))
    yield (
        f"CREATE RULE {maker.name('ru')} AS ON UPDATE TO {maker.table} {what}"
        "DO ALSO INSERT INTO \"App Schema\".log VALUES ('rule')"
    )


def policies(maker: SchemaMaker) -> Iterator[str]:
    yield f"ALTER TABLE {maker.table} ENABLE ROW LEVEL SECURITY"
    using = maker.random.choice((maker.condition(), "true", f"{quote(maker.key.name)} < 15"))
    role = maker.random.choice(("PUBLIC", quote(ROLES[0])))
    yield f"CREATE POLICY {maker.name('po')} ON {maker.table} TO {role} USING ({using})"


def grants(maker: SchemaMaker) -> Iterator[str]:
    role = quote(maker.random.choice(ROLES))
    yield f"GRANT USAGE ON SCHEMA {quote(maker.table.schema)} TO {role}"
    names = ", ".join(maker.several())
    option = maker.random.choice(("", " WITH GRANT OPTION"))
    what = maker.random.choice(("SELECT", "INSERT", "UPDATE", "SELECT", "REFERENCES"))
    yield f"GRANT {what} ({names}) ON {maker.table} TO {role}{option}"
    if maker.random.random() < 0.3:
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {maker.table} TO {role}"


def owner(maker: SchemaMaker) -> Iterator[str]:
    yield f"GRANT USAGE, CREATE ON SCHEMA {quote(maker.table.schema)} TO {quote(ROLES[1])}"
    yield f"ALTER TABLE {maker.table} OWNER TO {quote(ROLES[1])}"


def comments(maker: SchemaMaker) -> Iterator[str]:
    yield f"COMMENT ON COLUMN {maker.table}.{quote(maker.column().name)} IS 'it''s a column'"
    yield f"COMMENT ON TABLE {maker.table} IS 'a table'"


def statistics(maker: SchemaMaker) -> Iterator[str]:
    kind = maker.random.choice(("", " (ndistinct)", " (mcv)"))
    names = [*maker.several(), quote(maker.key.name)]
    yield f"CREATE STATISTICS sales.{maker.name('st')}{kind} ON {', '.join(names)} FROM {maker.table}"


def settings(maker: SchemaMaker) -> Iterator[str]:
    column = maker.column("text", "jsonb", "bytea", "numeric", "character varying(20)")
    how = maker.random.choice((
        "SET STATISTICS 77", "SET (n_distinct = -0.5)", "SET STORAGE EXTERNAL", "SET STORAGE MAIN",
        "SET COMPRESSION pglz", "SET STATISTICS 0", "SET STORAGE PLAIN",
    ))  # fmt: skip
    yield f"ALTER TABLE {maker.table} ALTER COLUMN {quote(column.name)} {how}"


def publication(maker: SchemaMaker) -> Iterator[str]:
    columns = maker.random.choice(("", f" ({', '.join([quote(maker.key.name), *maker.several()])})"))
    where = maker.random.choice(("", "", f" WHERE ({quote(maker.key.name)} > 2)", f" WHERE ({maker.condition()})"))
    how = maker.random.choice(("", " WITH (publish = 'insert')"))
    what = maker.random.choice((f"TABLE {maker.table}{columns}{where}", "ALL TABLES", "TABLES IN SCHEMA sales"))
    yield f"CREATE PUBLICATION {maker.name('pub')} FOR {what}{how}"


def identity(maker: SchemaMaker) -> Iterator[str]:
    yield f"ALTER TABLE {maker.table} REPLICA IDENTITY {maker.random.choice(('FULL', 'NOTHING'))}"


def view(maker: SchemaMaker) -> Iterator[str]:
    names = ", ".join([quote(maker.key.name), *maker.several()])
    star = maker.random.choice((names, names, "*"))
    where = maker.random.choice(("", f" WHERE {maker.condition()}"))
    kind = maker.random.choice(("VIEW", "VIEW", "MATERIALIZED VIEW"))
    options = " WITH (security_barrier)" * (kind == "VIEW" and maker.random.random() < 0.2)
    name = f"sales.{maker.name('v')}"
    yield f"CREATE {kind} {name}{options} AS SELECT {star} FROM {maker.table}{where}"
    if kind == "VIEW" and maker.random.random() < 0.3:
        yield f"CREATE VIEW sales.{maker.name('vv')} AS SELECT count(*) AS n FROM {name}"
    yield f"GRANT SELECT ON {name} TO {quote(ROLES[0])}"


def function(maker: SchemaMaker) -> Iterator[str]:
    own, key = quote(maker.column().name), quote(maker.key.name)
    kind = maker.random.random()
    name = f"sales.{maker.name('fn')}"
    if kind < 0.4:
        yield (
            f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql"
            f" BEGIN ATOMIC SELECT count({own}) FROM {maker.table}; END"
        )
    elif kind < 0.7:
        yield f"CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql AS $$ SELECT count({key}) FROM {maker.table} $$"
    else:
        yield f"CREATE FUNCTION {name}({maker.table}) RETURNS text LANGUAGE sql AS $$ SELECT ($1).{own}::text $$"


def event_trigger(maker: SchemaMaker) -> Iterator[str]:
    name = maker.name("ev")
    yield (
        f"CREATE FUNCTION sales.{name}() RETURNS event_trigger LANGUAGE plpgsql AS"
        ' $$ BEGIN INSERT INTO "App Schema".log VALUES (tg_tag); END $$'
    )
    yield f"CREATE EVENT TRIGGER {name} ON ddl_command_end EXECUTE FUNCTION sales.{name}()"


def row_user(maker: SchemaMaker) -> Iterator[str]:
    """Another table has a column of the table's row type."""
    yield f'CREATE TABLE "App Schema".{maker.name("kept")} (id integer PRIMARY KEY, whole {maker.table})'


PARTS: tuple[Part, ...] = (
    index, index, index, unique, exclusion, check, check, key_out, key_out, key_in, trigger, trigger, rule, policies,
    grants, grants, owner, comments, statistics, settings, settings, publication, identity, view, view, function,
    event_trigger, row_user,
)  # fmt: skip
