"""Sentences that name no topic: “那要多少钱”, “它得几天，在哪办”. They speak of the topic at hand."""

import re

from base.text import bare
from intents.features import FACET_WORDS

LONGEST = 24
_OWN = sorted(set(FACET_WORDS), key=len, reverse=True)
_MORE = (
    "一共|总共|大概|大约|具体|都需要|还需要|需要|还得|还要|都得|都要|应该|可以|能行|行吗|对吗|多少|多长|时间|钱|天|多久|好办|办理|办下来|办"
    "|申请|要|得|能|会|有|没有|没|不|是|去|上|到|找|谁|交|带|准备|拿|领|啥|什么|哪些|哪|怎么样|怎样|怎么|咋样|咋|几|些|个|样|吗|呢|吧|啊|呀|嘛"
    "|那个|这个|那些|这些|那|这|它|他|她|我们|咱们|俺们|我|俺|咱|你们|你|该|的|了|着|过|就|还|也|都|再|又|才|和|跟|或者|然后|另外|上述|刚才|说的"
    "|事儿|事|东西|在|里|下|给|把|被|用|问|说|讲|告诉|一下|一遍|第一|第二|先|后|最|快|慢|几步|步|地方|地址|位置|人|部门|时候|开始|结束|之后|以后"
)
_KNOWN = re.compile("|".join([*map(re.escape, _OWN), _MORE]))


def is_elliptic(plain: str) -> bool:
    """Whether nothing remains of the normalised sentence without facet words, pronouns and filler."""
    text = bare(plain)
    return len(text) <= LONGEST and not _KNOWN.sub("", text)


def names_facet(plain: str) -> bool:
    """Whether a facet word stands in the normalised sentence."""
    return any(word in plain for word in _OWN)
