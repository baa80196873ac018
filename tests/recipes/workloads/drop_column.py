"""Old code reads and writes the column until the contract; new code does not know it, from expand on."""

from tests.recipes.crud import crud
from tests.recipes.events_table import FILL, draw, events
from tests.recipes.workload import ANYTHING, Code, Workload, delete, insert, read

WORKLOADS = {
    "drop_column": Workload(
        fill="""
            INSERT INTO companies SELECT generate_series(1, %(rows)s);
            INSERT INTO companies SELECT generate_series(2000000, 2080000);
            INSERT INTO companies SELECT generate_series(3000000, 3080000);
            INSERT INTO users SELECT g, g, 'name' FROM generate_series(1, %(rows)s) g
        """,
        draw=lambda n: {"company": 2_000_000 + n // 1_000_000 * 5000 + n % 5000, "name": f"name {n}"},
        old=crud("users", {"company": "company", "name": "name"}),
        new=crud("users", {"name": "name"}),
        before_abort=(
            # abort.sql asks for it: rows of new code have no value, and old code wants one that nobody else has.
            "UPDATE users SET company = 3000000 + id / 1000000 * 5000 + id % 5000 WHERE company IS NULL",
        ),
    ),
    "drop_column_serial": Workload(
        fill="INSERT INTO tickets (id) SELECT generate_series(1, %(rows)s)",
        draw=lambda n: {"number": n},
        old=crud("tickets", {"number": "number"}, insert("INSERT INTO tickets (id) VALUES (%(key)s)", number=ANYTHING)),
        new=Code(
            "SELECT id AS key FROM tickets",
            (
                read("SELECT id FROM tickets WHERE id = %(key)s"),
                insert("INSERT INTO tickets (id) VALUES (%(key)s)", number=ANYTHING),
                delete("DELETE FROM tickets WHERE id = %(key)s"),
            ),
        ),
    ),
    "drop_column_dependents": Workload(
        fill="INSERT INTO users SELECT g, 'u' || g || repeat('x', g % 30), g FROM generate_series(1, %(rows)s) g",
        draw=lambda n: {"email": f"u{n}@a-rather-long-name.example.org", "plan": n},
        old=crud(
            "users",
            {"email": "email", "plan": "plan"},
            read("SELECT email FROM mails WHERE id = %(key)s"),
            read("SELECT t.email FROM users t LEFT JOIN long_mails l USING (id) WHERE t.id = %(key)s"),
        ),
        new=crud("users", {"plan": "plan"}, read("SELECT plan FROM plans WHERE id = %(key)s")),
    ),
    "drop_column_partitioned": Workload(
        fill=FILL,
        draw=draw,
        old=events(),
        new=events(columns=("place",)),
        before_abort=("UPDATE app.events SET kind = 'none' WHERE kind IS NULL",),  # as abort.sql asks
        depends_on_server=True,
    ),
}
