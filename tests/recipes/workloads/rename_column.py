"""A column has two names: old code says the first, new code the second; each reads what the other wrote.

As expand.sql documents, new code may write the new name from expand on and reads it only after migrate: until then
the bridge asks for both. It may say ON CONFLICT with the new name after migrate. In the case `behind_triggers` a
function of the application names the column: rightly a gate keeps the contract shut until it is replaced.
"""

from uuid import UUID

from tests.recipes.crud import Column, crud
from tests.recipes.workload import Action, Code, Workload, insert, read, update, upsert


def _both(new: str, old: str, type_name: str = "") -> Column:
    """Return the new column as new code reads it before the backfill is done."""
    return Column(new, type_name, f"coalesce(t.{new}, t.{old}){'::text' * bool(type_name)}")


def _user(email: str | Column, *more: Action) -> Code:
    touch = update("UPDATE users SET name = %(name)s WHERE id = %(key)s")
    return crud("users", {"email": email, "name": "name"}, touch, *more)


def _by_address(column: str) -> tuple[Action, ...]:
    return (
        read(f"SELECT id, name FROM users WHERE {column} = %(email)s AND lower({column}) = %(email)s"),
        upsert(
            f"INSERT INTO users AS t (id, {column}, name) VALUES (%(key)s, %(email)s, %(name)s) "
            f"ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}, name = excluded.name"
        ),
    )


def _plain(email: str | Column, cleared: str) -> Code:
    return crud(
        "users",
        {"email": email},
        insert("INSERT INTO users (id) VALUES (%(key)s)", email=None),
        update(f"UPDATE users SET {cleared} WHERE id = %(key)s", email=None),
    )


def _member(company: str | Column, *more: Action) -> Code:
    return crud("users", {"company": company, "boss": "boss"}, *more)


def _hired(column: str) -> tuple[Action, ...]:
    """Members without a company of their own get the default."""
    return (
        insert("INSERT INTO users (id) VALUES (%(key)s)", company=1, boss=None),
        read(
            f"SELECT u.{column} AS company, c.code FROM users u LEFT JOIN companies c ON c.id = u.{column} "
            "WHERE u.id = %(key)s"
        ),
    )


def _quoted(column: str | Column) -> Code:
    return crud('"My App"."The Users"', {"mail": column, "number": '"select"'}, key='"Id"')


def _place(column: Column) -> Code:
    return crud("places", {"spot": column, "data": Column("data", "json")})


def _ticket(column: str | Column, *more: Action) -> Code:
    return crud("tickets", {"number": column}, *more)


def _event(kind: str | Column) -> Code:
    without = insert(f"INSERT INTO events (id, at) VALUES (%(key)s, {_AT})", kind="none")
    return crud("events", {"kind": kind}, without, computed={"at": _AT})


def _country(code: str | Column, *more: Action) -> Code:
    return crud("countries", {"code": code, "parent": "parent"}, *more)


def _cities(column: str) -> tuple[Action, ...]:
    """The city of a country follows its code by ON UPDATE CASCADE, and forgets it by ON DELETE SET NULL."""
    found = f"INSERT INTO cities (id, country) SELECT t.id, t.{column} FROM countries t WHERE t.id = %(key)s"
    return (
        update(f"{found} ON CONFLICT (id) DO UPDATE SET country = excluded.country"),
        read(
            f"SELECT coalesce((SELECT c.country FROM cities c WHERE c.id = t.id), t.{column}) AS code "
            "FROM countries t WHERE t.id = %(key)s"
        ),
        read(
            f"SELECT p.{column} AS parent FROM countries t JOIN countries p ON p.{column} = t.parent WHERE t.id=%(key)s"
        ),
    )


def _seen(table_column: str | Column) -> Code:
    """Code that writes the table by its own name for the column and works with the views, which keep theirs."""
    return crud(
        "users",
        {"email": table_column, "name": "name"},
        *crud("shown", {"email": "email", "name": "name"}).actions,
        insert("INSERT INTO shown (id, email) VALUES (%(key)s, %(email)s) RETURNING email, name", name="nobody"),
        read("SELECT p.email, p.other AS email FROM pairs p WHERE p.id = %(key)s"),
        read("SELECT lower(a.loud) AS email FROM shown_again a WHERE a.id = %(key)s"),
    )


def _two_letters(number: int) -> str:
    return chr(ord("A") + number // 1_000_000) + chr(0x4E00 + number % 20_000)


def _loud(column: str | Column, cleared: str, *more: Action) -> Code:
    """A trigger writes every address in small letters; only old code relies on it."""
    clear = update(f"UPDATE users SET {cleared} WHERE id = %(key)s", email=None)
    return crud("users", {"email": column}, clear, *more)


_AT = "date '2025-01-01' + (%(key)s %% 700)::int"
_LOWERED = """
    CREATE OR REPLACE FUNCTION lowered() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN NEW.mail := lower(NEW.mail); RETURN NEW; END'
"""
_T, _A, _E = "t" * 63, "a" * 63, "é" * 31

WORKLOADS = {
    "rename_column": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g || '@example.org', 'name' FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}@example.com", "name": f"name {n}"},
        old=_user("email", *_by_address("email")),
        bridge=_user(_both("mail", "email")),
        new=_user("mail", *_by_address("mail")),
    ),
    "rename_column_plain": Workload(
        fill="INSERT INTO users SELECT g, nullif('u' || g, 'u7') FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_plain("email", "email = NULL"),
        # A NULL that replaces a NULL is no change to the trigger: before the backfill, new code clears both columns.
        bridge=_plain(_both("mail", "email"), "mail = NULL, email = NULL"),
        new=_plain("mail", "mail = NULL"),
    ),
    "rename_column_foreign_key": Workload(
        fill="""
            INSERT INTO companies SELECT g, 'c' || g FROM generate_series(1, 50) g;
            INSERT INTO users SELECT g, 1 + g % 50, g FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"company": 1 + n % 50, "boss": None},
        old=_member("company", *_hired("company")),
        bridge=_member(_both("company_id", "company"), _hired("company")[0]),
        new=_member("company_id", *_hired("company_id")),
    ),
    "rename_column_quoted": Workload(
        fill="""
            INSERT INTO "My App"."The Users"
            SELECT lpad(to_hex(g), 32, '0')::uuid, 'a' || g, -1 FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"mail": f"mail {n}", "number": n},
        old=_quoted('"E-Mail"'),
        bridge=_quoted(_both('"Mail Address"', '"E-Mail"')),
        new=_quoted('"Mail Address"'),
        key=lambda n: UUID(int=n),
    ),
    "rename_column_without_equality": Workload(
        fill="INSERT INTO places SELECT g, point(g, g), '{}' FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"spot": f"({n},{n % 7})", "data": f'{{"n": {n}}}'},
        old=_place(Column("spot", "point")),
        bridge=_place(_both("location", "spot", "point")),
        new=_place(Column("location", "point")),
    ),
    "rename_column_serial": Workload(
        fill="INSERT INTO tickets (id) SELECT generate_series(1, %(rows)s)",
        draw=lambda n: {"number": n},
        old=_ticket("number"),
        bridge=_ticket(_both("ticket", "number")),
        new=_ticket("ticket"),
    ),
    "rename_column_partitioned": Workload(
        fill="INSERT INTO events SELECT g, '2025-01-01'::date + g % 700, 'k' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"kind": f"k{n}"},
        old=_event("kind"),
        bridge=_event(_both("type", "kind")),
        new=_event("type"),
        depends_on_server=True,
    ),
    "rename_column_referenced": Workload(
        fill="""
            INSERT INTO countries VALUES (-1, 'DE', NULL);
            INSERT INTO countries SELECT g, 'a' || chr(500 + g), 'DE' FROM generate_series(1, %(rows)s) g;
            INSERT INTO cities SELECT id, code FROM countries WHERE id % 2 = 0
        """,
        draw=lambda n: {"code": _two_letters(n), "parent": "DE"},
        old=_country("code", *_cities("code")),
        bridge=_country(_both("iso_code", "code")),
        new=_country("iso_code", *_cities("iso_code")),
        is_of_its_own=True,
    ),
    "rename_column_behind_triggers": Workload(
        fill="INSERT INTO users SELECT g, nullif('U' || g, 'U7') FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}"},
        old=_loud(
            "email",
            "email = NULL",
            update("UPDATE users SET email = upper(%(email)s) WHERE id = %(key)s RETURNING email"),
            insert("INSERT INTO users (id, email) VALUES (%(key)s, upper(%(email)s)) RETURNING email"),
        ),
        bridge=_loud(_both("mail", "email"), "mail = NULL, email = NULL"),
        new=_loud("mail", "mail = NULL"),
        before_contract=(_LOWERED,),
        is_of_its_own=True,
    ),
    "rename_column_under_views": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g, 'n' || g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}", "name": f"n{n}"},
        old=_seen("email"),
        bridge=_seen(_both("mail", "email")),
        new=_seen("mail"),
        is_of_its_own=True,
    ),
    "rename_column_long_names": Workload(
        fill=f"INSERT INTO {_T} SELECT g, g, 'b' FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"number": n, "b": f"b{n}"},
        old=crud(_T, {"number": _A, "b": "b"}, insert(f"INSERT INTO {_T} (id) VALUES (%(key)s)", number=1, b=None)),
        bridge=crud(_T, {"number": _both(_E, _A), "b": "b"}),
        new=crud(_T, {"number": _E, "b": "b"}, insert(f"INSERT INTO {_T} (id) VALUES (%(key)s)", number=1, b=None)),
    ),
}
