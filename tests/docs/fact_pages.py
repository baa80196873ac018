"""docs/metrics.md, exit-codes.md, rules.md, gates.md and throttles.md: what the modules say about themselves."""

import inspect
import pkgutil
from importlib import import_module
from types import ModuleType

import migrator.backfill.throttles
import migrator.gates
from migrator.cli.exits import MEANINGS
from migrator.lint.rule import Rule, all_rules
from migrator.metrics import Series, describe
from migrator.web import series
from tests.docs.markdown import table

_METRICS = """\
# Metrics

Served at `http://127.0.0.1:PORT/metrics` with `--metrics-port PORT` while a command runs (on another interface with
`--metrics-address HOST`), and written at its end with `--metrics-textfile FILE` for the node exporter's textfile
collector. Histograms come as `_bucket`, `_sum` and `_count`.
"""
_SERVED = """\
## Of the web server

Served at `/metrics` by `migrator serve`: the state between the runs, read from the database. Some names are those of a
run, with other labels; the job tells them apart. See [deploy systems](deploy-systems.md).
"""
_EXIT_CODES = """\
# Exit codes

The same for every command. Never 0 when the asked work was not done.
"""
_GATES = """\
# Gates

What must be true before a contract may begin. `migrator gate ID` shows each one as open, closed or unknown, with the
reason; unknown is never open. A manifest names those that it asks for in `[contract] evidence`.
"""
_THROTTLES = """\
# Throttles

What makes a backfill wait between two batches. `migrator backfill status` says which one and why. A signal that cannot
be read counts as over its limit.
"""
_RULES = """\
# Lint rules

`migrator lint` reports them, `migrator lint explain RULE` prints one of these sections. An error fails CI.
"""


def metrics() -> str:
    """Return the page of all series."""
    return f"{_METRICS}\n{_series(describe())}\n\n{_SERVED}\n{_series(series.describe())}"


def _series(known: list[Series]) -> str:
    rows = [(f"`{s.name}`", s.type, ", ".join(f"`{label}`" for label in s.labels), s.help) for s in known]
    return table(("series", "type", "labels", "meaning"), rows).rstrip()


def exit_codes() -> str:
    """Return the page of all codes."""
    return f"{_EXIT_CODES}\n{table(('code', 'meaning'), [(str(code), text) for code, text in MEANINGS.items()])}"


def gates() -> str:
    """Return the page of all gates."""
    return "\n".join([_GATES, *(_module(found, found.NAME) for found in gate_modules())])


def throttles() -> str:
    """Return the page of all throttles."""
    named = [(found, found.__name__.rpartition(".")[2].replace("_", "-")) for found in throttle_modules()]
    return "\n".join([_THROTTLES, *(_module(found, name) for found, name in named)])


def rules() -> str:
    """Return the page of all rules."""
    return "\n".join([_RULES, *(_rule(rule) for rule in all_rules().values())])


def gate_modules() -> list[ModuleType]:
    """Return every module of a gate: those with a NAME."""
    return [found for found in _modules(migrator.gates) if hasattr(found, "NAME")]


def throttle_modules() -> list[ModuleType]:
    """Return every module of a throttle: those that build one."""
    return [found for found in _modules(migrator.backfill.throttles) if hasattr(found, "build")]


def _modules(package: ModuleType) -> list[ModuleType]:
    return [import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)]


def _module(module: ModuleType, name: str) -> str:
    return f"## {name}\n\n{inspect.cleandoc(module.__doc__ or '')}\n"


def _rule(rule: Rule) -> str:
    bad, good = (f"```sql\n{rule.section(title)}\n```" for title in ("Bad", "Good"))
    return f"## {rule.id}\n\n{rule.summary}\n\n{rule.section('Why')}\n\nBad:\n{bad}\n\nGood:\n{good}\n"
