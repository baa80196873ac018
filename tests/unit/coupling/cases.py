"""Evidence built by hand, for the tests of the verdict."""

from datetime import UTC, datetime
from typing import Any

from migrator.config.coupling import CouplingSection
from migrator.coupling.evidence import (
    Change,
    CodeReference,
    DatabaseObject,
    Evidence,
    PullRequest,
    Review,
    Scope,
    SqlFile,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BASE, HEAD = "b" * 40, "a" * 40

MAIL = DatabaseObject(kind="column", schema_name="public", table="users", name="mail")
EMAIL = DatabaseObject(kind="column", schema_name="public", table="users", name="email")
USERS = DatabaseObject(kind="table", schema_name="public", name="users")

EXPAND = "migrations/20260901_mail/expand.sql"
MIGRATE = "migrations/20260901_mail/migrate.sql"
CONTRACT = "migrations/20260901_mail/contract.sql"
APP = "src/shop/users.py"


def change(path: str, status: str = "modified", **more: Any) -> Change:
    return Change.model_validate({"path": path, "status": status, **more})


def sql_file(path: str, **more: Any) -> SqlFile:
    phase = path.rpartition("/")[2].removesuffix(".sql")
    known = {"expand", "migrate", "contract", "abort", "verify"}
    values = {"path": path, "migration": path.split("/")[-2], "phase": phase if phase in known else "none"}
    return SqlFile.model_validate(values | more)


ADDS = sql_file(EXPAND, adds=[MAIL], tables=[USERS])
FILLS = sql_file(MIGRATE, tables=[USERS])
DROPS = sql_file(CONTRACT, removes=[EMAIL], tables=[USERS])


def use(column: str | None = "email", ref: str = "head", path: str = APP, **more: Any) -> CodeReference:
    commit = HEAD if ref == "head" else BASE
    values = {"ref": ref, "commit": commit, "path": path, "line": 7, "column": 5, "table": "users", "name": column}
    return CodeReference.model_validate(values | more)


def evidence(*changes: Change, **more: Any) -> Evidence:
    """Both refs were scanned and the base is deployed, unless said otherwise."""
    policy = CouplingSection.model_validate(more.pop("policy", {}))
    values: dict[str, Any] = {
        "scope": Scope.PULL_REQUEST,
        "now": NOW,
        "base": BASE,
        "head": HEAD,
        "merge_base": BASE,
        "deployed": (BASE,),
        "scanned": {HEAD: 10, BASE: 10},
        "policy": policy,
        "changes": changes,
    }
    return Evidence.model_validate(values | more)


def review(user: str, state: str = "approved", commit: str = HEAD, minute: int = 0, **more: Any) -> Review:
    at = NOW.replace(hour=10, minute=minute)
    return Review.model_validate({"user": user, "state": state, "commit": commit, "at": at, **more})


def request(**more: Any) -> PullRequest:
    values: dict[str, Any] = {
        "forge": "github",
        "number": 7,
        "author": "eve",
        "labels": ("allow-coupled-migration",),
        "body": "Reason: checkout is down and both halves are needed\nPostmortem: INC-42\n",
        "reviews": (review("alice"), review("bob")),
    }
    return PullRequest.model_validate(values | more)
