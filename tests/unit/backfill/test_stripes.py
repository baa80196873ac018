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
    assert batches <= 2


def test_stripes_that_do_not_help_rest_longer_each_time() -> None:
    striping, rests = tried(), list[int]()
    for _ in range(8):
        striping = striping.after_window(6, 1000, 20)
        rests.append(striping.plain.left)
        while striping.plain.left:
            assert striping.stripes == 1
            striping = striping.after_window(1, 1000, 0)
    assert rests == [1, 2, 4, 8, 16, 32, 64, 128]
    for _ in range(3):
        striping = striping.after_window(6, 1000, 20)
    assert striping.plain.left == 256, "no longer than that"
    helped = striping.after_window(6, 1000, 900)
    assert helped.stripes == 6
    assert helped.after_window(6, 1000, 0).plain.left == 1


def test_stripes_that_others_disturb_go_in_shorter_batches() -> None:
    alone = tried().after_window(6, 1000, 910)
    assert alone.longest_batch > 6 * alone.window_keys, "a batch is as long as its time allows"
    disturbed = alone.after_window(6, 1000, 600)
    assert disturbed.stripes == 6
    assert 3 * disturbed.longest_batch == disturbed.window_keys


def test_longer_batches_are_tried_again_ever_later_while_the_disturbance_stays() -> None:
    striping, windows = tried(), list[int]()
    for _ in range(4):
        striping = striping.after_window(6, 1000, 600)
        windows.append(striping.short.left)
        while striping.short.left:
            assert striping.longest_batch < striping.window_keys
            striping = striping.after_window(6, 1000, 910)
        assert striping.longest_batch > striping.window_keys
    assert windows == [1, 2, 4, 8]
    assert striping.after_window(6, 1000, 910).after_window(6, 1000, 600).short.left == 1, "it had ended"


def test_beside_other_workers_batches_stay_short() -> None:
    shared = tried().beside(1)
    assert 3 * shared.longest_batch == shared.window_keys
    assert shared.after_window(6, 1000, 910).longest_batch == shared.longest_batch


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
