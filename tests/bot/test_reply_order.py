"""The order of decision: state, whole-message rules, state secrets, then what was read."""

import pytest

from base.text import bare, normalise
from bot.rules.context import Context, Held, Pending
from bot.rules.reply import reply
from bot.rules.session import Event, State
from bot.rules.situation import Do, Inform, Say, Task, Tell
from bot.rules.turn import Action, Button
from bot.rules.whole import Command, Order, order
from tests.bot.situations import CHANGE, FOOD, about, answer, asked, said, said_codes, tapped

LIST = (Button("一", f"t:{CHANGE}:fee"), Button("二", f"t:{FOOD}:fee"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("人工", Order(Command.PERSON)),
        ("请问，转人工！谢谢", Order(Command.PERSON)),
        ("取消", Order(Command.CANCEL)),
        ("返回", Order(Command.BACK)),
        ("重来", Order(Command.RESTART)),
        ("A012", Order(Command.TICKET, "A012")),
        ("k20260302-001", Order(Command.CASE, "K20260302-001")),
        ("2", Order(Command.CHOOSE, place=2)),
        ("第二个", Order(Command.CHOOSE, place=2)),
        ("人工费用能加计扣除吗", None),
        ("取消出口退税是什么意思", None),
        ("A012号前面还有几个人", None),
    ],
)
def test_whole_message_is_a_command_and_anything_longer_is_read(text: str, expected: Order | None) -> None:
    """After filler is stripped."""
    assert order(bare(text)) == expected


def test_person_with_a_question_opens_a_case_at_once() -> None:
    """Outside a live desk; the question goes with it and is settled."""
    decided = answer("人工", context=Context(question="采伐证怎么办"))
    assert decided.action is Action.HANDOFF
    assert decided.steps == (Do(Task.OPEN_CASE, (("kind", "consultation"), ("matter", "采伐证怎么办"))),)
    assert (decided.context.question, decided.event) == ("", Event.REPLY)


def test_person_without_a_question_asks_for_one_and_takes_it() -> None:
    """Nothing to stand on yet; then one message is enough."""
    first = answer("转人工")
    assert (said_codes(first), first.context.pending) == (["person_needs_matter"], Pending.MATTER)
    then = answer("我们厂的排污口要改", context=first.context)
    assert [step.task for step in then.steps if isinstance(step, Do)] == [Task.OPEN_CASE]


def test_person_at_a_live_desk_goes_to_the_pool() -> None:
    """In service hours."""
    decided = answer("人工", is_desk_live=True)
    assert (decided.event, decided.steps) == (Event.ASK_PERSON, (Do(Task.POOL),))


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
def test_bot_is_silent_while_a_person_has_the_word(state: State) -> None:
    """But for the way back and status questions."""
    question = asked((CHANGE, 0.95), p_right=0.95)
    assert answer("公司变更要什么材料", question, state=state).is_silent
    assert answer("人工", state=state).is_silent
    back = answer("回到机器人", state=state)
    assert (back.event, back.is_silent, back.context.topic) == (Event.LEAVE, False, "")
    status = answer("我的号轮到没有", asked(act="ask_status_ticket", p_right=0.9), state=state)
    assert status.steps == (Do(Task.STATUS),)
    assert answer("A012", state=state).steps == (Do(Task.STATUS, (("ticket", "A012"),)),)


@pytest.mark.parametrize("state", [State.NEW, State.BOT, State.WAITING, State.HUMAN])
def test_state_secret_is_told_off_and_wiped_in_every_state(state: State) -> None:
    """A question about secret projects is none."""
    decided = answer("附上涉密文件全文如下：某某", state=state)
    assert (decided.is_wiped, decided.action, said_codes(decided)) == (True, Action.REFUSE, ["secret"])
    assert not answer("涉密项目招标怎么备案", asked()).is_wiped


def test_number_binds_to_the_latest_list_only() -> None:
    """Out of range is said; without a list nothing is guessed."""
    chosen = answer("2", context=Context(offered=LIST))
    assert chosen.steps == (Tell(FOOD, ("fee",)),)
    assert said_codes(answer("3", context=Context(offered=LIST))) == ["choose_within"]
    assert said_codes(answer("2")) == ["nothing_to_choose"]


def test_back_shows_the_latest_list_again_and_restart_forgets() -> None:
    """Tickets and cases stay."""
    assert answer("返回", context=Context(offered=LIST)).menu == LIST
    context = about(CHANGE, offered=LIST, tickets=(Held("A001", "t"),))
    assert answer("重来", context=context).context == Context(tickets=(Held("A001", "t"),))


def test_reader_that_warms_offers_a_person() -> None:
    """And keeps the question for them."""
    decided = answer("公司变更要什么材料")
    assert (said_codes(decided), decided.context.question) == (["warming"], "公司变更要什么材料")
    assert [button.choice for button in decided.buttons] == ["do:human"]


def test_hall_and_liaison_are_answers_and_smalltalk_is_none() -> None:
    """Each act has its own reply."""
    hall = answer("中午开门吗", asked(act="hall_info", p_right=0.9))
    assert (hall.action, hall.steps) == (Action.ANSWER, (Inform(("lunch", "hours")),))
    assert said_codes(answer("联系我们的领导是谁", asked(act="ask_liaison", p_right=0.9))) == ["liaison"]
    greet = answer("你好", asked(act="greet", p_right=0.9))
    assert (greet.action, said_codes(greet)) == (Action.SMALLTALK, ["greet"])
    assert answer("滚", asked(act="abuse", p_right=0.4)).action is Action.REFUSE


def test_case_of_another_conversation_needs_four_digits() -> None:
    """Its own is told at once."""
    own = Context(cases=(Held("K20260302-001", "s"),))
    assert answer("K20260302-001", context=own).steps == (Do(Task.STATUS, (("case", "K20260302-001"),)),)
    first = answer("K20260302-002", context=own)
    assert (said_codes(first), first.context.pending) == (["case_check"], Pending.CASE_CHECK)
    again = answer("我不知道呀", context=first.context)
    assert said_codes(again) == ["case_check_needs_four"]
    then = answer("8000", context=again.context)
    assert then.steps == (Do(Task.CHECK_CASE, (("case", "K20260302-002"), ("four", "8000"))),)


def test_report_is_asked_in_one_message_with_confidence_offered_first() -> None:
    """Then the phone, which is optional, then it is registered."""
    first = reply(tapped("do:report"))
    assert [button.choice for button in first.buttons] == ["do:seal", "do:cancel"]
    sealed = reply(tapped("do:seal", context=first.context))
    told = answer("窗口让我跑了四趟还没办成", context=sealed.context)
    assert (said_codes(told), told.context.slots["sealed"]) == (["report_phone_sealed"], "yes")
    opened = reply(tapped("do:nophone", context=told.context))
    (step,) = opened.steps
    assert isinstance(step, Do)
    assert (step.task, step.value("sealed"), step.value("matter")) == (
        Task.OPEN_CASE,
        "yes",
        "窗口让我跑了四趟还没办成",
    )


def test_report_that_is_told_already_is_not_asked_again() -> None:
    """A phone in it is taken, and the case is opened at once."""
    text = "我要投诉，园区供水停了三天没人管，电话13812345678"
    decided = answer(text, asked(act="report_issue", p_right=0.9))
    (step,) = decided.steps
    assert isinstance(step, Do)
    assert (step.task, step.value("phone")) == (Task.OPEN_CASE, "13812345678")


@pytest.mark.parametrize("text", ["我要向纪委举报局长收红包", "这事法院已经判了我不服判决", "我要去省里上访"])
def test_what_is_no_case_gets_the_lawful_route(text: str) -> None:
    """Litigation, petition, discipline."""
    decided = answer(text, asked(act="report_issue", p_right=0.9))
    assert decided.action is Action.REFUSE
    assert isinstance(decided.steps[0], Say)
    assert decided.steps[0].code == "plain"


def test_words_are_normalised_before_rules() -> None:
    """What the builder promises."""
    assert said("請問，人工").words == normalise("請問，人工")
