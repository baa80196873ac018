"""A suppression comment that cannot be honoured.

Why:
    A suppression is read by the next person who wonders why the finding was accepted, so it must name a rule that
    exists and say why. One that does not is not honoured.

Bad:
    -- migrator: allow no-such-rule
    SELECT 1;

Good:
    -- migrator: allow truncate: the table is a cache and is filled again on demand
    TRUNCATE page_cache;
"""

from collections.abc import Iterator

from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim
from migrator.lint.suppression import VERBS, Suppression

CATEGORY = Category.ERROR

_FORM = "Write: -- migrator: allow <rule>: <reason>; `migrator lint rules` lists the rules."


def check(file: FileContext) -> Iterator[Claim]:
    """Report suppressions without a reason, of an unknown rule, or in another form."""
    for suppression in file.suppressions:
        if wrong := _what_is_wrong(suppression, file.known_rules):
            yield Claim(suppression.line, f"The suppression {wrong}, so it has no effect.", _FORM)


def _what_is_wrong(suppression: Suppression, known: frozenset[str]) -> str:
    if suppression.verb not in VERBS:
        return f"says {suppression.verb!r} and not 'allow' or 'allow-file'"
    if suppression.rule not in known:
        return f"names {suppression.rule!r}, which is no rule that can be allowed"
    return "" if suppression.reason else "gives no reason behind a colon"
