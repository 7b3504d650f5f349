"""The compact index of ids."""

from hypothesis import given
from hypothesis import strategies as st

from streams.ledgers.idindex import IdIndex

NEWEST = 1_980_000
quarters = st.integers(NEWEST - 40_000, NEWEST + 40_000)


@given(st.dictionaries(st.text(max_size=6), quarters, max_size=900), st.sets(st.integers(0, 899)))
def test_what_was_added_is_a_candidate_and_what_was_discarded_is_not(
    quarters: dict[str, int], gone: set[int]
) -> None:
    index = IdIndex()
    for key, quarter in quarters.items():
        index.add(key, quarter)
    discarded = [key for number, key in enumerate(quarters) if number in gone]
    for key in discarded:
        index.discard(key, quarters[key])

    for key, quarter in quarters.items():
        assert (quarter in index.candidates(key)) == (key not in discarded)
    assert len(index) == len(quarters) - len(discarded)


def test_two_ids_of_one_hash_are_both_found() -> None:
    class Same(str):
        def __hash__(self) -> int:
            return 7

    index = IdIndex()
    index.add(Same("a"), NEWEST - 3)
    index.add(Same("b"), NEWEST - 9)

    assert sorted(index.candidates(Same("c"))) == [NEWEST - 9, NEWEST - 3]
