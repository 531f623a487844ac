"""Messages that are a command as a whole, after filler is stripped; anything longer is read."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Command(StrEnum):
    """What a whole message orders."""

    PERSON = "person"
    CANCEL = "cancel"
    BACK = "back"
    RESTART = "restart"
    BOT = "bot"
    TICKET = "ticket"
    CASE = "case"
    BOOKING = "booking"
    CHOOSE = "choose"
    DEFER = "defer"
    GIVE_UP = "give_up"
    COMING = "coming"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Order:
    """A command with what it names: a ticket's, case's or booking's number, or a place in the list (1 is the first)."""

    command: Command
    number: str = ""
    place: int = 0


_WORDS: dict[Command, str] = {
    Command.PERSON: (
        "人工|转人工|转接人工|接人工|找人工|要人工|我要人工|我要转人工|请转人工|帮我转人工|人工客服|转"
        "人工客服|人工服务|真人|找真人|转真人|客服|找客服|人工咨询|找个人|找人|rg|转人工服务"
    ),
    Command.CANCEL: "取消|算了|算了吧|不办了|不弄了|不用了|不要了|不登记了",
    Command.BACK: "返回|上一步|回去|返回上一步",
    Command.RESTART: "重来|重新开始|从头来|重新来|从头开始|重头来|清空",
    Command.DEFER: (
        "延后|延后15分钟|推迟|晚点到|晚一点到|晚一会到|晚到一会|再给我15分钟|再给我十五分钟|再等我15分钟|往后放|往后排|往后放放"
    ),
    Command.GIVE_UP: "取消号|取消取号|取消排队|取消我的号|取消号票|退号|不排了|不排队了|号不要了",
    Command.COMING: "我马上到|马上到|我快到了|快到了|在路上|我在路上|马上就到|我马上就到|我马上来|马上来",
    Command.RESTORE: "我回来了|回来了|恢复排队|恢复我的号|过号恢复",
    Command.BOT: "回到机器人|返回机器人|转机器人|机器人|找机器人|不等了|回机器人|继续问机器人",
}
_COMMANDS = {word: command for command, words in _WORDS.items() for word in words.split("|")}
_TICKET = re.compile(r"(?:我的号|我是|号码|号)?([a-z]{1,2})[- ]?(\d{3,4})号?")
_CASE = re.compile(r"(?:工单号?|诉求号?|编号)?([a-z]{0,4}-?20\d{2}[01]\d(?:[0-3]\d)?-?\d{3,6})")
_BOOKING = re.compile(r"(?:查|我的)?(?:预约码?|预约号)?(?:是)?([3-9]\d{3})[ -]?(\d{4})")
_PLACE = re.compile(r"(?:选|就|第|选第)*([1-9]|1\d|[一二两三四五六七八九])(?:个|项|条|号|吧|那个)*")
_HAN = {han: place for place, han in enumerate("一二三四五六七八九", 1)} | {"两": 2}


def order(bare: str) -> Order | None:
    """The command that ``bare`` (normalised, lower case, without filler and marks) is as a whole."""
    if bare in _COMMANDS:
        return Order(_COMMANDS[bare])
    if found := _CASE.fullmatch(bare):
        return Order(Command.CASE, found[1].upper())
    if found := _TICKET.fullmatch(bare):
        return Order(Command.TICKET, (found[1] + found[2]).upper())
    if found := _BOOKING.fullmatch(bare):
        return Order(Command.BOOKING, found[1] + found[2])
    if found := _PLACE.fullmatch(bare):
        return Order(Command.CHOOSE, place=_HAN.get(found[1]) or int(found[1]))
    return None
