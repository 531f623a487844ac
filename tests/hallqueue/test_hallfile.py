"""The hall's file: taken over whole, every mistake named with its field; founding twice founds once."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from base.errors import BadInput
from hallqueue import HALL_FILE, load_hall_file
from hallqueue.hallfile import check_hall_file
from tests.hallqueue.builders import OpenHall


@pytest.fixture
def plain() -> dict[str, Any]:
    """The shipped file, to be spoiled."""
    loaded: dict[str, Any] = copy.deepcopy(yaml.safe_load(HALL_FILE.read_text(encoding="utf-8")))
    return loaded


def mistakes(plain: object) -> list[str]:
    """The sentences of the refusal, without the title."""
    with pytest.raises(BadInput) as caught:
        check_hall_file(plain, "hall.yaml")
    return [line.removeprefix("  · ") for line in caught.value.message.splitlines()[1:]]


def test_shipped_file_is_taken_over_whole() -> None:
    """Twelve services, seventeen counters, tiers in the file's order."""
    hall = load_hall_file()
    assert (len(hall.services), len(hall.counters), len(hall.zones), len(hall.norms)) == (12, 17, 9, 9)
    assert [one.services for one in hall.counters if one.number in (3, 5, 6)] == [("A", "B"), ("B", "A"), ("B", "K")]
    guide = hall.counters[0]
    assert guide.is_guide
    assert guide.services == tuple(one.code for one in hall.services)
    assert {one.code: one.promise_minutes for one in hall.services}["D"] == 30


def test_every_mistake_is_named_at_once(plain: dict[str, Any]) -> None:
    """Field by field."""
    plain["services"][0]["prefix"] = "a1"
    del plain["services"][1]["minutes"]
    plain["services"][2]["promise"] = 5
    plain["counters"][3]["number"] = 3
    plain["opening_hours"]["seasons"][0]["to"] = "13-01"
    plain["hall"]["zone"] = "Asia/Kuandian"
    plain["sevices"] = []
    found = mistakes(plain)
    assert found[0] == "sevices 不认识，是不是想写 services？"
    assert found[1].startswith("services[0].prefix = 'a1' 不合要求")
    assert found[2] == "services[1].minutes 缺少"
    assert found[3].startswith("services[2].promise 不认识，是不是想写 promise_minutes？")
    assert found[-2].startswith("hall.zone = 'Asia/Kuandian' 不是有效的时区")
    assert found[-1].startswith("opening_hours.seasons[0].to 须为 05-01 这样的月和日")
    assert "counters.number 重复：3" in found


def test_unserved_service_and_unknown_code(plain: dict[str, Any]) -> None:
    """A service needs a counter that calls; the guide desk is none."""
    plain["counters"] = [one for one in plain["counters"] if one["number"] != 17]
    plain["counters"][1]["services"] = ["AA"]
    assert [one.split("，")[0] for one in mistakes(plain)] == [
        "counters（2 号）.services 里的 AA 不认识",
        "services（L）没有任何窗口办理",
    ]


def test_empty_and_missing_file(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    assert mistakes(None)[:4] == ["缺少 hall", "缺少 services", "缺少 counters", "缺少 opening_hours"]
    with pytest.raises(BadInput):
        load_hall_file(tmp_path / "none.yaml")


async def test_found_twice_is_one_hall(house: OpenHall) -> None:
    """The seed is idempotent, and the hall is in 试运行."""
    again = await house.write(lambda session: house.hall.found(session, load_hall_file()))
    assert again == house.id
    assert await house.column("select count(*) from counter") == [17]
    assert await house.column("select count(*) from counter_service") == [31]
    about = await house.read(lambda session: house.hall.about(session, house.id))
    assert (about.is_trial, about.hours_text) == (True, "试运行：全天开放取号")
    assert [one.code for one in about.priorities] == ["P1", "P2", "P3", "P4", "P6"]
