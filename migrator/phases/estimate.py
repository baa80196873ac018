"""How long a statement may hold its locks, roughly: from what it does and how big its tables are.

The rates are those of an ordinary server with the table half in memory; they tell seconds from hours and no more.
"""

from migrator.statements.effects import Effects, Held

_MIB = 1024 * 1024
_BYTES_PER_SECOND = {Held.SCAN: 200 * _MIB, Held.BUILD: 40 * _MIB, Held.REWRITE: 40 * _MIB}


def estimated_seconds(effects: Effects, largest_bytes: int | None) -> float | None:
    """Return about how long it runs once it has its locks; None where nothing can be said.

    Args:
        effects: of the statement.
        largest_bytes: the size of the largest table that it locks, with its indexes; None when unknown.
    """
    if effects.held is Held.INSTANT:
        return 0.0
    rate = _BYTES_PER_SECOND.get(effects.held)
    return None if rate is None or largest_bytes is None else largest_bytes / rate
