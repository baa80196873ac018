"""What must hold whatever the change is: more files or fewer approvals never help, and unknown never passes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migrator.coupling.decision import Verdict
from migrator.coupling.evidence import Change, Evidence
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
doubts = st.sampled_from(["diff", "policy", "references", "deployed", "reviews", "commitments"])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "changes": draw(st.lists(changes, max_size=5)),
        "sql_files": [ADDS, FILLS, DROPS],
        "references": draw(st.lists(references, max_size=3)),
        "policy": {
            "mode": draw(st.sampled_from(["strict", "phase-aware"])),
            "models_with": draw(st.sampled_from(["none", "expand"])),
            "override": {"approvers": ["@alice", "@bob", "@carol"]},
        },
        "pull_request": request(reviews=tuple(draw(st.lists(reviews, max_size=4)))),
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


@given(cases(), st.integers(0, 3))
def test_one_approval_less_never_turns_fail_into_pass(case: dict[str, Any], gone: int) -> None:
    asked = case["pull_request"]
    approvals = [r for r in asked.reviews if r.state == "approved"]
    if gone >= len(approvals):
        return
    fewer = tuple(r for r in asked.reviews if r is not approvals[gone])
    before = judge(build(case))
    after = judge(build({**case, "pull_request": asked.model_copy(update={"reviews": fewer})}))
    if before.verdict is Verdict.FAIL:
        assert after.verdict is Verdict.FAIL


@given(cases())
def test_a_diff_that_was_not_read_never_passes(case: dict[str, Any]) -> None:
    doubt = [*case["unknowns"], {"topic": "diff", "text": "shallow"}]
    assert judge(build({**case, "unknowns": doubt})).verdict not in PASSES
