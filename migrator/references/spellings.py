"""How the names of tables and columns are spelled in other languages, and in the singular and plural."""

from collections.abc import Iterator
from functools import lru_cache


@lru_cache(maxsize=100_000)
def column_spellings(name: str) -> frozenset[str]:
    """Return the spellings of a column: legacy_mail, legacyMail, LegacyMail."""
    pascal = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return frozenset({name, pascal, pascal[:1].lower() + pascal[1:]})


@lru_cache(maxsize=100_000)
def table_spellings(name: str) -> frozenset[str]:
    """Return the spellings of a table, singular and plural: user_accounts, userAccount, UserAccounts."""
    return frozenset(spelling for number in _numbers(name) for spelling in column_spellings(number))


def _numbers(name: str) -> Iterator[str]:
    yield name
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    elif name.endswith("es"):
        yield name[:-2]
        yield name[:-1]
    elif name.endswith("s"):
        yield name[:-1]
    else:
        yield f"{name}s"
