"""Adds a foreign key and reads both tables under lock to verify it.

Why:
    ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables and holds it while every row is compared. With NOT VALID
    it is instant and holds for new rows; VALIDATE CONSTRAINT then reads the old ones while reads and writes go on.

Bad:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id);

Good:
    ALTER TABLE orders ADD CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_user_fk;
"""

from collections.abc import Iterator

from migrator.lint.context import Action, FileContext
from migrator.lint.finding import Claim
from migrator.lint.wording import takes
from migrator.locks import LockLevel
from migrator.names import TableName
from migrator.statements.effects import Fact
from migrator.statements.facts.columns import constraints_of, definition
from migrator.statements.facts.nodes import table_name
from migrator.statements.parse import pb


def check(file: FileContext) -> Iterator[Claim]:
    """Report foreign keys that are verified at once; a new nullable column without a default has nothing to verify."""
    for action in file.actions(pb.AT_AddConstraint, pb.AT_AddColumn):
        parent = _parent(action)
        if parent is None or file.is_new_table(action.table, action.step):
            continue
        tables = f"{action.table} and {parent}" if parent != action.table else str(action.table)
        yield action.step.claim(
            takes("Adding a foreign key", LockLevel.SHARE_ROW_EXCLUSIVE, tables, "while every row is compared"),
            f"Add it as a constraint with NOT VALID, and then, in another transaction: "
            f"ALTER TABLE {action.table} VALIDATE CONSTRAINT …;",
            lock=LockLevel.SHARE_ROW_EXCLUSIVE,
            table=action.table,
        )


def _parent(action: Action) -> TableName | None:
    """Return the referenced table of a foreign key that scans."""
    argument = definition(action.cmd)
    if action.cmd.subtype == pb.AT_AddColumn:
        kinds = constraints_of(argument.column_def)
        is_scanning = pb.CONSTR_FOREIGN in kinds and pb.CONSTR_DEFAULT in kinds
        return table_name(kinds[pb.CONSTR_FOREIGN].pktable) if is_scanning else None
    is_scanning = argument.constraint.contype == pb.CONSTR_FOREIGN and action.effects.scan is Fact.YES
    return table_name(argument.constraint.pktable) if is_scanning else None
