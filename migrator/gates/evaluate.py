"""Finds the gates and asks them: one answer for each, whatever happens inside.

Called by the engine before a contract and again right before its first destructive statement, and by
`migrator gate`. A gate that fails to look is unknown with the cause, and unknown is never open.
"""

import pkgutil
from collections.abc import Iterable
from datetime import timedelta
from importlib import import_module
from typing import Protocol, cast

from migrator import gates
from migrator.errors import DatabaseFailed, ManifestError
from migrator.gates.gate import GateQuestion, GateResult, GateStatus
from migrator.pg.driver import DatabaseError
from migrator.pg.failures import describe
from migrator.pg.queries import query

_LONGEST_LOOK = "30s"
"""A gate reads catalogs and our own small tables; one that takes longer waits for something."""


class Gate(Protocol):
    """A module of this package that has a `NAME` and an `evaluate`."""

    NAME: str

    def evaluate(self, question: GateQuestion) -> GateResult:
        """Answer the question from one kind of evidence."""
        ...


def discover() -> dict[str, Gate]:
    """Return every gate by its name: a file in this package with a `NAME` is one."""
    modules = (import_module(f"{gates.__name__}.{found.name}") for found in pkgutil.iter_modules(gates.__path__))
    return {module.NAME: cast(Gate, module) for module in modules if hasattr(module, "NAME")}


def names_asked(question: GateQuestion, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once, and after them the gates that the manifest's values ask for without naming them.

    A soak, approvals, required versions or a backfill that were written down count, also when the list of evidence
    leaves them out: a forgotten word must not open a contract.
    """
    implied = {
        "backfill": bool(question.backfills),
        "versions": bool(question.requires),
        "soak": question.soak > timedelta(0),
        "approvals": question.approvals > 0,
    }
    return tuple(dict.fromkeys((*names, *(name for name, is_asked in implied.items() if is_asked))))


def evaluate(question: GateQuestion, names: Iterable[str]) -> tuple[GateResult, ...]:
    """Ask the named gates and those that the manifest's values imply, in this order.

    Raises:
        ManifestError: there is no gate of this name; nothing was asked.
        ConfigError: a service's pattern cannot be used.
    """
    known = discover()
    asked = names_asked(question, names)
    require_known(asked)
    return tuple(_ask(name, known[name], question) for name in asked)


def require_known(names: Iterable[str]) -> None:
    """Raise unless each name is a gate's.

    Raises:
        ManifestError: names those that are none, and all that there are.
    """
    known = discover()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ManifestError(
            f"There is no gate {', '.join(unknown)}.", f"Choose evidence from: {', '.join(sorted(known))}."
        )


def are_open(results: Iterable[GateResult]) -> bool:
    """Return whether every gate is open."""
    return all(result.status is GateStatus.OPEN for result in results)


def _ask(name: str, gate: Gate, question: GateQuestion) -> GateResult:
    """Ask one gate in a transaction of its own, so that its failure leaves the connection usable for the next."""
    try:
        with question.connection.transaction():
            values = {"name": "statement_timeout", "value": _LONGEST_LOOK}
            question.connection.execute(query("session.set_local"), values)
            return gate.evaluate(question)
    except DatabaseError as exc:
        failed = describe(exc, f"Looking at the evidence for the gate {name}")
    except DatabaseFailed as exc:
        failed = exc
    return GateResult(name, GateStatus.UNKNOWN, str(failed), {"error": failed.situation, **failed.details})
