"""How the names of tables and columns are spelled in other languages, and in the singular and plural."""

import re
from collections.abc import Iterator
from functools import lru_cache

_SHORTEST = 7
_EVERYWHERE = frozenset(
    "created_at updated_at deleted_at created_by updated_by deleted_by created_on updated_on modified_at modified_by"
    " date_created date_modified first_name last_name full_name user_name display_name short_name file_name file_size"
    " file_path file_type mime_type content_type media_type is_active is_deleted is_default is_public is_admin"
    " is_enabled start_date end_date start_time end_time start_at end_at started_at finished_at expires_at sort_order"
    " last_login phone_number error_message status_code access_token refresh_token ip_address user_agent time_zone"
    " total_count page_size max_length default_value created_date updated_date last_updated last_modified"
    " is_valid".split()
)
_ABBREVIATIONS = frozenset(
    "acl api ascii cpu css dns eof guid html http https id ids ip json jwt lhs os qps ram rhs rpc sku sla smtp sms sql"
    " ssh sso tcp tls ttl udp ui uid uri url urls utf uuid vat vm xml".split()
)
"""What Go writes in capitals."""
_PLURALS = (
    *(("ies", "y"), ("ies", "ie"), ("ves", "f"), ("ves", "fe"), ("ices", "ix"), ("ices", "ex"), ("ses", "sis")),
    *(("people", "person"), ("children", "child"), ("men", "man"), ("mice", "mouse"), ("feet", "foot"), ("oxen", "ox")),
    *(("media", "medium"), ("data", "datum"), ("criteria", "criterion"), ("bacteria", "bacterium"), ("zzes", "z")),
    *(("ses", "s"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zes", "z"), ("oes", "o"), ("s", "")),
)
"""How names end in the plural and in the singular; a name is read in each way that its end allows."""
_SAME = ("news", "series", "species")
"""Without their last letter they are other words, such as `new`."""
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def folded(name: str) -> str:
    """Return a name without regard to case and underscores: `UserProfile`, `user_profile`, `userprofile`."""
    return name.replace("_", "").lower()


@lru_cache(maxsize=100_000)
def parts_of(word: str) -> frozenset[str]:
    """Return the folded starts and ends of a word: of `current_user`, `currentUser` and `UserView` also `user`."""
    parts: list[str] = [part.lower() for part in _PARTS.findall(word)]
    ends = {"".join(parts[start:]) for start in range(len(parts))}
    return frozenset(ends | {"".join(parts[:end]) for end in range(1, len(parts))})


_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return `user_profile` of `UserProfile`."""
    return _HUMPS.sub("_", name).lower()


@lru_cache(maxsize=100_000)
def is_distinctive(column: str) -> bool:
    """Whether a name says so much that it means this column wherever it stands; `id` and `created_at` do not.

    `team_id` is a column of many tables; of `stripe_customer_id` there is one.
    """
    parts = len(_PARTS.findall(column))
    snake = snake_case(column)
    is_key = snake.endswith("_id")
    return len(column) >= _SHORTEST and parts > 1 + is_key and snake not in _EVERYWHERE


@lru_cache(maxsize=100_000)
def column_spellings(name: str) -> frozenset[str]:
    """Return the spellings of a column: legacy_url, legacyUrl, LegacyUrl, Go's LegacyURL, jOOQ's LEGACY_URL."""
    loud = {name.upper()} if "_" in name.strip("_") else set[str]()
    camel = {pascal[:1].lower() + pascal[1:] for pascal in _pascals(name)}
    return frozenset({name, *_pascals(name), *camel, *loud})


def _pascals(name: str) -> tuple[str, ...]:
    """Return a name as the words of a class: LegacyUrl, and LegacyURL where a part is an abbreviation."""
    parts = [part for part in name.split("_") if part]
    usual = "".join(part[:1].upper() + part[1:] for part in parts)
    loud = "".join(part.upper() if part.lower() in _ABBREVIATIONS else part[:1].upper() + part[1:] for part in parts)
    return tuple(dict.fromkeys((usual or name, loud or name)))


@lru_cache(maxsize=1_000)
def accessors_of(column: str) -> re.Pattern[str]:
    """Match what ORMs make of a column's name: getLegacyFlag, findByLegacyFlagTrue, LegacyFlagEQ, legacy_flag_was."""
    pascal = f"(?:{'|'.join(_pascals(column))})"
    return re.compile(
        rf"\b(?:get|set|is|has|with|Get|Set|Is|Has|With|Clear|Add|Append|Old|Field|Unset|By|Where|where"
        rf"|orWhere|whereNot|orderBy){pascal}"
        rf"(?:Attribute|Column)?\b"
        rf"|\b{pascal}(?:EQ|NEQ|In|NotIn|GTE?|LTE?|IsNil|NotNil|Contains|HasPrefix|HasSuffix|EqualFold|ContainsFold)\b"
        rf"|\b(?:find|read|get|query|count|exists|delete|remove|stream|search)\w*?By(?:\w+?(?:And|Or))?{pascal}"
        rf"(?=\b|And|Or|True|False|Is|In|Not|Null|Like|Between|Less|Greater|Contain|Start|End|Ignore|After|Before"
        rf"|Desc|Asc|Equals|Exists|Match|Near|Within)"
        rf"|\b(?:find_by|find_all_by|get|set|will_save_change_to|saved_change_to)_{column}\b"
        rf"|\b{column}_(?:was|changed|in_database|before_last_save|before_type_cast)\b"
    )


@lru_cache(maxsize=100_000)
def table_spellings(name: str) -> frozenset[str]:
    """Return the spellings of a table, singular and plural: user_accounts, userAccount, UserAccounts."""
    return frozenset(spelling for number in _numbers(name) for spelling in column_spellings(number))


def _numbers(name: str) -> Iterator[str]:
    """Yield a name, and what it may be called in the other number: one word too many finds nothing."""
    yield name
    if name.endswith(_SAME):
        return
    yield from (name.removesuffix(many) + one for many, one in _PLURALS if name.endswith(many))
    if name.endswith("s"):
        yield f"{name}es"
    else:
        yield f"{name}s"
        yield from (name.removesuffix(one) + many for many, one in _PLURALS if one and name.endswith(one))
