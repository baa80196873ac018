"""Adds a column with a default and a foreign key, and compares every row under lock.

Why:
    ADD COLUMN … REFERENCES takes ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the one that it references.
    Without a default there is nothing to compare and both are gone in an instant; with one, every row is looked up in
    the other table meanwhile.

Bad:
    ALTER TABLE users ADD COLUMN plan_id int DEFAULT 1 REFERENCES plans (id);

Good:
    ALTER TABLE users ADD COLUMN plan_id int DEFAULT 1;
    ALTER TABLE users ADD CONSTRAINT users_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans (id) NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT users_plan_id_fkey;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Claim
from migrator.lint.online import check_in_two_steps
from migrator.lint.rewriting import without_constraint
from migrator.lint.waits import waits
from migrator.locks import LockLevel
from migrator.names import quote
from migrator.statements.effects import Held
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb

LOCK = LockLevel.ACCESS_EXCLUSIVE


def check(file: FileContext) -> Iterator[Claim]:
    """Report new columns whose default must be found in another table."""
    for action in file.actions(pb.AT_AddColumn):
        column = definition(action.cmd).column_def
        kinds = constraints_of(column)
        if not {pb.CONSTR_FOREIGN, pb.CONSTR_DEFAULT} <= kinds.keys():
            continue
        if file.is_empty_table(action.table, action.step):
            continue
        parent = table_name(kinds[pb.CONSTR_FOREIGN].pktable)
        yield waits(
            action.step,
            f"ADD COLUMN {quote(column.colname)} DEFAULT … REFERENCES",
            LOCK,
            action.table,
            Held.SCAN,
            "Add the column with its default, then, each in a transaction of its own: "
            f"{check_in_two_steps(action, 'foreign key')}",
            how_long=f"(and SHARE ROW EXCLUSIVE on {parent}) while every row is compared",
            fix=without_constraint(file, action, pb.CONSTR_FOREIGN, "fkey"),
        )
