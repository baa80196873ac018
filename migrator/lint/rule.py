"""What a rule is: one module of `migrator.lint.rules`, whose docstring is its documentation and its first test.

The id is the file's name with dashes. The docstring is a summary line and the sections `Why:`, `Bad:` and `Good:`;
the last two hold SQL. `Given:` holds the SQL of migrations that ran before, where the example needs to know them.
Optional constants: CATEGORY, SEVERITY, DEFAULT, SINCE, LOCK. Adding a file adds the rule: nothing lists them.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import cleandoc
from textwrap import dedent

from migrator.errors import UnknownRule
from migrator.lint import rules
from migrator.lint.context import FileContext
from migrator.lint.finding import Category, Claim, Severity
from migrator.locks import LockLevel

_SECTIONS = ("Why:", "Given:", "Bad:", "Good:")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `check` yields a claim for every statement of a file that it is about."""

    id: str
    documentation: str
    check: Callable[[FileContext], Iterator[Claim]]
    category: Category = Category.LOCK
    """The module's `CATEGORY`; a claim may name another."""
    is_default: bool = True
    """The module's `DEFAULT`: whether it runs unless it is switched off. Rules of taste wait to be switched on."""
    severity: Severity = Severity.ERROR
    """The module's `SEVERITY`: the gravest that it reports."""
    since: int = 12
    """The module's `SINCE`: the oldest PostgreSQL whose servers it is about."""
    lock: LockLevel | None = None
    """The module's `LOCK`, for the list of rules: the lock that its findings are mostly about."""

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.splitlines()[0]

    def section(self, title: str) -> str:
        """Return the text of `Why`, `Given`, `Bad` or `Good` without its indentation; empty when there is none."""
        lines = self.documentation.splitlines()
        if f"{title}:" not in lines:
            return ""
        start = lines.index(f"{title}:") + 1
        end = next((i for i in range(start, len(lines)) if lines[i] in _SECTIONS), len(lines))
        return dedent("\n".join(lines[start:end])).strip("\n")


@cache
def all_rules() -> Mapping[str, Rule]:
    """Import every module of `migrator.lint.rules` and return the rules by id, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    return {rule.id: rule for rule in map(_load, names)}


def get_rule(rule_id: str) -> Rule:
    """Return one rule.

    Raises:
        UnknownRule: there is none of that id.
    """
    if (rule := all_rules().get(rule_id)) is None:
        raise UnknownRule(f"There is no rule {rule_id!r}.", "`migrator lint rules` lists them.")
    return rule


def _load(name: str) -> Rule:
    module = import_module(f"{rules.__name__}.{name}")
    return Rule(
        id=name.replace("_", "-"),
        documentation=cleandoc(module.__doc__ or ""),
        check=module.check,
        category=getattr(module, "CATEGORY", Category.LOCK),
        is_default=getattr(module, "DEFAULT", True),
        severity=getattr(module, "SEVERITY", Severity.ERROR),
        since=getattr(module, "SINCE", 12),
        lock=getattr(module, "LOCK", None),
    )
