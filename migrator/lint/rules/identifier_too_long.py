"""Names something with more than 63 bytes.

Why:
    The server cuts the name with a notice only. The object is then found under another name than the code says, and two
    long names that begin alike become one and the same.

Bad:
    ALTER TABLE users ADD COLUMN the_moment_at_which_the_person_last_confirmed_the_electronic_mail_address date;

Good:
    ALTER TABLE users ADD COLUMN mail_confirmed_at date;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.names import MAX_BYTES

CATEGORY = Category.ERROR
SEVERITY = Severity.WARNING


def check(file: FileContext) -> Iterator[Claim]:
    """Report names of new and renamed objects that do not fit; the parser has cut what it could see."""
    for step in file.leaves:
        names = [ref.name for ref in step.effects.creates] + [rename.new_name for rename in step.effects.renames]
        if any(len(name.encode()) >= MAX_BYTES for name in names):
            for name in (name for name in names if _is_cut(name, step.statement.text)):
                yield step.claim(
                    f"The server cuts this name to {MAX_BYTES} bytes: {name}.",
                    f"Choose a name of at most {MAX_BYTES} bytes.",
                    severity=SEVERITY,
                )


def _is_cut(name: str, text: str) -> bool:
    """Whether the text goes on where the name ends."""
    at = text.lower().find(name.lower())
    following = text[at + len(name) : at + len(name) + 1]
    goes_on = at >= 0 and (following.isalnum() or following in {"_", "$"})
    return goes_on or len(name.encode()) > MAX_BYTES
