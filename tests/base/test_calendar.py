"""Statutory working days: the published vectors, unknown years, and imported ones."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.calendar import Due, WorkingDays, YearTable, load_years
from base.errors import BadInput

DAYS = WorkingDays()
SPRING_2027 = YearTable(frozenset({date(2027, 1, 1), date(2027, 1, 4)}), frozenset({date(2027, 1, 9)}))


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 6, "2026-02-28"),
        ("2026-02-13", 15, "2026-03-12"),
        ("2026-04-30", 1, "2026-05-06"),
        ("2026-04-30", 4, "2026-05-09"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-18", 6, "2026-09-28"),
        ("2026-09-18", 9, "2026-10-08"),
        ("2026-09-18", 11, "2026-10-10"),
        ("2026-02-21", 1, "2026-02-24"),
    ],
)
def test_add_counts_as_published(start: str, n: int, due: str) -> None:
    """The day of receipt is not counted; holidays are passed over, make-up days are worked."""
    assert DAYS.add(date.fromisoformat(start), n) == Due(date.fromisoformat(due), is_provisional=False)


def test_add_into_unknown_year_is_provisional() -> None:
    """Never an exception, never a silent guess."""
    assert DAYS.add(date(2026, 12, 15), 15) == Due(date(2027, 1, 6), is_provisional=True)


def test_add_within_known_year_stays_certain() -> None:
    """The last day of the last known year is still certain."""
    assert DAYS.add(date(2026, 12, 15), 12) == Due(date(2026, 12, 31), is_provisional=False)


def test_add_after_import_is_certain_and_moves() -> None:
    """A notice that is imported replaces the guess."""
    days = WorkingDays()
    days.learn({2027: SPRING_2027})
    assert days.add(date(2026, 12, 15), 15) == Due(date(2027, 1, 7), is_provisional=False)
    assert days.is_makeup(date(2027, 1, 9))


def test_add_nothing_moves_a_holiday_to_the_next_working_day() -> None:
    """A term that ends on a holiday ends on the next working day."""
    assert DAYS.add(date(2026, 2, 21), 0).on == date(2026, 2, 24)
    assert DAYS.add(date(2026, 2, 14), 0).on == date(2026, 2, 14)


def test_add_refuses_to_count_back() -> None:
    """A negative term is a bug of the caller."""
    with pytest.raises(ValueError, match="-1"):
        DAYS.add(date(2026, 3, 2), -1)


def test_unknown_year_is_monday_to_friday_less_new_year() -> None:
    """The first nine days of 2027, whose notice is not out."""
    assert [DAYS.is_working(date(2027, 1, day)) for day in range(1, 10)] == [
        False,
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        False,
    ]


def test_makeup_day_is_a_worked_weekend() -> None:
    """An ordinary Friday is none."""
    assert DAYS.is_makeup(date(2026, 2, 28))
    assert not DAYS.is_makeup(date(2026, 2, 27))


@given(st.dates(date(2025, 12, 1), date(2027, 2, 1)), st.integers(0, 40))
def test_between_counts_what_add_added(start: date, n: int) -> None:
    """The two are each other's inverse."""
    due = DAYS.add(start, n)
    assert DAYS.between(start, due.on) == (n or (0 if due.on == start else 1))
    assert DAYS.is_working(due.on)


def test_between_backwards_is_nothing() -> None:
    """Nothing remains once the day is past."""
    assert DAYS.between(date(2026, 3, 5), date(2026, 3, 2)) == 0


def test_load_years_reads_dates_and_texts(tmp_path: Path) -> None:
    """TOML dates and quoted ones alike."""
    file = tmp_path / "years.toml"
    file.write_text('[2027]\nholidays = [2027-01-01, "2027-01-04"]\nworkdays = [2027-01-09]\n', encoding="utf-8")
    assert load_years(file) == {2027: SPRING_2027}


def test_load_years_lists_every_mistake(tmp_path: Path) -> None:
    """All at once, each with its year and key."""
    file = tmp_path / "years.toml"
    file.write_text(
        '[2027]\nholidays = [2026-12-31, "oops"]\nworkdays = 5\nextra = 1\n[next]\nholidays = []\n'
        "[2028]\nholidays = [2028-01-01]\nworkdays = [2028-01-01]\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as refused:
        load_years(file)
    assert refused.value.message.splitlines()[1:] == [
        "  · [2027] extra 不认识，可用的有：holidays、workdays",
        "  · [2027] holidays 里的 2026-12-31 不是 2027 年的日期（应写作 2027-10-01）",
        "  · [2027] holidays 里的 oops 不是 2027 年的日期（应写作 2027-10-01）",
        "  · [2027] workdays 须为日期的列表，收到 5",
        "  · [next] 须为年份，例如 [2027]，内含 holidays 和 workdays",
        "  · [2028] 2028-01-01 既是假日又是调休上班日",
    ]


@pytest.mark.parametrize("content", [None, "[2027"])
def test_load_years_without_a_readable_file(tmp_path: Path, content: str | None) -> None:
    """Missing, or no TOML."""
    file = tmp_path / "years.toml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput):
        load_years(file)
