"""The table of transitions holds every pair of states, and a way back until the contract."""

from itertools import product

import pytest

from migrator.errors import InvalidTransition, Sealed
from migrator.state.transitions import ENDED, TRANSITIONS, State, check_transition

EDGES = {
    "pending": "expanding aborting baselined",
    "expanding": "expanded aborting",
    "expanded": "migrating aborting",
    "migrating": "migrated aborting",
    "migrated": "ready complete aborting",
    "ready": "contracting migrated aborting",
    "contracting": "complete migrated",
    "complete": "",
    "aborting": "aborted",
    "aborted": "expanding",
    "baselined": "",
}
"""The design's line of states, written down a second time: a changed edge must be meant."""


@pytest.mark.parametrize(("source", "target"), [*product(State, State)])
def test_every_pair(source: State, target: State) -> None:
    if target.value in EDGES[source.value].split():
        check_transition("m", source, target)
        return
    is_sealed = target is State.ABORTING and source in {State.CONTRACTING, State.COMPLETE}
    with pytest.raises(Sealed if is_sealed else InvalidTransition, match=f"m is {source.value}") as caught:
        check_transition("m", source, target)
    assert caught.value.todo


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)


def test_there_is_a_way_back_until_the_contract() -> None:
    ways_back = {source for source, targets in TRANSITIONS.items() if State.ABORTING in targets}
    assert ways_back == set(State) - {State.CONTRACTING, State.ABORTING, *ENDED}
