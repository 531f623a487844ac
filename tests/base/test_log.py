"""Logs: one JSON object a line, personal numbers and secrets masked wherever they stand."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from base import log

WHY = "invalid literal for int() with base 10: '138****5678x'"
TOKEN = "7123456789:AAEabcdefghijklmnopqrstuvwxyz-_12345"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Give the test run its own logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13812345678。", "电话138****5678。"),
        ("138 1234 5678 / 139-1234-5678", "138****5678 / 139****5678"),
        ("+8613812345678", "+86138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("身份证 210624199001011234", "身份证 210624********1234"),
        ("21062419900101123X", "210624********123X"),
        ("卡 6222021234567890123", "卡 6222********0123"),
        (f"https://api.telegram.org/bot{TOKEN}/getMe", "https://api.telegram.org/bot7123456789:***/getMe"),
        ("2026-03-02T01:00:00.123456Z", "2026-03-02T01:00:00.123456Z"),
        ("ticket 4711, 12345678901234", "ticket 4711, 12345678901234"),
    ],
)
def test_personal_numbers_are_masked(text: str, masked: str) -> None:
    """Their ends stay, so that two lines about one person can be told to belong together."""
    assert log.mask(text) == masked


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was written to standard error, line by line."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Event, level, moment and values; Chinese as it is."""
    log.set_up("INFO")
    structlog.get_logger("test").info("called", number="A001", hall=1, text="请到 3 号窗口\n谢谢")
    (line,) = lines(capsys)
    moment = line.pop("timestamp")
    assert isinstance(moment, str)
    assert moment.endswith("Z")
    assert line == {"event": "called", "level": "info", "number": "A001", "hall": 1, "text": "请到 3 号窗口\n谢谢"}


def test_values_are_masked_to_their_depths(capsys: pytest.CaptureFixture[str]) -> None:
    """In lists and tables, in what is written out by itself, in traces, in the event."""
    log.set_up("INFO")
    phone = "13812345678"
    logger = structlog.get_logger("test")
    try:
        int(phone + "x")
    except ValueError as failure:
        logger.exception("call 13812345678", who={"phones": [phone, (phone,)]}, why=failure, n=None, is_new=True)
    (line,) = lines(capsys)
    assert phone not in json.dumps(line)
    assert (line["event"], line["why"]) == ("call 138****5678", WHY)
    assert line["who"] == {"phones": ["138****5678", ["138****5678"]]}
    assert (line["n"], line["is_new"]) == (None, True)
    assert f"ValueError: {WHY}" in str(line["exception"])


def test_the_libraries_lines_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Masked JSON too; their chatter is left out."""
    log.set_up("INFO")
    logging.getLogger("sqlalchemy").warning("number %s", "13812345678")
    logging.getLogger("httpx").info("POST https://api.telegram.org/bot%s/getUpdates", TOKEN)
    (line,) = lines(capsys)
    assert (line["event"], line["level"]) == ("number 138****5678", "warning")


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """WARNING leaves INFO out."""
    log.set_up("WARNING")
    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]


def test_pretty_lines_are_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    """For an operator at a terminal."""
    log.set_up("INFO", pretty=True)
    structlog.get_logger("test").info("called", phone="13812345678")
    written = capsys.readouterr().err
    assert "138****5678" in written
    assert "13812345678" not in written
