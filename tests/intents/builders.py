"""A small reader for tests: five topics, a few acts, trained in a second or two."""

from collections.abc import Sequence

from base.text import bare
from intents import Act, Example, Facet, Hit, LibraryText, Model, train

TEXTS = (
    LibraryText(
        "company",
        "公司设立登记",
        ("开公司", "注册公司"),
        ("办营业执照要什么材料",),
        "股东身份证明。公司章程。住所证明文件。",
    ),
    LibraryText(
        "food",
        "食品经营许可",
        ("食品证", "卫生许可"),
        ("开饭店要办什么证",),
        "健康证明。经营场所平面图。食品安全制度。",
    ),
    LibraryText("eia", "环境影响评价审批", ("环评",), ("环评要多久",), "环境影响报告表。专家评审意见。"),
    LibraryText(
        "loan", "创业担保贷款", ("创业贷款",), ("创业贷款能贷多少",), "担保人信息。经营场地租赁合同。贷款贴息。"
    ),
    LibraryText("loan-policy", "创业担保贷款贴息政策", ("贴息",), ("贷款贴息多少",), "贴息比例按年度通知执行。"),
)
NAMES = {
    "company": ("开公司", "注册公司", "办公司执照", "成立有限公司", "公司起照"),
    "food": ("食品经营许可证", "食品证", "饭店许可证", "小吃店食品证", "餐饮许可"),
    "eia": ("环评", "环境影响评价", "环评批复", "环评报告表", "建厂环评"),
    "loan": ("创业担保贷款", "创业贷款", "创业贷", "担保贷款创业", "创业贴息贷款"),
}
ASKED = {
    Facet.MATERIALS: ("{}要啥材料", "办{}带什么", "{}需要准备哪些材料"),
    Facet.FEE: ("{}多少钱", "{}收费吗", "办{}要花钱不"),
    Facet.TIME_LIMIT: ("{}几天下来", "{}多久能办完", "{}要多长时间"),
}
OTHERS = {
    Act.GREET: ("你好", "您好", "在吗", "早上好", "有人吗", "哈喽"),
    Act.THANKS: ("谢谢", "多谢了", "谢谢你啊", "感谢", "麻烦你了谢谢", "谢了"),
    Act.TAKE_TICKET: ("取号", "给我取个号", "帮我排个号", "我要取号", "抽个号", "拿个号"),
    Act.CHOOSE: ("第一个", "1", "选第二个", "2", "第三个", "就头一个"),
    Act.EMERGENCY: ("着火了", "车间爆炸了", "有人触电了", "救命啊", "氨气泄漏了", "有人昏倒了"),
    Act.OUT_OF_SCOPE: (
        "今天天气怎么样", "讲个笑话", "离婚登记带什么", "烟草零售证咋办", "孩子上学怎么报名", "世界杯谁赢了",
        "驾照换证去哪",
        "帮我写首诗", "护照多少钱", "猫不吃饭怎么办", "哪儿有好吃的", "彩票中奖号码",
    ),
}  # fmt: skip


def small_examples() -> tuple[Example, ...]:
    """Some eighty sentences; each a group of its own."""
    found: list[Example] = []
    for topic, names in NAMES.items():
        for facet, forms in ASKED.items():
            for number, name in enumerate(names):
                topics = ("loan", "loan-policy") if topic == "loan" else (topic,)
                text = forms[number % len(forms)].format(name)
                found.append(Example(text, Act.ASK_FACET, (facet,), topics, f"g{len(found)}", "terse"))
    for act, texts in OTHERS.items():
        for text in texts:
            found.append(Example(text, act, (Facet.OVERVIEW,), (), f"g{len(found)}", "terse"))
    return tuple(found)


def letter_search(query: str) -> Sequence[Hit]:
    """Entries by how many letters of title and aliases they share with ``query``."""
    letters = set(bare(query))
    scores = [(text.id, float(len(letters & set(text.title + "".join(text.aliases))))) for text in TEXTS]
    return sorted((hit for hit in scores if hit[1]), key=lambda hit: -hit[1])


def small_model() -> Model:
    """The model of all this."""
    return train(small_examples(), TEXTS, letter_search)
