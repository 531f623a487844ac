"""Danger now fires; the same words about paperwork, the past, a film or a figure of speech do not."""

import pytest

from base.text import normalise
from intents import Act, training_examples
from intents.emergency import is_emergency

LOOK_ALIKES = (
    "应急预案备案要啥材料", "消防验收多少天", "去年车间着过火，现在要复工", "我们厂没出过事故", "灭火器去哪买",
    "液氨泄漏演练方案怎么写",
    "触电保护器检测几年一次", "工伤认定中毒算不算", "爆款产品补贴", "订单爆了忙不过来", "资金链断了快塌了咋整",
    "手机卡住了打不开",
    "这流程把我困住了，材料咋补", "危化品泄漏要备案吗", "119是消防电话吗", "讲讲爆炸的电影",
    "昨天有人晕倒了要不要报工伤",
    "火锅店办证", "烧烤店怎么办许可", "热死我了取个号", "急死了啥时候叫我", "忙炸了先取个号",
    "股票跌了要跳楼那种政策有吗",
    "粉尘防爆检查要准备啥", "锅炉检验到期了咋办", "冒烟的烟囱要环评吗", "水淹了能不能减税", "塌方险怎么买",
    "有限空间作业培训在哪报",
    "要是着火了保险赔多少", "万一触电谁负责", "中标了之后咋办", "泄密了咋处理", "被困难户名单漏了", "压力太大了想转行",
    "煤气公司开户", "天然气管道报装", "120万能贷吗", "110千伏线路迁改", "救命钱被拖欠去哪投诉",
)  # fmt: skip


def test_emergencies_of_the_training_data_fire() -> None:
    """The patterns were written against these: none is missed."""
    dangers = [each.text for each in training_examples() if each.act is Act.EMERGENCY]
    assert [text for text in dangers if not is_emergency(normalise(text))] == []
    assert len(dangers) > 100


def test_look_alikes_do_not_fire() -> None:
    """Of forty, at most one may."""
    assert len(LOOK_ALIKES) == 40
    assert len([text for text in LOOK_ALIKES if is_emergency(normalise(text))]) <= 1


def test_other_messages_hardly_ever_fire() -> None:
    """At most one in a thousand of what is trained on as something else."""
    others = [each.text for each in training_examples() if each.act is not Act.EMERGENCY]
    assert len([text for text in others if is_emergency(normalise(text))]) <= len(others) / 1000


@pytest.mark.parametrize("text", ["去年演练的时候着火了，救命，现在又着火了", "救命啊着火了，没有预案"])
def test_cry_for_help_outweighs_the_turn(text: str) -> None:
    """A cry and a danger together fire whatever else is said."""
    assert is_emergency(normalise(text))
