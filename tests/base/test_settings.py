"""Settings: defaults, the file, the environment; every mistake at once, with what was probably meant."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from base.errors import BadInput
from base.settings import Settings, load


@dataclass(frozen=True, slots=True)
class Shop:
    """A section with a key of each kind."""

    port: Annotated[int, Meta(ge=1, le=65535)] = 80
    name: str = "店"
    speed: Annotated[float, Meta(gt=0, le=10)] = 1.0
    is_open: bool = True
    level: Literal["INFO", "DEBUG"] = "INFO"
    days: tuple[Annotated[int, Meta(ge=1, le=7)], ...] = (1, 2)
    minutes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Till:
    """A section that checks itself."""

    least: int = 1
    most: int = 9

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise BadInput(f"least 不能大于 most，收到 {self.least} 和 {self.most}")


SECTIONS: dict[str, type] = {"shop": Shop, "till": Till}


def loaded(tmp_path: Path, text: str, **environment: str) -> Settings:
    """The settings of a file with ``text``."""
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return load(tmp_path / "config.toml", environment, SECTIONS)


def mistakes(tmp_path: Path, text: str, **environment: str) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(BadInput) as refused:
        loaded(tmp_path, text, **environment)
    assert refused.value.field == "config"
    first, *lines = refused.value.message.split("\n")
    assert first == "配置有误："
    return [line.removeprefix("  · ") for line in lines]


def test_defaults_need_no_file() -> None:
    """Each section as its dataclass says."""
    settings = load(None, {}, SECTIONS)
    assert (settings[Shop], settings[Till]) == (Shop(), Till())


def test_the_file_is_stronger_than_defaults_and_the_environment_than_the_file(tmp_path: Path) -> None:
    """Key by key."""
    text = '[shop]\nport = 81\nname = "铺"\nspeed = 2\n[till]\nmost = 5\n'
    settings = loaded(tmp_path, text, HALL_SHOP_PORT="82", HALL_TILL_LEAST="2")
    assert settings[Shop] == Shop(port=82, name="铺", speed=2.0)
    assert settings[Till] == Till(2, 5)


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("HALL_SHOP_NAME", "true", Shop(name="true")),
        ("HALL_SHOP_NAME", "", Shop(name="")),
        ("HALL_SHOP_IS_OPEN", "false", Shop(is_open=False)),
        ("HALL_SHOP_SPEED", "2", Shop(speed=2.0)),
        ("HALL_SHOP_LEVEL", "DEBUG", Shop(level="DEBUG")),
        ("HALL_SHOP_DAYS", "[6, 7]", Shop(days=(6, 7))),
        ("HALL_SHOP_MINUTES", "{a = 1}", Shop(minutes={"a": 1})),
    ],
)
def test_the_environment_gives_values_of_every_kind(variable: str, text: str, expected: Shop) -> None:
    """Text as it stands, everything else as TOML, bare words without quotes."""
    assert load(None, {variable: text}, SECTIONS)[Shop] == expected


def test_other_peoples_variables_are_left_alone() -> None:
    """``HALL_REQUIRE`` and ``PATH`` are none of ours."""
    environment = {"HALL_REQUIRE": "postgres", "HALL_TEST_POSTGRES": "x", "HALL_TELEGRAM_TOKEN": "x", "PATH": "/bin"}
    assert load(None, environment, SECTIONS)[Shop] == Shop()


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Tables, keys, values, the environment, and what a section finds itself."""
    text = '[shopp]\n[shop]\nprot = 1\nport = 0\nis_open = "yes"\n[till]\nleast = 9\nmost = 3\n'
    assert mistakes(tmp_path, text, HALL_SHOP_NAEM="x", HALL_SHOP_SPEED="fast", HALL_SHPO_PORT="1") == [
        "[shopp] 不认识，是不是想写 shop？",
        "[shop] prot 不认识，是不是想写 port？",
        "[shop] port = 0：须为整数，不小于 1",
        "[shop] is_open = 'yes'：须为 bool，收到的是 str",
        "[shop] speed = 'fast'：须为 float，收到的是 str",
        "[till]：least 不能大于 most，收到 9 和 3",
        "环境变量 HALL_SHOP_NAEM 不认识，是不是想写 HALL_SHOP_NAME？",
        "环境变量 HALL_SHPO_PORT 不认识，是不是想写 HALL_SHOP_PORT？",
    ]


def test_what_resembles_nothing_lists_what_there_is(tmp_path: Path) -> None:
    """No guess is better than a wild one."""
    assert mistakes(tmp_path, "[zzz]\n[till]\nqqq = 1\n") == [
        "[zzz] 不认识，可用的有：shop、till",
        "[till] qqq 不认识，可用的有：least、most",
    ]


def test_a_mistake_inside_a_list_says_where(tmp_path: Path) -> None:
    """The place is in brackets."""
    assert mistakes(tmp_path, "[shop]\ndays = [1, 8]\n") == ["[shop] days = [1, 8]：须为整数，不大于 7（位置 [1]）"]


def test_a_table_that_is_none(tmp_path: Path) -> None:
    """``shop = 1``."""
    assert mistakes(tmp_path, "shop = 1\n") == ["[shop] 须为一个表，收到 1"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A sentence, no traceback: not there, a folder, no TOML, no text."""
    for name, content, sentence in (
        ("absent.toml", None, "找不到配置文件"),
        ("broken.toml", b"[shop", "不是有效的 TOML"),
        ("bytes.toml", b"\xff\xfe", "不是有效的 TOML"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=sentence):
            load(tmp_path / name, {}, SECTIONS)
    with pytest.raises(BadInput, match="读不了配置文件"):
        load(tmp_path, {}, SECTIONS)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Some editors write one before the first line."""
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[shop]\nport = 81\n")
    assert load(tmp_path / "config.toml", {}, SECTIONS)[Shop].port == 81


def test_a_section_is_replaced_in_a_copy() -> None:
    """The original stays as it was."""
    settings = load(None, {}, SECTIONS)
    assert (settings.replace(Shop(port=1))[Shop].port, settings[Shop].port) == (1, 80)
