"""The pieces of a sentence that the model counts: words, characters in order and nearly so, sounds, facet words.

Pieces are strings with a letter in front: ``w`` a word, ``c`` one or two characters (also two with one or two
others between, and two swapped: a lost or misplaced character then costs little), ``p`` one or two syllables,
``f`` a facet that a word names, ``q`` a word of the part that asks (stories end in a question), ``s`` and ``e`` how it
starts and ends, ``z`` a short message's form, ``n`` its length, ``m`` a mark in it or, as ``m0``, that nothing asks.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from base.text import bare, segment
from intents.clauses import asking_part, asks
from intents.spelling import syllables

_DIGITS = re.compile(r"\d{6,}")
_NUMBERS = re.compile(r"\d+")
_LETTERS = re.compile(r"[a-z]+")
_MARKS = "?？!！[."
_LONG = 12
GAPS = (2, 3)
LONGEST = 300
FACET_WORDS: dict[str, str] = {
    word: facet
    for facet, words in {
        "materials": "材料 手续 带啥 带什么 带哪些 要啥 交啥 备啥 准备 提交 资料 复印件 原件 证件 表格 申请表",
        "conditions": "条件 要求 资格 够不够 能不能 可不可以 符合 门槛 标准 算不算 行不行",
        "steps": "流程 步骤 咋办 怎么办 咋整 咋弄 怎么弄 咋申请 怎么申请 咋走 先办 先干 头一步 第一步 顺序 程序",
        "time_limit": "多久 几天 多长时间 多少天 啥时候 工作日 几个月 时限 多暂 快不快 啥前 下来",
        "fee": "多少钱 收费 花钱 费用 要钱 几块 工本费 免费 收不收 交钱 花多少",
        "place": "在哪 哪办 哪儿 哪个窗口 几楼 哪里 上哪 去哪 啥地方 窗口 哪个部门 哪块 搁哪",
        "online": "网上 线上 手机 网址 app 小程序 系统 平台 不跑腿 邮寄 官网 登录",
        "basis": "依据 规定 哪条 文件 法律 条例 文号 政策文件 哪个法 办法",
        "validity": "有效期 到期 几年 截止 期限 过期 多少年 延期 管几年 啥时候开始 申报期 执行到",
        "amount": "补多少 贴多少 多少万 额度 金额 比例 几个点 多少补贴 给多少 利率 上限 奖多少 拿多少",
        "result": "什么证 啥证 样子 样本 长啥样 发啥 电子证照 证书 领证 拿到 批文 打印",
        "phone": "电话 联系方式 号码 打哪个 咨询 热线 座机 联系谁",
        "pitfalls": "退回 退件 打回 驳回 卡住 不通过 没通过 不给过 老被退 毛病 补正 常见 错",
        "other": "会不会 罚款 区别 影响 后果 处罚 罚 咋算 是不是 合法",
    }.items()
    for word in words.split()
}


def pieces(plain: str) -> list[str]:
    """The pieces of the normalised sentence ``plain``, each once, in a fixed order."""
    return cut(plain)[0]


def cut(plain: str) -> tuple[list[str], list[str]]:
    """The pieces of ``plain``, and those of them by which coverage is measured: long words and adjoining pairs.

    ``lookup.Lookup`` finds the same pieces without writing them out; a test holds the two together.
    """
    text, words = text_and_words(plain)
    pairs = ["c" + first + second for first, second in pairwise(text)]
    near = ["c" + text[at] + text[at + gap] for gap in GAPS for at in range(len(text) - gap)]
    turned = ["c" + second + first for first, second in pairwise(text)]
    sounds = syllables(text)
    spoken = ["p" + sound for sound in sounds]
    spoken += [f"p{first} {second}" for first, second in pairwise(sounds)]
    letters = ["c" + letter for letter in text]
    named = named_pieces(plain, text, words)
    contents = [*long_words(words), *pairs]
    return list(dict.fromkeys([*named, *letters, *pairs, *near, *turned, *spoken])), contents


def text_and_words(plain: str) -> tuple[str, list[str]]:
    """What of ``plain`` is cut into pieces (no marks, filler or long numbers), and its words."""
    text = bare(_DIGITS.sub("#", plain[:LONGEST]))
    return text, segment(text)


def long_words(words: Sequence[str]) -> list[str]:
    """The pieces of the words of two characters and more."""
    return ["w" + word for word in words if len(word) > 1]


def named_pieces(plain: str, text: str, words: Sequence[str]) -> list[str]:
    """All pieces but characters and sounds."""
    found = ["w" + word for word in words]
    found += ["f" + facet for word, facet in FACET_WORDS.items() if word in text]
    asking = asking_part(plain)
    found += ["q" + word for word in (words if asking == plain else segment(bare(asking)))]
    return found + _shape(plain, text)


def _shape(plain: str, text: str) -> list[str]:
    """How the sentence starts, ends and looks: what tells a greeting, a number or an answer from a question."""
    found = ["s" + text[:1], "s" + text[:2], "s" + text[:3], "e" + text[-1:], "e" + text[-2:], "e" + text[-3:]]
    found.append(f"n{min(len(text), _LONG)}")
    if len(text) <= _LONG:
        found.append("z" + _LETTERS.sub("a", _NUMBERS.sub("0", text)))
    found += ["m" + mark for mark in _MARKS if mark in plain]
    return found if asks(plain) else [*found, "m0"]
