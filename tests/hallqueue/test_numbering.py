"""Serials and printed numbers."""

import pytest

from hallqueue.rules.numbering import next_block, next_serial, spoken, ticket_number


@pytest.mark.parametrize(("last", "following"), [(0, 1), (11, 12), (898, 899), (899, 1000), (1000, 1001)])
def test_series_skips_the_leased_blocks(last: int, following: int) -> None:
    """900–999 belong to kiosks cut off."""
    assert next_serial(last) == following


@pytest.mark.parametrize(
    ("serial", "number"), [(1, "A001"), (12, "A012"), (899, "A899"), (1000, "A1000"), (12345, "A12345")]
)
def test_number_widens_and_never_wraps(serial: int, number: str) -> None:
    """Three digits, then more."""
    assert ticket_number("A", serial) == number


def test_series_of_a_long_day_has_no_other_gap() -> None:
    """Only the blocks are left out."""
    serials, last = [], 0
    for _ in range(1200):
        last = next_serial(last)
        serials.append(last)
    assert serials == [*range(1, 900), *range(1000, 1301)]


@pytest.mark.parametrize(
    ("last", "size", "block"),
    [(None, 10, (900, 909)), (909, 10, (910, 919)), (989, 10, (990, 999)), (999, 10, None), (909, 100, None)],
)
def test_blocks_follow_one_another_up_to_999(last: int | None, size: int, block: tuple[int, int] | None) -> None:
    """A changed size begins behind what was leased."""
    assert next_block(last, size) == block


def test_spoken_digit_by_digit() -> None:
    """As announced."""
    assert spoken("A012") == "A 零一二"
