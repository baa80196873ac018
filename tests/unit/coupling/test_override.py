"""An override needs everything that the policy asks; each lack is said with who could give it."""

from datetime import timedelta
from typing import Any

import pytest

from migrator.coupling.decision import Decision, Verdict
from migrator.coupling.judge import judge
from tests.unit.coupling.cases import ADDS, APP, BASE, EXPAND, NOW, change, evidence, request, review

PEOPLE = {"override": {"approvers": ["@alice", "@bob", "@carol"]}}


def ask(policy: dict[str, Any] | None = None, codeowners: str = "", **more: Any) -> Decision:
    evidence_more = {name: more.pop(name) for name in ("commitments", "unknowns") if name in more}
    found = evidence(
        change(EXPAND, "added"),
        change(APP),
        sql_files=[ADDS],
        policy=PEOPLE if policy is None else policy,
        codeowners=codeowners,
        pull_request=request(**more),
        **evidence_more,
    )
    return judge(found)


def missing(decision: Decision) -> str:
    assert decision.verdict is Verdict.FAIL
    assert [f.rule for f in decision.findings if f.name == "override-invalid"] == ["CPL007"]
    assert decision.override is not None
    return "\n".join(decision.override.missing)


def test_two_people_a_reason_and_a_postmortem_override() -> None:
    decision = ask()
    assert decision.verdict is Verdict.OVERRIDDEN
    assert decision.override is not None
    assert decision.override.approvers == ("alice", "bob")
    assert decision.override.due == "2026-11-22T12:00:00+00:00"
    assert [finding.rule for finding in decision.findings] == ["CPL001"]


def test_without_the_label_nothing_is_overridden() -> None:
    decision = ask(labels=())
    assert (decision.verdict, decision.override) == (Verdict.FAIL, None)


def test_a_trailer_asks_as_well_and_is_the_reason() -> None:
    trailers = {"allow-coupled-migration": "checkout is down, both halves are needed"}
    decision = ask(labels=(), trailers=trailers, body="Postmortem: https://example.org/1")
    assert decision.verdict is Verdict.OVERRIDDEN


@pytest.mark.parametrize(
    "reviews",
    [
        (review("alice"),),
        (review("alice"), review("alice", minute=1)),
        (review("alice"), review("mallory")),
        (review("alice"), review("bob", commit=BASE)),
        (review("alice"), review("bob"), review("bob", "changes-requested", minute=5)),
        (review("alice"), review("bob"), review("bob", "dismissed", minute=5)),
        (review("alice"), review("bob", is_bot=True)),
    ],
    ids=["one", "twice-the-same", "not-named", "old-commit", "changed-mind", "dismissed", "bot"],
)
def test_what_is_no_second_approval(reviews: tuple[object, ...]) -> None:
    text = missing(ask(reviews=reviews))
    assert "1 more approval" in text
    assert "@carol" in text
    assert "@alice" not in text


def test_a_comment_takes_no_approval_back() -> None:
    reviews = (review("alice"), review("bob"), review("bob", "commented", minute=5))
    assert ask(reviews=reviews).verdict is Verdict.OVERRIDDEN


@pytest.mark.parametrize("writer", [{"author": "Alice"}, {"committers": ("alice",)}])
def test_nobody_approves_their_own_work(writer: dict[str, Any]) -> None:
    text = missing(ask(**writer))
    assert "1 more approval" in text
    assert "@carol" in text


def test_teams_and_seniors() -> None:
    policy = {"override": {"approvers": ["@org/dba"], "senior": ["@org/staff"]}}
    teams = {"@org/dba": ("Alice", "bob"), "@org/staff": ("zoe",)}
    assert "a senior approval (0 of 1); can be given by @zoe" in missing(ask(policy, teams=teams))
    both = {**teams, "@org/staff": ("bob",)}
    assert ask(policy, teams=both).verdict is Verdict.OVERRIDDEN


def test_without_configured_people_codeowners_decide() -> None:
    assert ask({}, "migrations/ @alice @bob\n").verdict is Verdict.OVERRIDDEN
    assert "can be given by @dora" in missing(ask({}, "migrations/ @alice @dora\n"))
    assert "nobody is left who could give it" in missing(ask({}))


def test_codeowners_can_be_required_besides() -> None:
    policy = {"override": {"approvers": ["@alice", "@bob"], "require_codeowners": True}}
    assert ask(policy, "* @bob\n").verdict is Verdict.OVERRIDDEN
    two = "[Database][2] @alice @dora\nmigrations/\n"
    assert "CODEOWNERS [Database] (1 of 2); can be given by @dora" in missing(ask(policy, two))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Reason: short\nPostmortem: INC-42", "`Reason: …` of at least 20 characters"),
        ("Postmortem: INC-42", "(there: 0)"),
        ("Reason: checkout is down and both halves are needed", "`Postmortem: …` in the description (there is none"),
        ("Reason: checkout is down and both halves are needed\nPostmortem: later", "'later' does not match"),
    ],
)
def test_reason_and_postmortem(body: str, words: str) -> None:
    assert words in missing(ask(body=body))


def test_the_lines_are_found_in_markdown() -> None:
    body = "## Why\r\n- **Reason:** checkout is down and both halves are needed\r\n> Postmortem: INC-42\r\n"
    assert ask(body=body).verdict is Verdict.OVERRIDDEN


def test_an_overdue_postmortem_blocks_the_next_override() -> None:
    old = {"id": "7", "postmortem": "INC-1", "due": NOW - timedelta(hours=1)}
    assert "INC-1" in missing(ask(commitments=[old]))
    assert ask(commitments=[{**old, "closed_at": NOW}]).verdict is Verdict.OVERRIDDEN
    assert ask(commitments=[{**old, "due": NOW + timedelta(hours=1)}]).verdict is Verdict.OVERRIDDEN


@pytest.mark.parametrize("topic", ["reviews", "commitments"])
def test_what_the_forge_did_not_say_is_missing(topic: str) -> None:
    text = missing(ask(unknowns=[{"topic": topic, "text": "the API answered 503"}]))
    assert "the API answered 503" in text


def test_nothing_to_override_asks_for_nothing() -> None:
    decision = judge(evidence(change(EXPAND, "added"), sql_files=[ADDS], pull_request=request(reviews=())))
    assert (decision.verdict, decision.findings, decision.override) == (Verdict.PASS, (), None)
