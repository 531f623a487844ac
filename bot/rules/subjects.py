"""What is recognised by its words alone: state secrets, matters without a guide, complaints, lawful routes."""

import re

_SECRET = re.compile(
    r"(?:绝密|机密|秘密)\s*[★☆*]|^\W{0,2}(?:绝密|机密)\W"
    r"|(?:以下|下面|附上|这是|转发|发您|发你).{0,12}(?:涉密|机密|绝密|国家秘密)"
    r"|涉密(?:文件|材料|内容)(?:如下|原文|全文|发)|(?:机密|秘密|绝密)级.{0,6}(?:文件|内容)(?:如下|原文|全文)"
)
_NO_GUIDE: tuple[tuple[str, str], ...] = (
    (r"烟草(?:零售|专卖)|(?:烟草|香烟|卷烟).{0,6}(?:证|许可)|卖烟|烟证", "烟草专卖零售许可"),
    (r"采伐(?:证|许可|手续)|林木采伐|伐木.{0,4}(?:证|许可|手续)", "林木采伐许可"),
    (r"(?:药店|药品|中药房).{0,6}(?:许可|证|执照|经营)|开药店", "药品经营许可"),
    (r"医疗器械.{0,8}(?:许可|备案|经营|证)", "医疗器械经营（备案）许可"),
    (r"(?:理发|美容|宾馆|旅馆|浴池|洗浴|游泳).{0,10}卫生(?:许可|证)|公共场所卫生", "公共场所卫生许可"),
    (r"特种行业|旅馆业.{0,4}(?:许可|证)|刻章.{0,4}(?:许可|资质)", "特种行业许可"),
    (r"(?:网吧|娱乐场所|ktv).{0,6}(?:证|许可|手续)|开(?:个|家)?网吧", "文化娱乐场所许可"),
    (r"民办(?:学校|幼儿园|培训)|培训机构.{0,6}(?:许可|办学)|办学许可", "民办学校办学许可"),
    (r"(?:出版物|印刷).{0,4}(?:经营|许可)", "印刷、出版物经营许可"),
    (r"(?:危险化学品|危化品|成品油|烟花爆竹).{0,6}(?:经营|零售|批发|许可)|开(?:个|家)?加油站", "危险化学品类经营许可"),
    (r"户外广告|门头(?:牌|招牌).{0,4}(?:审批|备案|手续)", "户外广告设置审批"),
    (r"劳务派遣.{0,6}(?:许可|资质|证|经营)", "劳务派遣经营许可"),
    (r"人力资源服务许可|职业介绍.{0,4}(?:许可|证)", "人力资源服务许可"),
    (r"(?:兽药|种子|农药|饲料).{0,4}(?:经营|生产|许可)", "农药、种子、兽药、饲料类许可"),
    (r"旅行社.{0,6}(?:许可|证)|开(?:个|家)?旅行社", "旅行社经营许可"),
    (r"保安(?:公司|服务).{0,6}(?:许可|证|资质)", "保安服务许可"),
)
_WITHOUT = tuple((re.compile(pattern), name) for pattern, name in _NO_GUIDE)
_COMPLAINT = re.compile(
    r"投诉|举报|态度|刁难|卡着|推诿|推来推去|拖着不办|一直不给|乱收费|乱罚|罚款|处罚|被罚|吃拿卡要"
    r"|不作为|欺负|不公平|找谁说理|没人管"
)
_ROUTES: tuple[tuple[str, str], ...] = (
    (
        (
            r"(?:纪委|监委|受贿|行贿|贪污|收(?:红包|好处)|违纪).{0,12}(?:举报|反映|投诉)?|举报.{0,8}(?"
            r":领导|干部|局长|主任).{0,10}(?:贪|收钱|违纪)"
        ),
        (
            "反映党员、干部违纪违法的问题，由纪检监察机关受理：可拨打 12388 或登录 12388.gov.cn。这里"
            "不登记此类举报，也请不要在这里写具体姓名和情节。"
        ),
    ),
    (
        r"(?:已经|已|正在|在)?(?:法院|开庭|起诉|打官司|诉讼).{0,8}(?:判|了|受理|审|中)|(?:不服|推翻).{0,4}判决",
        (
            "已进入诉讼或已经判决的事，须由法院按程序处理，大厅不能登记为诉求。可向审理法院或 12368 诉"
            "讼服务热线询问；需要法律帮助可拨打 12348。"
        ),
    ),
    (
        r"上访|信访|(?:去|到)(?:省里|北京).{0,4}(?:反映|告)",
        (
            "信访事项请向信访部门提出：可到县信访接待场所，或用国家信访局网上信访平台。需要咨询具体办"
            "事手续，可以继续在这里问。"
        ),
    ),
)
_LAWFUL = tuple((re.compile(pattern), route) for pattern, route in _ROUTES)
_HALL_ASPECTS: tuple[tuple[str, str], ...] = (
    ("lunch", r"中午|午休|午间|吃饭"),
    ("hours", (
        r"几点|上班|下班|开门|关门|营业|周末|周六|周日|星期|礼拜|双休|放假|节假日|开放时间|工作时间|啥"
        r"时候开|今天开|明天开"
    )),
    ("parking", r"停车|车位"),
    ("phone", r"电话|联系方式|号码"),
    ("address", r"地址|在哪|哪儿|哪里|怎么走|咋走|怎么去|位置|几路|公交|导航|路线|几楼"),
    ("facilities", r"厕所|卫生间|母婴|轮椅|无障碍|复印|打印|充电|喝水|自助"),
)  # fmt: skip
_ASPECTS = tuple((name, re.compile(pattern)) for name, pattern in _HALL_ASPECTS)
_EXPORT = re.compile(r"出口退税|退税率|出口.{0,6}(?:退税|报价)|外贸|出口")


def is_secret(text: str) -> bool:
    """Whether ``text`` hands over what is a state secret; a question about secret projects is none."""
    return bool(_SECRET.search(text))


def without_guide(text: str) -> str:
    """The name of the hall's matter that ``text`` asks for and that no guide covers, or nothing."""
    return next((name for pattern, name in _WITHOUT if pattern.search(text)), "")


def is_complaint(text: str) -> bool:
    """Whether words of complaint or penalty stand in ``text``: a person is offered beside the answer."""
    return bool(_COMPLAINT.search(text))


def lawful_route(text: str) -> str:
    """For what the hall may not take as a case: the sentence that says who does, or nothing."""
    return next((route for pattern, route in _LAWFUL if pattern.search(text)), "")


def hall_aspects(text: str) -> tuple[str, ...]:
    """What of the hall is asked; hours and address when nothing in particular."""
    found = tuple(name for name, pattern in _ASPECTS if pattern.search(text))
    return found or ("hours", "address")


def speaks_of_export(text: str) -> bool:
    """Whether ``text`` speaks of exporting, where the end of rebates matters."""
    return bool(_EXPORT.search(text))
