"""The voice of the screen: which clips there are and what each says; a hall may record its own.

The browser joins the clips: “请 A 零一二 号到 3 号窗口” is ``qing``, ``letter-a``, ``digit-0`` … ``haodao``,
``digit-3``, ``haochuangkou``. ``main.py make-voice`` makes the house's own.
"""

from pathlib import Path
from string import ascii_uppercase

import structlog

from server.pages import STATIC, asset

log = structlog.get_logger("voice")

OWN_FOLDER = STATIC / "voice"
TYPES = {".wav": "audio/wav", ".ogg": "audio/ogg", ".mp3": "audio/mpeg"}
CHIME = "chime"
COUNTERS_SPOKEN_WHOLE = range(10, 31)
_DIGITS = "零一二三四五六七八九"


def _counter(number: int) -> str:
    """A counter's number as it is said: 十, 十二, 三十."""
    tens, ones = divmod(number, 10)
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"


CLIPS = {
    CHIME: "（提示音）",
    "qing": "请",
    "haodao": "号到",
    "haochuangkou": "号窗口",
    **{f"digit-{at}": digit for at, digit in enumerate(_DIGITS)},
    **{f"counter-{number}": _counter(number) for number in COUNTERS_SPOKEN_WHOLE},
    **{f"letter-{letter.lower()}": letter for letter in ascii_uppercase},
}


def own() -> dict[str, str]:
    """The addresses of the house's clips by name."""
    return {name: asset(f"voice/{name}.wav") for name in CLIPS}


def recorded(folder: str) -> dict[str, Path]:
    """The hall's own recordings by clip name; files of other names are left alone. No folder: none.

    A folder that is not there is logged and no more: the screen then speaks with another voice.
    """
    if not folder:
        return {}
    if not Path(folder).is_dir():
        log.warning("no_voice_folder", folder=folder)
    files = (Path(folder) / f"{name}{suffix}" for name in CLIPS for suffix in TYPES)
    return {path.stem: path for path in files if path.is_file()}
