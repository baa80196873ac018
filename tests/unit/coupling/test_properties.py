"""What must hold whatever the change is: more files or fewer approvals never help, and unknown never passes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migrator.coupling.decision import Verdict
from migrator.coupling.evidence import Change, CodeReference, Evidence
from migrator.coupling.judge import judge
from tests.unit.coupling.cases import (
    ADDS,
    APP,
    CONTRACT,
    DROPS,
    EXPAND,
    FILLS,
    HEAD,
    MIGRATE,
    change,
    evidence,
    request,
    review,
    use,
)

PATHS = [EXPAND, MIGRATE, CONTRACT, APP, "shop/models.py", "README.md", "tests/test_a.py", "db/structure.sql", "x.sql"]
PASSES = {Verdict.PASS, Verdict.OVERRIDDEN}

changes = st.builds(
    change,
    st.sampled_from(PATHS),
    st.sampled_from(["added", "modified", "deleted"]),
    was_on_base=st.booleans(),
    ddl_line=st.sampled_from([None, 1]),
)
people = st.sampled_from(["alice", "bob", "carol", "eve"])
reviews = st.builds(review, people, st.sampled_from(["approved", "commented", "changes-requested"]))
references = st.builds(
    use,
    st.sampled_from(["mail", "email", "name", None]),
    st.sampled_from(["head", "deployed"]),
    is_star=st.booleans(),
)
LABELS = st.sampled_from([("allow-coupled-migration",), ()])
doubts = st.sampled_from(["diff", "policy", "references", "deployed", "reviews", "commitments"])


@st.composite
def releases(draw: st.DrawFn) -> dict[str, Any]:
    """A pull request, or a release or queue whose commits bring the files."""
    scope = draw(st.sampled_from(["pull-request", "release", "queue"]))
    if scope == "pull-request":
        return {}
    owners = {path: draw(st.sampled_from([11, 12, None])) for path in PATHS}
    parts = [
        {"commit": f"{number or 13:040}", "number": number, "paths": [p for p in PATHS if owners[p] == number]}
        for number in (11, 12, None)
    ]
    batch = [
        request(number=number, labels=draw(LABELS), reviews=tuple(draw(st.lists(reviews, max_size=4))))
        for number in draw(st.lists(st.sampled_from([11, 12]), unique=True))
    ]
    return {"scope": "release", "is_queue": scope == "queue", "parts": parts, "batch": batch}


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    return {
        **draw(releases()),
        "changes": draw(st.lists(changes, max_size=5)),
        "sql_files": [ADDS, FILLS, DROPS],
        "references": draw(st.lists(references, max_size=3)),
        "policy": {
            "mode": draw(st.sampled_from(["strict", "phase-aware"])),
            "models_with": draw(st.sampled_from(["none", "expand"])),
            "override": {"approvers": ["@alice", "@bob", "@carol"]},
        },
        "pull_request": request(labels=draw(LABELS), reviews=tuple(draw(st.lists(reviews, max_size=4)))),
        "scanned": {HEAD: 1, **({"b" * 40: 1} if draw(st.booleans()) else {})},
        "unknowns": [{"topic": topic, "text": "?"} for topic in draw(st.lists(doubts, max_size=2))],
    }


def build(case: dict[str, Any], *more: Change) -> Evidence:
    values = dict(case)
    return evidence(*values.pop("changes"), *more, **values)


@given(cases(), changes)
def test_one_more_file_never_turns_fail_into_pass(case: dict[str, Any], extra: Change) -> None:
    before, after = judge(build(case)), judge(build(case, extra))
    if before.verdict not in PASSES:
        assert after.verdict not in PASSES or after.verdict is Verdict.OVERRIDDEN
    if before.verdict is Verdict.FAIL:
        assert after.verdict is Verdict.FAIL


@given(cases(), st.integers(0, 9))
def test_one_approval_less_never_turns_fail_into_pass(case: dict[str, Any], gone: int) -> None:
    fewer = without_approval(case, gone)
    before = judge(build(case))
    if before.verdict is Verdict.FAIL:
        assert judge(build(fewer)).verdict is Verdict.FAIL


def without_approval(case: dict[str, Any], gone: int) -> dict[str, Any]:
    """Return the case without one of its approvals; the case itself when it has not so many."""
    requests = [case["pull_request"], *case.get("batch", ())]
    approvals = [r for asked in requests for r in asked.reviews if r.state == "approved"]
    if gone >= len(approvals):
        return case
    one, *batch = (
        asked.model_copy(update={"reviews": tuple(r for r in asked.reviews if r is not approvals[gone])})
        for asked in requests
    )
    return {**case, "pull_request": one, **({"batch": batch} if "batch" in case else {})}


@given(cases())
def test_a_label_less_never_turns_fail_into_pass(case: dict[str, Any]) -> None:
    bare = [asked.model_copy(update={"labels": ()}) for asked in case.get("batch", ())]
    after = judge(
        build({**case, "pull_request": case["pull_request"].model_copy(update={"labels": ()}), "batch": bare})
    )
    assert after.verdict is not Verdict.OVERRIDDEN
    if judge(build(case)).verdict not in PASSES:
        assert after.verdict not in PASSES


@given(cases(), references)
def test_one_more_use_never_turns_fail_into_pass(case: dict[str, Any], more: CodeReference) -> None:
    before = judge(build(case)).verdict
    after = judge(build({**case, "references": [*case["references"], more]})).verdict
    if before not in PASSES:
        assert after not in PASSES or after is Verdict.OVERRIDDEN
    if before is Verdict.FAIL:
        assert after is Verdict.FAIL


@given(cases(), doubts)
def test_one_more_doubt_never_helps(case: dict[str, Any], topic: str) -> None:
    more = [*case["unknowns"], {"topic": topic, "text": "?"}]
    if judge(build(case)).verdict not in PASSES:
        assert judge(build({**case, "unknowns": more})).verdict not in PASSES


@given(cases())
def test_a_diff_that_was_not_read_never_passes(case: dict[str, Any]) -> None:
    doubt = [*case["unknowns"], {"topic": "diff", "text": "shallow"}]
    assert judge(build({**case, "unknowns": doubt})).verdict not in PASSES
