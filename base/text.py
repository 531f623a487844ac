"""Chinese text: ``normalise`` (width, variants, stray pinyin) and ``segment`` (jieba with the house's words)."""

import logging
import re
import tempfile
import threading
import unicodedata
import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import opencc

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba

TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ"
_STRAY_PINYIN = re.compile(
    rf"[(（\[【]\s*[a-zA-Z{TONED}]*[{TONED}][a-zA-Z{TONED}]*\s*[)）\]】]|(?<=[\u4e00-\u9fff])[(（]\s*[a-z]{{1,6}}\s*[)）](?=[\u4e00-\u9fff])"
)
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3]")
_SPACE = re.compile(r"\s+")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_BLANKS = re.compile(r"[^\S\n]+")
_HALF_MARK = re.compile(r"(?<=[\u4e00-\u9fff”’）》])[,;:!?](?=[\u4e00-\u9fff“‘（《]|$)", re.MULTILINE)
_FULL_MARKS = str.maketrans(",;:!?", "，；：！？")
_REPEATED = re.compile(r"([!！?？。,，、~～.…;；])\1+")
_SENTENCE_MARKS = re.compile(r"[\s!！?？。,，、~～…;；:：\"“”'‘’()（）\[\]【】<>《》「」]+")
_LEADING = re.compile(
    r"^(?:您好|你好|喂|hi|hello|请问一下|请问|问一下|问下|问个事|咨询一下|咨询下|想咨询|想问一下|想问问|想问下|想问|麻烦问|麻烦您|麻烦|打扰了|打扰|劳驾"
    r"|那个|老师|同志|领导|大姐|大哥|师傅|美女|帅哥|在吗|在不在|一下|啊|呀|呢|哈)+"
)
_TRAILING = re.compile(
    r"(?:谢谢您|谢谢你|谢谢了|谢谢|多谢|感谢|谢了|麻烦了|辛苦了|急急急|很急|挺急|急|在线等|拜托了|拜托|哈|呗|啊|呀|哦|噢)+$"
)

SEGMENTER = f"jieba {jieba.__version__}"
"""What cuts the words: part of a model's fingerprint."""

_convert = opencc.OpenCC("t2s").convert
_lock = threading.Lock()
_words: set[str] = set()


def normalise(text: str) -> str:
    """One plain form of ``text`` for reading: simplified, half-width, lower case, without stray pinyin or emoji.

    Punctuation stays, so that clauses can be told apart; ``bare`` takes it away as well.
    """
    text = _STRAY_PINYIN.sub("", text)
    text = unicodedata.normalize("NFKC", text)
    text = _STRAY_PINYIN.sub("", text)
    text = _EMOJI.sub(" ", text)
    text = _convert(text).lower()
    text = _REPEATED.sub(r"\1", text)
    return _SPACE.sub(" ", text).strip()


def readable(text: str) -> str:
    """``text`` as people read it, whatever copy it comes from: simplified, without stray pinyin or unseen characters.

    Lines, capitals and figures stay; half-width marks between Chinese characters become full-width.
    """
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", text)).replace("\r\n", "\n").replace("\r", "\n")
    text = _convert(_STRAY_PINYIN.sub("", text))
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _HALF_MARK.sub(lambda mark: mark.group().translate(_FULL_MARKS), "\n".join(lines)).strip("\n")


def bare(text: str) -> str:
    """``normalise``, then no blanks, sentence marks or polite filler at either end; two characters always stay."""
    text = _SENTENCE_MARKS.sub("", normalise(text))
    for filler in (_LEADING, _TRAILING):
        shorter = filler.sub("", text)
        if len(shorter) >= 2:  # noqa: PLR2004 (two characters can still be a question)
            text = shorter
    return text


def segment(text: str) -> list[str]:
    """The words of ``text``, in order, as the house's dictionary cuts them; blanks are dropped."""
    _ready()
    return [word for word in jieba.lcut(text) if not word.isspace()]


def segment_for_search(text: str) -> list[str]:
    """Like ``segment``, and long words once more in their parts."""
    _ready()
    return [word for word in jieba.lcut_for_search(text) if not word.isspace()]


def teach(words: Iterable[str]) -> None:
    """Add ``words`` to the house's dictionary; the same word twice is nothing new."""
    _ready()
    with _lock:
        for word in words:
            if word not in _words:
                _words.add(word)
                jieba.add_word(word)


def segmenter() -> str:
    """Which segmenter, in which version, cuts the words: part of a model's fingerprint."""
    return f"jieba {jieba.__version__}"


def taught() -> frozenset[str]:
    """The words added to jieba's own dictionary: part of a model's fingerprint."""
    return frozenset(_words)


@lru_cache(maxsize=1)
def _ready() -> Any:  # noqa: ANN401 (jieba's own object)
    """Load jieba's dictionary once (over a second: call early, from a thread)."""
    with _lock:
        folder = Path(tempfile.gettempdir()) / "hall-jieba"
        folder.mkdir(mode=0o700, exist_ok=True)
        jieba.dt.tmp_dir = str(folder)
        jieba.setLogLevel(logging.WARNING)
        jieba.initialize()
        return jieba.dt
