"""`[coupling]`: what counts as schema and what as code, and who may let both ship together."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from migrator.config.duration import Duration
from migrator.config.section import Section


class CouplingService(Section):
    """One application of a monorepo and the schema that it works on."""

    name: str
    """The service's name."""
    app: tuple[str, ...] = Field(min_length=1)
    """Its code, as patterns of gitignore's form."""
    migrations: tuple[str, ...] = ()
    """Its migrations; none when it only uses the database of another."""
    shares_db_with: tuple[str, ...] = ()
    """Names of services on the same database."""


class CouplingOverride(Section):
    """What it takes to ship schema and code together all the same."""

    label: str = "allow-coupled-migration"
    """The pull request's label; the trailer `Allow-Coupled-Migration: REASON` of the head commit says the same."""
    min_approvals: int = Field(default=2, ge=1)
    """Distinct people who must approve the head commit."""
    approvers: tuple[str, ...] = ()
    """Users (`@alice`) and teams (`@org/dba`); empty: the CODEOWNERS of the migrations."""
    senior: tuple[str, ...] = ()
    """At least one approval must come from these; empty: from anybody who may approve."""
    require_codeowners: bool = False
    """Whether the approvals must also satisfy CODEOWNERS of the changed migrations."""
    postmortem_pattern: str = r"^(https://\S+|[A-Z][A-Z0-9]+-\d+)$"
    """What a `Postmortem:` line must look like."""
    due: Duration = timedelta(hours=24)
    """By when the postmortem is due, from the moment of the check."""
    min_reason: int = Field(default=20, ge=1)
    """Characters of the `Reason:` line, at least."""
    max_overdue: int = Field(default=0, ge=0)
    """With more overdue postmortems than this, no new override is accepted."""


class CouplingSection(Section):
    """The policy; a check reads it from the base, so that a change cannot loosen the rule that judges it."""

    mode: Literal["strict", "phase-aware"] = "strict"
    """`phase-aware` lets an expand travel with code that does not use what it adds."""
    migration: tuple[str, ...] = ()
    """Patterns of gitignore's form; given ones come before the defaults, `!` takes one out."""
    snapshot: tuple[str, ...] = ()
    """The same for files that a tool writes from the schema: `structure.sql`, `schema.rb`."""
    model: tuple[str, ...] = ()
    """The same for files that map tables to classes."""
    test: tuple[str, ...] = ()
    """The same for tests."""
    neutral: tuple[str, ...] = ()
    """The same for files that do not ship: documents, CI."""
    app: tuple[str, ...] = ()
    """Files that are code whatever the other patterns say."""
    models_with: Literal["none", "expand"] = "none"
    """Whether model files may change together with an expand."""
    squash: tuple[str, ...] = ()
    """Migrations that may be rewritten: folders of squashed ones."""
    sniff_ddl: bool = True
    """Whether changed files outside the migrations are read for DDL."""
    external_consumers: tuple[str, ...] = ()
    """SQL of others that counts as code: reports, jobs."""
    service: tuple[CouplingService, ...] = ()
    override: CouplingOverride = Field(default_factory=CouplingOverride)
