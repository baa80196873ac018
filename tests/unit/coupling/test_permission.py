"""What lets a gate be forced: two people, neither authors nor the one who forces, for this gate and this contract."""

from pathlib import Path
from typing import Any

import pytest

from migrator.config.coupling import CouplingOverride
from migrator.coupling.evidence import Unknown
from migrator.coupling.permission import Approval, ForceRefused, approval_in
from migrator.errors import InputError
from tests.unit.coupling.cases import APP, BASE, CONTRACT, DROPS, HEAD, change, evidence, request, review

CHECKSUM = "c0ffee" * 10 + "1234"
WANTED = ("20260901_mail", "versions", CHECKSUM)
PEOPLE = {"approvers": ["@alice", "@bob", "@carol"]}
LINE = f"Force-Gate: 20260901_mail versions {CHECKSUM[:12]}"
LOCAL = CouplingOverride.model_validate(PEOPLE)


def given(folder: Path, policy: dict[str, Any] | None = None, unknowns: tuple[Unknown, ...] = (), **more: Any) -> Path:
    """Write the evidence of a pull request that alice and bob have approved."""
    values: dict[str, Any] = {"author": "dana", "labels": (), "body": f"We must.\n\n> {LINE}\n", "trailers": {}, **more}
    found = evidence(
        change(CONTRACT),
        change(APP),
        sql_files=[DROPS],
        policy={"override": PEOPLE if policy is None else policy},
        pull_request=request(**values),
        unknowns=unknowns,
    )
    file = folder / "evidence.json"
    file.write_text(found.model_dump_json())
    return file


def ask(file: Path, actor: str = "erin", policy: CouplingOverride = LOCAL) -> Approval:
    return approval_in(file, WANTED, actor=actor, policy=policy)


def missing(file: Path, **more: Any) -> str:
    with pytest.raises(ForceRefused) as caught:
        ask(file, **more)
    return "\n".join(caught.value.missing)


def test_two_people_for_this_gate(tmp_path: Path) -> None:
    found = ask(given(tmp_path))
    assert (found.approvers, found.head, len(found.evidence_sha256)) == (("alice", "bob"), HEAD, 64)


def test_a_trailer_says_it_as_well(tmp_path: Path) -> None:
    trailers = {"force-gate": f"20260901_mail versions {CHECKSUM}"}
    assert ask(given(tmp_path, body="", trailers=trailers)).approvers == ("alice", "bob")


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"Force-Gate: 20260901_mail soak {CHECKSUM[:12]}",
        f"Force-Gate: 20260902_name versions {CHECKSUM[:12]}",
        "Force-Gate: 20260901_mail versions",
        f"Force-Gate: 20260901_mail versions {CHECKSUM[:6]}",
        f"Force-Gate: 20260901_mail versions {'0' * 12}",
        f"Force-Gate: 20260901_mail versions {CHECKSUM[:12]} and others",
        "Allow-Coupled-Migration: yes",
    ],
)
def test_it_is_asked_for_by_name(tmp_path: Path, line: str) -> None:
    assert missing(given(tmp_path, body=line)) == f"the line `{LINE}` in the pull request's description"


def test_one_is_not_enough_whatever_the_policies_say(tmp_path: Path) -> None:
    lax = {**PEOPLE, "min_approvals": 1}
    file = given(tmp_path, policy=lax, reviews=[review("alice")])
    assert "1 more approval" in missing(file, policy=CouplingOverride.model_validate(lax))


def test_who_forces_does_not_approve(tmp_path: Path) -> None:
    assert "1 more approval" in missing(given(tmp_path), actor="Bob")
    assert ask(
        given(tmp_path, reviews=[review(name) for name in ("alice", "bob", "carol")]), actor="bob"
    ).approvers == (
        "alice",
        "carol",
    )


def test_who_wrote_it_does_not_approve(tmp_path: Path) -> None:
    assert "1 more approval" in missing(given(tmp_path, author="alice"))
    assert "1 more approval" in missing(given(tmp_path, committers=["bob"]))


def test_approvals_are_of_the_head_commit(tmp_path: Path) -> None:
    assert "2 more approvals" in missing(
        given(tmp_path, reviews=[review("alice", commit=BASE), review("bob", commit=BASE)])
    )


def test_both_policies_decide(tmp_path: Path) -> None:
    """The one of the file could be made up, the one here be changed and not committed."""
    others = CouplingOverride.model_validate({"approvers": ["@carol", "@frank"]})
    assert "can be given by @carol, @frank" in missing(given(tmp_path), policy=others)
    assert "can be given by @carol, @frank" in missing(given(tmp_path, policy=others.model_dump()))


def test_reviews_that_are_not_known_are_none(tmp_path: Path) -> None:
    unknown = Unknown(topic="reviews", text="the reviews of #7: the forge did not answer")
    assert missing(given(tmp_path, unknowns=(unknown,))) == unknown.text


def test_a_file_without_a_pull_request(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(evidence(change(CONTRACT)).model_dump_json())
    assert missing(file) == "the reviews of a pull request"
    file.write_text("{}")
    with pytest.raises(InputError, match="is no evidence"):
        ask(file)
