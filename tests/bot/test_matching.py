"""Policy match in the chat: consent, six questions at most, skipping, interrupting, the result and what is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.clock import SetClock
from bot import Action, Turn
from bot.compose import Scene, compose
from bot.matching import PolicyScreen, scheme_for
from bot.mind import Heard, Mind, Moment
from bot.plain import plain
from bot.receptionist import Exchange
from bot.rules.context import Context, Pending
from bot.rules.matching import MOST_QUESTIONS
from bot.rules.session import State
from bot.rules.situation import BANDS
from bot.world import DryWorld
from knowledge import KnowledgeSettings, Library, Verdict
from tests.bot.house import Floor, WordReader, shared_library
from tests.bot.test_receptionist import only, say

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LIBRARY = shared_library()
SCHEME = scheme_for(LIBRARY.snapshot)
SCREEN = PolicyScreen(SCHEME)
MIND = Mind(WordReader, LIBRARY, BANDS)
PROJECTS = "第 1 题（最多 6 题）：近期有下面这些打算，或正在做吗？"


class Talk:
    """One conversation without a database."""

    def __init__(self, context: Context | None = None, now: datetime = NOW) -> None:
        self.context = context or Context()
        self.now = now

    def say(self, text: str = "", choice: str = "") -> Turn:
        """What is answered."""
        moment = Moment(self.now, self.now.date())
        thought = MIND.think(Heard(text, choice), State.BOT, self.context, moment)
        scene = Scene(thought.library, thought.topics, thought.words, moment.day)
        turn, self.context = compose(thought.reply, scene, DryWorld())
        return replace(turn, alarm=thought.danger.line if thought.danger else "")

    def begin(self, *, keeps: bool = False) -> Turn:
        """Past the question of consent."""
        self.say(choice="do:policy")
        return self.say(choice="pm:keep" if keeps else "pm:once")

    def press(self, label: str, turn: Turn) -> Turn:
        """Tap the button of that label."""
        return self.say(choice=next(each.choice for each in (*turn.menu, *turn.buttons) if each.label == label))

    @property
    def answers(self) -> dict[str, str]:
        """What was answered so far."""
        assert self.context.match
        return self.context.match.answers

    @property
    def asked(self) -> tuple[str, ...]:
        """Which facts were asked for."""
        assert self.context.match
        return self.context.match.asked


def labels(turn: Turn) -> list[str]:
    """The chips of a turn."""
    return [each.label for each in turn.buttons]


def test_consent_is_asked_once_before_anything_else() -> None:
    """A word or a tap; afterwards never again."""
    talk = Talk()
    intro = talk.say("我们做铝型材的，能享受啥政策")
    assert (intro.action, intro.act, [each.choice for each in intro.menu]) == (
        Action.CLARIFY,
        "ask_policy_match",
        ["pm:keep", "pm:once"],
    )
    assert intro.paragraphs[0] == "记下了（行业：制造业）。"
    first = talk.say("别记了")
    assert first.paragraphs[0].startswith(PROJECTS)
    assert (talk.context.consent, talk.context.profile, talk.answers) == ("no", {}, {"industry": "manufacturing"})
    talk.say("取消")
    assert talk.say(choice="do:policy").paragraphs[0].startswith(PROJECTS)


def test_several_may_be_tapped_or_typed() -> None:
    """Taps gather until “选好了”; places in the list answer at once; “都没有” is an answer too."""
    talk = Talk()
    first = talk.begin()
    more = talk.press("重点领域技术改造", first)
    assert more.paragraphs[0].startswith("已选：重点领域技术改造。")
    assert "重点领域技术改造" not in [each.label for each in more.menu]
    second = talk.press("选好了", more)
    assert (talk.answers, talk.asked) == ({"projects": "renovation"}, ("projects", "loans"))
    talk.say("1、5")
    assert talk.answers["loans"] == "equipment-loan+due-loan"
    talk.say(choice="pm:a:scale:small")
    assert second.paragraphs[0].startswith("第 2 题")
    fresh = Talk()
    fresh.begin()
    fresh.say("都没有")
    assert fresh.answers == {"projects": ""}


def test_every_question_can_be_skipped_and_six_is_the_end() -> None:
    """Skipped is unknown: nothing is said to fit."""
    talk = Talk()
    turn = talk.begin()
    for number in range(MOST_QUESTIONS):
        assert turn.paragraphs[0].startswith(f"第 {number + 1} 题（最多 6 题）：")
        turn = talk.say("跳过") if number % 2 else talk.press("跳过", turn)
    assert turn.paragraphs == (
        "按您的回答初筛：可能符合 0 项，待问 26 项，目前看不符合 0 项。能否享受，以主管部门认定为准。",
        "按现有回答，还没有能初筛为“可能符合”的政策；多答几个问题，结果会更清楚。",
    )
    assert (turn.action, turn.cards, len(talk.asked)) == (Action.ANSWER, (), 6)
    assert labels(turn) == ["接着问", "待问 26 项", "不能初筛 7 项", "重新回答", "转人工"]


@pytest.mark.parametrize(
    ("fact", "words", "answer"),
    [
        ("scale", "小微企业", "small"),
        ("scale", "我们是个体户", "individual"),
        ("scale", "中小企业", None),
        ("industry", "做铝型材的", "manufacturing"),
        ("industry", "搞养殖", "farming"),
        ("taxpayer", "一般纳税人", "general"),
        ("rd", "没有研发", "none"),
        ("rd", "有研发但没设辅助账", "no-ledger"),
        ("small-low-profit", "是", "yes"),
        ("small-low-profit", "不是", "no"),
        ("headcount", "28人", "28"),
        ("headcount", "我们有45个人", "45"),
        ("headcount", "20到30人", None),
        ("equipment-price", "300万", "300"),
        ("equipment-price", "620万元", "620"),
        ("insurance", "满一年了", "full"),
        ("emission", "35", "35"),
        ("certificates", "高新和小巨人", "high-tech+little-giant"),
        ("certificates", "都没有", ""),
        ("certificates", "不好说", None),
        ("nobody", "是", None),
    ],
)
def test_typed_answers_are_read(fact: str, words: str, answer: str | None) -> None:
    """By a choice's words, by what is read in them, or as a number in the fact's unit."""
    assert SCREEN.read(fact, words) == answer


def test_number_beyond_the_list_is_a_figure() -> None:
    """“5” of three options is five months."""
    talk = Talk()
    talk.begin()
    assert talk.context.match
    talk.context = replace(talk.context, match=replace(talk.context.match, asked=("insurance",)))
    talk.say("5")
    assert talk.answers["insurance"] == "5"


def told(turn: Turn) -> list[tuple[str, str]]:
    """The cards' topics and kinds."""
    return [(card.topic, card.kind) for card in turn.cards]


def matched_talk(**answers: str) -> tuple[Talk, Turn]:
    """A result over these answers."""
    talk = Talk()
    talk.begin()
    for fact, answer in answers.items():
        assert talk.context.match
        kept = {**talk.answers, fact.replace("_", "-"): answer}
        talk.context = replace(talk.context, match=replace(talk.context.match, answers=kept))
    return talk, talk.say(choice="pm:show")


def test_result_gives_benefit_limits_term_and_way_with_who_decides() -> None:
    """In the policy's own words, with what was answered beside each condition."""
    _, turn = matched_talk(loans="due-loan", scale="medium", loan_clean="none")
    (card,) = turn.cards
    assert (card.topic, card.kind, card.caveats[0]) == (
        "fin-no-repay-renewal",
        "初筛可能符合",
        "初筛结果，以主管部门认定为准。",
    )
    sections = {section.heading: section.lines for section in card.sections}
    assert sections["初筛依据"][0] == "“中型企业阶段性至2027-09-30”（企业规模：中型）"
    assert sections["还要留意"] == ("中型企业阶段性至2027-09-30",)
    said = plain(turn)
    for words in ("可续贷或展期", "到期前向贷款行申请", "有效期待核实", "以主管部门认定为准"):
        assert words in said


def test_ended_policies_are_called_so_and_stand_last() -> None:
    """In 2028 六税两费 has ended; what still holds comes first."""
    talk, _ = matched_talk(taxpayer="small-scale", small_low_profit="yes", restricted="no", property="yes")
    talk.now = datetime(2028, 1, 5, 1, 0, tzinfo=UTC)
    assert talk.context.match
    talk.context = replace(talk.context, match=replace(talk.context.match, at=talk.now))
    turn = talk.say(choice="pm:show")
    assert [card.topic for card in turn.cards][:2] == ["fin-ip-pledge", "tax-vat-small-scale-2026"]
    assert "已于 2027 年 12 月 31 日到期" in plain(turn)


def test_only_a_few_at_first_and_the_rest_on_request() -> None:
    """“还有 N 项”; the other lists say which condition, and which question."""
    talk, turn = matched_talk(
        taxpayer="small-scale", small_low_profit="yes", restricted="no", property="yes", headcount="12", loans=""
    )
    assert len(turn.cards) == 3
    rest = talk.press("还有 2 项可能符合", turn)
    assert (len(rest.cards), rest.paragraphs[0]) == (2, "可能符合的第 4–5 项（共 5 项），以主管部门认定为准：")
    no = talk.press("不符合 5 项", rest)
    assert no.paragraphs[2] == (
        "2. 「设备更新贷款财政贴息（2026年优化）」："
        "“经营主体实施设备更新并从经办银行获得设备更新项目相关固定资产贷款”（贷款：没有选“经办银行的设备更新项目固定资产贷款”）；"
        "“再贷款政策支持的2026年起新发放科技创新类贷款纳入范围”（贷款：没有选“2026年起新发放的科技创新类贷款”）。"
    )
    still = talk.press("待问 16 项", no)
    assert (still.paragraphs[1], len(still.paragraphs)) == ("1. 「研发费用税前加计扣除100%」：企业所得税怎么征收？", 9)
    assert "还有 8 项" in labels(still)
    left = talk.press("不能初筛 7 项", still)
    assert len(left.paragraphs) == 8
    on = talk.press("接着问", left)
    assert on.paragraphs[0].startswith("第 1 题（最多 6 题）")


def test_question_in_between_is_answered_and_the_match_goes_on() -> None:
    """The answer carries the way back; nothing told is lost."""
    talk = Talk()
    talk.begin()
    talk.say("1")
    talk.say("选好了")
    answer = talk.say("食品经营许可要什么材料？")
    assert (answer.action, answer.topic, labels(answer)[0]) == (
        Action.ANSWER,
        "food-business-license",
        "继续政策匹配",
    )
    on = talk.press("继续政策匹配", answer)
    assert on.paragraphs[0].startswith("第 2 题（最多 6 题）")
    assert (talk.answers, talk.asked) == ({"projects": "equipment-renewal"}, ("projects", "loans"))


def test_answer_to_another_question_is_kept() -> None:
    """And that question is never asked; what may mean several things is not guessed."""
    talk = Talk()
    talk.begin()
    turn = talk.say("一般纳税人")
    assert turn.paragraphs[0] == "记下了（增值税纳税人：一般纳税人）。"
    assert (turn.paragraphs[1][:5], talk.answers, talk.asked) == ("第 1 题", {"taxpayer": "general"}, ("projects",))
    assert talk.say("属于").paragraphs[0].startswith("没看懂这个回答。")


def test_words_of_a_question_with_several_answers_are_shown_first() -> None:
    """What was not understood can still be added."""
    talk = Talk()
    talk.begin()
    turn = talk.say("技改，还有别的设备")
    assert turn.paragraphs[0].startswith("已选：重点领域技术改造。还有吗？")
    assert talk.say("没了").paragraphs[0].startswith("第 2 题")
    assert talk.answers == {"projects": "renovation"}


def test_what_is_no_answer_is_asked_again_then_a_person_is_offered() -> None:
    """Never a loop, and no further question is spent."""
    talk = Talk()
    talk.begin()
    again = talk.say("嘎嘎")
    assert (again.paragraphs[0][:8], talk.asked) == ("没看懂这个回答。", ("projects",))
    offered = talk.say("咕噜")
    assert (offered.action, labels(offered)[:2]) == (Action.HANDOFF, ["继续政策匹配", "转人工"])


@pytest.mark.parametrize("order", ["取消", "重来", "人工"])
def test_orders_hold_at_every_step(order: str) -> None:
    """Cancelled and begun anew forget the match; a person is called with the question."""
    for steps in range(3):
        talk = Talk()
        talk.say(choice="do:policy")
        for choice in ("pm:once", "pm:skip:projects")[:steps]:
            talk.say(choice=choice)
        turn = talk.say(order)
        if order == "人工":
            assert turn.action is Action.HANDOFF
        else:
            assert (turn.action, talk.context.match, talk.context.pending) == (Action.SMALLTALK, None, Pending.NOTHING)


def test_back_goes_to_the_question_before() -> None:
    """And its answer is given anew."""
    talk = Talk()
    talk.begin()
    talk.say("都没有")
    turn = talk.say("返回")
    assert turn.paragraphs[0].startswith(PROJECTS)
    assert (talk.answers, talk.asked) == ({}, ("projects",))
    assert talk.say("上一步").paragraphs[0].startswith(PROJECTS)


def test_emergency_comes_first_and_the_match_is_still_there() -> None:
    """The line of danger before everything."""
    talk = Talk()
    talk.begin()
    turn = talk.say("车间着火了")
    assert "119" in turn.alarm
    assert talk.say("都没有").paragraphs[0].startswith("第 2 题")


def test_old_buttons_mean_what_they_said_or_say_that_they_are_over() -> None:
    """An earlier question's answer is corrected; a forged one changes nothing."""
    talk = Talk()
    talk.begin()
    for choice in ("pm:d:projects", "pm:skip:loans"):
        talk.say(choice=choice)
    asked = talk.asked
    talk.say(choice="pm:a:taxpayer:general")
    assert (talk.answers["taxpayer"], talk.asked) == ("general", asked)
    for choice in ("pm:a:scale:huge", "pm:a:projects:renovation", "pm:skip:projects", "pm:d:loans", "pm:m:loans:x"):
        turn = talk.say(choice=choice)
        assert turn.paragraphs[0] == "这个按钮对应的问题已经过了。"
    assert talk.answers == {"projects": "", "taxpayer": "general"}
    expired = Talk().say(choice="pm:a:scale:small")
    assert [each.choice for each in expired.menu] == ["pm:keep", "pm:once"]


def test_profile_is_kept_with_consent_and_forgotten_on_request() -> None:
    """The next match asks nothing twice."""
    talk = Talk()
    talk.begin(keeps=True)
    talk.say("都没有")
    talk.say(choice="pm:show")
    assert talk.context.profile == {"projects": ""}
    talk.now += timedelta(hours=3)
    known = talk.say(choice="do:policy")
    assert known.paragraphs == ("您之前答过：打算或正在做的事：都没有。接着用吗？",)
    assert talk.press("接着用这些回答", known).paragraphs[0].startswith("第 1 题（最多 6 题）：有下面这些贷款")
    talk.say(choice="pm:new")
    assert (talk.answers, talk.context.profile) == ({}, {})
    gone = talk.say(choice="pm:forget")
    assert (gone.paragraphs, talk.context.match, talk.context.consent) == (
        ("好的，已删除您在政策匹配里的回答。",),
        None,
        "",
    )


def test_without_consent_answers_live_for_the_dialogue_only() -> None:
    """Twenty minutes after its last turn nothing is left of it."""
    talk = Talk()
    talk.begin()
    talk.say("都没有")
    talk.now += timedelta(minutes=21)
    talk.say("食品经营许可要什么材料")
    assert (talk.context.match, talk.context.profile) == (None, {})


def test_nothing_to_match_is_said() -> None:
    """A library without benefits hands on to a person."""
    empty = Mind(WordReader, Library(KnowledgeSettings()), BANDS)
    thought = empty.think(Heard("", "do:policy"), State.BOT, Context(), Moment(NOW, date(2026, 3, 2)))
    assert thought.reply.action is Action.HANDOFF


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_never_more_than_six_questions_and_nothing_unsure_is_said_to_fit(data: st.DataObject) -> None:
    """Whatever is tapped: a card only where every condition is yes."""
    talk = Talk()
    turn = talk.begin(keeps=data.draw(st.booleans()))
    shown: set[str] = set()
    for _ in range(30):
        if turn.action is Action.ANSWER:
            break
        shown.add(turn.paragraphs[-1].partition("：")[0] if turn.paragraphs[-1].startswith("第") else "")
        choices = [each.choice for each in (*turn.menu, *turn.buttons) if each.choice.startswith("pm:")]
        turn = talk.say(choice=data.draw(st.sampled_from(choices)))
    assert len(talk.asked) == len(set(talk.asked)) <= MOST_QUESTIONS
    assert len(shown - {""}) <= MOST_QUESTIONS
    ends = {each.id: SCHEME.judge(each.condition, talk.answers).verdict for each in SCHEME.policies}
    assert [ends[card.topic] for card in turn.cards] == [Verdict.YES] * len(turn.cards)


async def test_a_match_on_a_real_database(floor: Floor) -> None:
    """The state is kept with the conversation; two days of silence end it."""
    intro = await say(floor, "我们厂能享受啥政策，有啥政策")
    first = await say(floor, "1", intro)
    second = await say(floor, "1、3", first)
    result = await say(floor, "", second, choice="pm:show")
    assert told(only(result)) == [("nat-tech-reform-relending", "初筛可能符合")]
    kept: Exchange = result
    assert kept.conversation.context.profile == {"projects": "equipment-renewal+renovation"}
    clock = floor.db.clock
    assert isinstance(clock, SetClock)
    clock.set(clock.now() + timedelta(hours=49))
    await floor.receptionist.tend()
    later = await say(floor, "您好", kept)
    assert (later.conversation.context.profile, later.conversation.context.match) == ({}, None)
