"""Messages of nothing but emoji: what they say, in a word. Anywhere else emoji are dropped."""

import re

_MEANINGS = {
    "👌": "好的",
    "🆗": "好的",
    "✅": "对",
    "✔": "对",
    "👍": "真好",
    "💯": "真好",
    "❤": "真好",
    "🌹": "谢谢",
    "🙏": "谢谢",
    "🤝": "谢谢",
    "👋": "再见",
    "😀": "你好",
    "😊": "真好",
    "👎": "不好",
    "😡": "不好",
    "😠": "不好",
    "🤬": "不好",
    "❌": "不对",
    "🚫": "不对",
    "❓": "什么意思",
    "🔥": "着火了",
    "🆘": "救命",
}
_ANY = re.compile("|".join(_MEANINGS))
_LETTER = re.compile(r"\w")


def spelled(text: str) -> str:
    """``text``, or what it means if it is of emoji alone.

    One fire is a compliment as often as a fire; three are one.
    """
    if _LETTER.search(text):
        return text
    found = _ANY.findall(text)
    if not found or (found[0] == "🔥" and len(found) < 3):  # noqa: PLR2004 (see above)
        return text
    return _MEANINGS[found[0]]
