"""A message in several clauses: which of them ask, and which only tell the story."""

import re

_BREAKS = re.compile(r"(?<=[?？!！。;；\n])")
_ALSO = re.compile(
    r"[,，、 ]?(?=(?:还有(?!没|人|几|多|一年|什么用)|另外|再(?:问|就是|一个)|顺便|对了|然后还想|同时想))"
)
_ASKS = re.compile(
    r"[?？]|吗|呢|么$|不$|没$|咋|怎|啥|什么|哪|多少|多久|几|谁|能不能|可不可以|是不是|有没有|行不行|要不要|用不用|想问|请问|需要|如何|办$|怎样|何时"
)
_PARTS = re.compile(r"[,，、。?？!！;；： \n]+")
_FEWEST = 4
_MOST = 4


def clauses(plain: str) -> tuple[str, ...]:
    """The clauses of the normalised ``plain`` that ask something, in order; at most four.

    What does not ask goes with the asking clause that follows it (the last: with the one before), as its context.
    One clause alone is the whole message.
    """
    parts = [part for chunk in _BREAKS.split(plain) for part in _ALSO.split(chunk) if part.strip(" ,，、。?？!！;；")]
    found: list[str] = []
    story = ""
    for part in parts:
        story += part
        if _ASKS.search(part) and len(part) >= _FEWEST:
            found.append(story)
            story = ""
    if len(found) < 2 or len(found) > _MOST:  # noqa: PLR2004 (one is the whole)
        return (plain,)
    found[-1] += story
    return tuple(each.strip(" ,，、") for each in found)


def asks(plain: str) -> bool:
    """Whether anything in it is put as a question."""
    return _ASKS.search(plain) is not None


def asking_part(plain: str) -> str:
    """The last stretch between two marks that asks; the last of all if none does."""
    parts = [part for part in _PARTS.split(plain) if part]
    return next(filter(asks, reversed(parts)), parts[-1] if parts else plain)
