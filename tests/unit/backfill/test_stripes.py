"""When windows are striped, and which part of a window is next."""

from dataclasses import replace

import pytest

from migrator.backfill.keyset import KeyRange
from migrator.backfill.pieces import Piece
from migrator.backfill.stripes import PLAIN, Striping
from migrator.state.places import Place, Window


def tried(**changes: int) -> Striping:
    return replace(Striping(6, is_tried=True), **changes)


def test_the_first_batch_is_plain_and_tells_whether_pages_have_room() -> None:
    assert Striping(6).stripes == 1
    assert Striping(6).after_window(1, 1000, 300).stripes == 6
    assert Striping(6).after_window(1, 1000, 950).stripes == 1


def test_plain_batches_go_on_while_pages_have_room_and_end_when_they_do_not() -> None:
    striping = Striping(6).after_window(1, 1000, 950)
    for _ in range(50):
        striping = striping.after_window(1, 1000, 950)
        assert striping.stripes == 1
    batches = 0
    while striping.stripes == 1:
        striping = striping.after_window(1, 1000, 100)
        batches += 1
    assert batches <= 8


def test_stripes_that_do_not_help_rest_longer_each_time() -> None:
    striping, rests = tried(), list[int]()
    for _ in range(8):
        striping = striping.after_window(6, 1000, 20)
        rests.append(striping.rest)
        while striping.rest:
            striping = striping.after_window(1, 1000, 0)
    assert rests == [8, 16, 32, 64, 128, 256, 256, 256]
    helped = striping.after_window(6, 1000, 900)
    assert helped.stripes == 6
    assert helped.after_window(6, 1000, 0).rest == 8


def test_stripes_that_others_disturb_go_in_shorter_batches_from_then_on() -> None:
    alone = tried().after_window(6, 1000, 910)
    assert alone.longest_batch > 6 * alone.window_keys, "a batch is as long as its time allows"
    disturbed = alone.after_window(6, 1000, 600)
    assert disturbed.stripes == 6
    assert 3 * disturbed.longest_batch == disturbed.window_keys
    assert disturbed.after_window(6, 1000, 910).longest_batch == disturbed.longest_batch, "it is what helped"


@pytest.mark.parametrize("striping", [PLAIN, tried()])
def test_nothing_is_learned_without_rows(striping: Striping) -> None:
    assert striping.after_window(striping.stripes, 0, 0) == striping


@pytest.mark.parametrize("stripes", [1, 2, 3, 6])
@pytest.mark.parametrize("keys", [0, 1, 5, 6, 100, 60_001])
def test_the_stripes_of_a_window_add_up_to_its_keys(stripes: int, keys: int) -> None:
    """The share of each stripe, so that progress neither stands still nor goes past the end."""
    total = 0
    for stripe in range(stripes):
        window = Window(("9",), stripes, stripe, keys=keys)
        after = Place(("9",)) if stripe + 1 == stripes else Place(None, window.next_stripe())
        total += Piece(KeyRange(None, ("9",)), after, window).keys_passed(3, is_every_row_changed=False)
    assert total == keys


def test_a_place_is_read_as_it_was_stored() -> None:
    window = Window(("7", "a"), 6, 3, ("5", "b"), is_even=True, keys=70)
    assert Window.read(window.stored()) == window
    assert Place(("1", "x"), window).passed == ("5", "b")
    assert Place(("1", "x"), window.next_stripe()).passed == ("1", "x")
