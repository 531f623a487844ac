"""Chinese text comes in every shape; reading sees one."""

import pytest

from base.text import bare, normalise, readable, segment, teach


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("緊扣高質(zhì)量發(fā)展，經(jīng)濟開發(fā)區(qū)", "紧扣高质量发展,经济开发区"),
        ("ＡＢＣ１２３　营业执照", "abc123 营业执照"),
        ("咋办😭😭？？？", "咋办 ?"),
        ("營業執照怎麼辦", "营业执照怎么办"),
        ("有限公司(自然人独资)要啥", "有限公司(自然人独资)要啥"),
        ("  多   空格\n换行 ", "多 空格 换行"),
        ("", ""),
    ],
)
def test_normalise(given: str, plain: str) -> None:
    """Width, variants, stray pinyin, emoji and repeated marks."""
    assert normalise(given) == plain


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("您好，请问一下营业执照咋办呀？谢谢！", "营业执照咋办"),
        ("你好", "你好"),
        ("谢谢", "谢谢"),
        ("急！！！排污证丢了咋整", "急排污证丢了咋整"),
        ("麻烦问，俺想办食品证 在线等", "俺想办食品证"),
    ],
)
def test_bare_drops_filler_but_never_everything(given: str, plain: str) -> None:
    """At least two characters always stay."""
    assert bare(given) == plain


def test_segment_knows_taught_words() -> None:
    """The house's words are kept whole."""
    teach(["非公党建指导员站"])
    assert "非公党建指导员站" in segment("非公党建指导员站在哪")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("今年以來,寬甸經(jīng)濟開發(fā)區(qū)持續(xù)發(fā)展", "今年以来，宽甸经济开发区持续发展"),
        ("領(lǐng)導(dǎo)干部,農(nóng)產(chǎn)品“三篇”", "领导干部，农产品“三篇”"),
        ("A4 紙 2 份,\r\n\u200b  電話:8890 ", "A4 纸 2 份，\n电话:8890"),
        ("有限公司(自然人独资)", "有限公司(自然人独资)"),
    ],
)
def test_readable_keeps_lines_and_takes_stray_pinyin(given: str, read: str) -> None:
    """What a web copy left inside the words goes; what was written stays."""
    assert readable(given) == read
