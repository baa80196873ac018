"""Everything that the verdict depends on, as one value: `--evidence FILE` reads it, `coupling evidence` writes it.

The collectors (git, the CI's environment, the forge's API, the scanners) fill it in; `judge` reads nothing else, not
even the clock, so that a verdict can be repeated offline and on any machine. What could not be found out is said in
`unknowns` and never left out.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from enum import Enum
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import AwareDatetime, Field, ValidationError

from migrator.config.coupling import CouplingSection
from migrator.config.section import Section, explain
from migrator.errors import InputError

SCHEMA_VERSION = 1
Rewrite = Literal["cosmetic", "appended", "replaced"]


class Scope(Enum):
    """What ships together: one pull request, or everything between the deployed commit and the candidate."""

    PULL_REQUEST = "pull-request"
    RELEASE = "release"


class FileClass(Enum):
    """What a file is; the order of the policy's patterns decides, and what none of them matches is application code."""

    NEUTRAL = "neutral"
    MIGRATION = "migration"
    SNAPSHOT = "schema-snapshot"
    MODEL = "model"
    TEST = "test"
    APP = "app"


class Change(Section):
    """One changed file. A rename has both names, and both are classified."""

    path: str
    """The name at head, or at base when it is deleted; from the repository's root."""
    status: Literal["added", "modified", "deleted", "renamed", "copied", "type-changed"]
    old_path: str | None = None
    line: int = 1
    """The first added line at head."""
    is_submodule: bool = False
    ddl_line: int | None = None
    """The line of the first DDL statement, when the content parses as DDL or a string of code does."""
    ddl_text: str = ""
    """The first words of DDL in a string of code; empty when the whole file is SQL."""
    is_ddl_sure: bool = True
    """Whether the server's grammar reads it as DDL; else it only looks like it."""
    was_on_base: bool = False
    """Whether a migration of this name is on the base's tip: it may have run."""
    rewrite: Rewrite | None = None
    """Why the edit or deletion changes nothing: the form or the comments alone are new, an old migration's change log
    got longer, or a squashed one replaces it."""


class Part(Section):
    """One commit of a release: a merged or squashed pull request, or a plain commit."""

    commit: str
    title: str = ""
    number: int | None = None
    """The pull request, as the merge says; approvals are looked up there only when the forge agrees."""
    paths: tuple[str, ...] = ()
    """The files that it changed, both names of a rename."""
    merged: str = ""
    """The last commit of the branch that was merged; empty for a squashed one."""
    is_told_by_forge: bool = False
    """Whether the forge's own queue says which pull request it is, not the commit."""

    def __str__(self) -> str:
        """Return `#12 (1a2b3c4d5e6f)` or `1a2b3c4d5e6f`."""
        short = self.commit[:12]
        return short if self.number is None else f"#{self.number} ({short})"


class DatabaseObject(Section):
    """A table, view, column or another thing of the database, as the catalog spells it."""

    kind: str
    """`table`, `view`, `column`, `index`, `function` … in PostgreSQL's words."""
    schema_name: str
    name: str
    """The column's name for a column."""
    table: str = ""
    """The table that it belongs to; empty for what stands by itself."""
    model: str = ""
    """The class of its table, where the migration names that: Django's do."""

    def __str__(self) -> str:
        """Return `public.users.mail` or `public.orders`."""
        return ".".join(part for part in (self.schema_name, self.table, self.name) if part)


class SqlFile(Section):
    """What a changed migration file does, read from its SQL and its folder's manifest at head."""

    path: str
    migration: str
    """The migration's id: its folder's name, or the file's own."""
    phase: Literal["expand", "migrate", "contract", "abort", "verify", "manifest", "none"]
    """`none`: a plain file without phases, judged by what it does."""
    adds: tuple[DatabaseObject, ...] = ()
    """Objects that it makes."""
    removes: tuple[DatabaseObject, ...] = ()
    """Objects that are gone afterwards, renames' old names among them."""
    tables: tuple[DatabaseObject, ...] = ()
    """Tables that it touches."""
    mixed: str = ""
    """Why it belongs to more than one phase, in words; empty when it does not."""
    mixed_line: int = 1
    problem: str = ""
    """Why it could not be read; empty when it could."""
    contract_by: str | None = None
    """The manifest's deadline, as YYYY-MM-DD."""
    needs_deadline: bool = False
    """Whether its migration has something to contract."""
    is_idle: bool = False
    """Whether it asks nothing of the database: a merge of two branches, or what a framework notes for itself."""


class Running(Section):
    """A commit that runs now, or that counts as running, and where that is known from."""

    commit: str
    origin: Literal["option", "range", "base", "deploy", "heartbeat"]
    """`--deployed`, the left end of `--range`, the base for want of better, or the database's records."""
    service: str = ""
    version: str = ""
    status: str = ""
    """Of a recorded deploy: `finished`, `started` or `failed`."""
    since: AwareDatetime | None = None
    """When the deploy reached that status, or the heartbeat was sent."""

    def __str__(self) -> str:
        """Return `1a2b3c4d5e6f (checkout 1.4.2, deploy finished 2026-11-20 10:00 UTC)`."""
        at = f" {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.since else ""
        name = f"{self.service} {self.version}, " if self.service else ""
        return f"{self.commit[:12]} ({name}{_ORIGINS[self.origin].format(status=self.status)}{at})"


_ORIGINS = {
    "option": "--deployed",
    "range": "the deployed end of the range",
    "base": "the base: without --deployed and without a database nothing newer is known",
    "deploy": "deploy {status}",
    "heartbeat": "heartbeat",
}


class CodeReference(Section):
    """A use of an object by code, found at one ref; the same values as `migrator.references.reference.Reference`."""

    ref: Literal["head", "deployed"]
    commit: str
    path: str
    line: int
    column: int = 1
    table: str
    name: str | None = None
    """The column; None: the table itself, or all of its columns when `is_star`."""
    schema_name: str | None = None
    is_star: bool = False
    confidence: Literal["exact", "resolved", "token"] = "exact"
    usage: Literal["read", "write", "mapped", "unknown"] = "unknown"
    service: str = ""
    """The service whose published manifest says it, when its code is not in this clone."""


class Review(Section):
    """One review, in the forge's order."""

    user: str
    state: Literal["approved", "changes-requested", "commented", "dismissed"]
    commit: str
    """The commit that was looked at."""
    at: AwareDatetime
    is_bot: bool = False


class PullRequest(Section):
    """What the forge says of the change; absent fields are in `Evidence.unknowns`."""

    forge: Literal["github", "gitlab", "none"] = "none"
    number: int | None = None
    url: str = ""
    head: str = ""
    """Its last commit, which approvals must name, where that is not the head of the check: in a merge queue."""
    author: str = ""
    committers: tuple[str, ...] = ()
    """Authors, committers and co-authors of its commits: none of them approves their own work."""
    labels: tuple[str, ...] = ()
    body: str = ""
    trailers: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Trailers of the head commit, lower-case keys."""
    reviews: tuple[Review, ...] = ()
    teams: Mapping[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Members of the teams that the policy and CODEOWNERS name: `@org/dba` -> users."""


class Commitment(Section):
    """A promise of a postmortem that an earlier override made."""

    id: str
    postmortem: str
    due: AwareDatetime
    closed_at: AwareDatetime | None = None
    url: str = ""


class Unknown(Section):
    """Something that could not be found out."""

    topic: Literal["diff", "policy", "references", "deployed", "reviews", "commitments"]
    text: str
    """The situation, then what to do."""


class Evidence(Section):
    """All inputs of one check."""

    schema_version: Literal[1] = SCHEMA_VERSION
    scope: Scope
    now: AwareDatetime
    """The moment of the check, with its time zone."""
    base: str
    """The commit that the policy is read from: the target branch's tip, or the deployed commit."""
    head: str
    merge_base: str
    deployed: tuple[str, ...] = ()
    """Commits that run now, or can be rolled back to."""
    running: tuple[Running, ...] = ()
    """Whose commits `deployed` are, and where that is known from."""
    policy: CouplingSection
    """As it stands at the base."""
    policy_changes: tuple[str, ...] = ()
    """Changed files that decide about this check: the configuration, CODEOWNERS."""
    changes: tuple[Change, ...] = ()
    listed_by: str = ""
    """Whose list of changed files it is, `GitHub #7`, when the clone was too shallow to compare the commits itself."""
    parts: tuple[Part, ...] = ()
    """Of a release, its commits, oldest first."""
    is_queue: bool = False
    """Whether it is the batch of a merge queue: then each pull request in it must be clean by itself, too."""
    sql_files: tuple[SqlFile, ...] = ()
    taken_back: tuple[SqlFile, ...] = ()
    """Of a release that goes back: the migrations that the deployed end has and the candidate lacks."""
    references: tuple[CodeReference, ...] = ()
    scanned: Mapping[str, int] = Field(default_factory=dict[str, int])
    """Commit -> number of files that the scan read; a commit that is missing here was not scanned."""
    not_scanned: tuple[str, ...] = ()
    """Files whose references could only be guessed from their words."""
    codeowners: str = ""
    """The text of CODEOWNERS at the base."""
    pull_request: PullRequest | None = None
    batch: tuple[PullRequest, ...] = ()
    """Of a release: the pull requests that bring what is not clean, each to be overridden by itself."""
    commitments: tuple[Commitment, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader must know of the commits that were compared: none of it decides."""
    unknowns: tuple[Unknown, ...] = ()
    """What could not be found out; any of them that matters makes the verdict `unknown`."""


def read_evidence(path: Path) -> Evidence:
    """Read the evidence from a file: by itself, or inside the JSON result of an earlier check.

    Raises:
        InputError: the file cannot be read, or is no evidence of this version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} cannot be read: {exc}.", "Give the evidence of an earlier check.") from exc
    values = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    inner: object = values["evidence"] if isinstance(values.get("evidence"), dict) else values
    try:
        return Evidence.model_validate(inner)
    except ValidationError as exc:
        raise InputError(f"{path} is no evidence: {explain(exc)}.", "Collect it again.") from exc
