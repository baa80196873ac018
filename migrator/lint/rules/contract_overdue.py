"""A contract whose date has passed.

Why:
    Until the contract has run, two shapes of the data are kept alive by triggers, and the next change waits for it. The
    date in migration.toml is a promise. The files cannot tell whether a contract that is written has run: `migrator
    overdue` asks the database.

Bad:
    -- and in migration.toml: [contract] contract_by = 2020-01-01
    ALTER TABLE users ADD COLUMN mail text;

Good:
    -- and in migration.toml: [contract] contract_by = 2999-01-01
    ALTER TABLE users ADD COLUMN mail text;
"""

from collections.abc import Iterator
from pathlib import Path

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity, Verdict

CATEGORY = Category.COMPATIBILITY


def check(file: FileContext) -> Iterator[Claim]:
    """Report, on expand.sql, a date of migration.toml that lies in the past."""
    deadline = file.contract_by
    if file.phase != "expand" or deadline is None or deadline >= file.today:
        return
    contract = file.sibling("contract")
    is_written = contract is not None and bool(contract.steps)
    yield Claim(
        line=file.steps[0].statement.line if file.steps else 1,
        message=f"The contract of this migration was due on {deadline}"
        f"{'; the files cannot tell whether it has run' if is_written else ', and is not written yet'}.",
        help=f"Run `migrator contract {Path(file.source.path).absolute().parent.name}`, and take the date away when "
        "it has run; or agree on another date with the owner."
        if is_written
        else "Write contract.sql and run it, or agree on another date with the owner.",
        severity=Severity.WARNING if is_written else Severity.ERROR,
        step=0 if file.steps else None,
        verdict=Verdict.UNKNOWN if is_written else Verdict.UNSAFE,
    )
