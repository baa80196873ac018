"""The score of a process with several workers: never above the truth, whoever asks the database in between."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from migrator.backfill.score import Score


def test_a_batch_that_the_database_counted_already_is_not_counted_twice() -> None:
    score = Score(0, 0, None, 100)
    begun = score.takes
    score.take(30, 40)
    score.add(30, 40, begun)
    assert (score.rows_done, score.keys_done) == (30, 40)


def test_what_other_processes_did_is_heard_of() -> None:
    score = Score(0, 0, None, 100)
    score.add(10, 10, score.takes)
    score.take(510, 520)
    score.add(10, 10, score.takes)
    assert (score.rows_done, score.keys_done) == (520, 530)


def test_what_a_crashed_server_lost_is_not_counted() -> None:
    score = Score(0, 0, None, 100)
    begun = score.takes
    score.add(30, 30, begun)
    score.begin_again(10, 10)
    score.add(20, 20, begun)
    assert (score.rows_done, score.keys_done) == (10, 10), "one that was under way may be among the ten"
    score.add(20, 20, score.takes)
    assert (score.rows_done, score.keys_done) == (30, 30)


@dataclass
class UnderWay:
    """A batch between its first statement and its count."""

    takes: int
    rows: int
    is_committed: bool = False


@given(st.lists(st.tuples(st.sampled_from(["begin", "commit", "count", "ask"]), st.integers(0, 99)), max_size=200))
def test_the_count_is_never_above_the_truth_and_exact_when_this_process_is_alone(
    steps: list[tuple[str, int]],
) -> None:
    score, truth, batches = Score(0, 0, None, 100), 0, list[UnderWay]()

    def count(batch: UnderWay) -> None:
        batches.remove(batch)
        score.add(batch.rows, 0, batch.takes)

    for step, number in steps:
        those = [batch for batch in batches if batch.is_committed is (step == "count")]
        chosen = those[number % len(those)] if those else None
        if step == "begin":
            batches.append(UnderWay(score.takes, number))
        elif step == "ask":
            score.take(truth, 0)
        elif chosen is not None and step == "commit":
            chosen.is_committed = True
            truth += chosen.rows
        elif chosen is not None:
            count(chosen)
        assert score.rows_done <= truth
    for batch in [batch for batch in batches if batch.is_committed]:
        count(batch)
    assert score.rows_done == truth
