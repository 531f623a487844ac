"""People and the conversation: claim, speak, give back, make a case of it; and what time alone does to a wait."""

from dataclasses import dataclass, replace
from datetime import timedelta

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, Forbidden, NotFound
from bot import posting, store
from bot.rules.context import Held
from bot.rules.reply import START
from bot.rules.session import STATE_NAMES, TAKES_THE_WORD, Event, State, after, events
from bot.rules.turn import Action, Button, Turn
from bot.settings import BotSettings
from bot.store import ENTERPRISE, Conversation, Message
from bot.wording import sentence
from bot.world import Matter as CaseMatter
from bot.world import Rooms, opening
from cases import CaseView, Packet

SYSTEM = "system"
LONGEST_SAYING = 2000
MOST_TICKETS = 5


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff: the journal's name (``staff:3``) and the one that the enterprise reads."""

    actor: str
    name: str


def claim(session: WriteSession, conversation: int, staff: Staff) -> Conversation:
    """Take the word. ``Conflict`` when somebody else has it."""
    now = store.load(session, conversation)
    if now.state is State.HUMAN and now.owner == staff.actor:
        return now
    changed = _move(session, now, Event.CLAIM, staff.actor, owner=staff.actor)
    _system(session, changed, sentence("claimed", staff.name))
    return changed


def say(session: WriteSession, conversation: int, staff: Staff, text: str, *, key: str) -> Message:
    """Say ``text`` to the enterprise in one's own words; only who has claimed the conversation may."""
    now = _owned(session, conversation, staff)
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_SAYING:
        raise BadInput(f"答复须为 1–{LONGEST_SAYING} 个字，收到 {len(text)} 个字。", field="text")
    known = store.by_key(session, conversation, key)
    if known is not None:
        return known
    turn = Turn(action=Action.ANSWER, paragraphs=(text,), sender=staff.actor, sender_name=staff.name, key=key)
    said = store.add(session, conversation, key, staff.actor, text=text, turn=turn)
    posting.post(session, now, said)
    _record(session, now, staff.actor, "say")
    return said


def give_back(session: WriteSession, conversation: int, staff: Staff) -> Conversation:
    """Give the word back to the bot; it begins with an empty topic, but keeps tickets and cases."""
    now = _owned(session, conversation, staff)
    changed = _move(session, now, Event.GIVE_BACK, staff.actor, context=now.context.cleared())
    _system(session, changed, sentence("given_back"), buttons=START)
    return changed


def to_case(session: WriteSession, conversation: int, actor: str, rooms: Rooms, *, text: str = "") -> CaseView:
    """Make a case of the conversation; its state stays. ``text`` empty: what the enterprise asked last."""
    now = store.load(session, conversation)
    matter = text.strip() or now.context.question or _last_words(session, conversation)
    packet = Packet(lines=(f"问题：{matter[:120]}",), why_stopped="人工转为工单", transcript=now.reply_to)
    form = opening(rooms.hall_id, now, CaseMatter(kind="consultation", text=matter, packet=packet))
    case = rooms.casebook.open(session, form)
    held = (*now.context.cases, Held(case.number, case.secret))[-10:]
    kept = store.change(session, now, context=replace(now.context, cases=held, question=""))
    link = (Button(f"看工单 {case.number}", href=f"/c/{case.secret}"),)
    _system(session, kept, sentence("opened", case.number, case.due_text or "按期"), buttons=link)
    _record(session, kept, actor, "to_case")
    return case


def case_told(session: WriteSession, reply_to: str, text: str, key: str, *buttons: Button) -> bool:
    """What is told in a conversation (a case, a number); False if there is none. The same key adds nothing."""
    kind, _, number = reply_to.partition(":")
    if kind != "chat" or not number.isdecimal():
        return False
    now = store.load(session, int(number))
    if store.by_key(session, now.id, key) is None:
        _system(session, now, text, key=key, buttons=buttons)
    return True


def bind(session: WriteSession, place: tuple[str, str], token: str, rooms: Rooms) -> str:
    """Bind the ticket behind ``token`` to the conversation at ``place`` (channel, address); the sentence to say."""
    now = store.at_address(session, *place) or store.begin(session, *place)
    try:
        ticket = rooms.hall.link(session, token, now.reply_to)
    except NotFound:
        return sentence("bind_failed")
    known = tuple(each for each in now.context.tickets if each.token != token)
    tickets = (*known, Held(ticket.number, token))[-MOST_TICKETS:]
    store.change(session, now, context=replace(now.context, tickets=tickets))
    _record(session, now, "visitor", "bind")
    return sentence("bound", ticket.number)


def tell(session: WriteSession, place: tuple[str, str], text: str, *, key: str) -> None:
    """Say one sentence at ``place`` (channel, address); a known key adds nothing."""
    now = store.at_address(session, *place) or store.begin(session, *place)
    if store.by_key(session, now.id, key) is None:
        _system(session, now, text, key=key)


def due(session: ReadSession, settings: BotSettings, *, is_open: bool) -> list[Conversation]:
    """The conversations whose wait for a person is over, or whose person has been silent for too long.

    At closing time that is every one whose last word is the enterprise's.
    """
    waited = session.now - (timedelta(minutes=settings.pool_minutes) if is_open else timedelta(0))
    unanswered = session.now - (timedelta(minutes=settings.human_minutes) if is_open else timedelta(0))
    found = []
    for each in store.with_people(session):
        if each.state is State.WAITING:
            is_due = each.waiting_since is not None and each.waiting_since <= waited
        else:
            is_due = each.heard_at <= unanswered and _is_unanswered(session, each)
        if is_due:
            found.append(each)
    return found


def tend(
    session: WriteSession, conversation: int, rooms: Rooms, settings: BotSettings, *, is_open: bool
) -> Event | None:
    """What time does: a wait becomes a case and goes back to the bot; a silent person's goes back to the pool.

    At closing time what a person left unanswered becomes a case at once.
    """
    now = store.load(session, conversation)
    if now.id not in {each.id for each in due(session, settings, is_open=is_open)}:
        return None
    if now.state is State.HUMAN and is_open:
        _move(session, now, Event.RETURN, SYSTEM, waiting_since=session.now)
        return Event.RETURN
    case = to_case(session, conversation, SYSTEM, rooms)
    fresh = store.load(session, conversation)
    changed = _move(session, fresh, Event.GIVE_UP, SYSTEM, context=fresh.context.settled())
    _system(
        session,
        changed,
        sentence("pool_to_case" if is_open else "closed_to_case", case.number, case.due_text or "按期"),
        buttons=START,
    )
    return Event.GIVE_UP


def end(session: WriteSession, conversation: int, settings: BotSettings) -> bool:
    """End a conversation that has been silent for two days; whether it was."""
    now = store.load(session, conversation)
    if now.state is State.ENDED or now.heard_at > session.now - timedelta(hours=settings.end_hours):
        return False
    _move(session, now, Event.EXPIRE, SYSTEM, context=now.context.cleared())
    return True


def _move(session: WriteSession, now: Conversation, event: Event, actor: str, **values: object) -> Conversation:
    if event is Event.CLAIM and now.state is State.HUMAN:
        allowed = events(now.state)
        raise Conflict(f"这段会话已由别的同事接待（{STATE_NAMES[now.state]}），请接下一个。", allowed=allowed)
    state = after(now.state, event)
    kept: dict[str, object] = {"state": state, "tenure": now.tenure + (event in TAKES_THE_WORD)}
    if state is not State.HUMAN:
        kept["owner"] = None
    if state not in (State.WAITING, State.HUMAN):
        kept["waiting_since"] = None
    changed = store.change(session, now, **{**kept, **values})
    _record(session, changed, actor, event.value)
    return changed


def _owned(session: ReadSession, conversation: int, staff: Staff) -> Conversation:
    now = store.load(session, conversation)
    if now.state is not State.HUMAN:
        raise Conflict(f"这段会话现在是“{STATE_NAMES[now.state]}”，请先接待再答复。", allowed=events(now.state))
    if now.owner != staff.actor:
        raise Forbidden("这段会话由别的同事接待，您不能代为答复。")
    return now


def _system(
    session: WriteSession, now: Conversation, text: str, *, key: str = "", buttons: tuple[Button, ...] = ()
) -> None:
    turn = Turn(action=Action.TASK, paragraphs=(text,), buttons=buttons, sender=SYSTEM, key=key)
    said = store.add(
        session, now.id, key or f"system:{now.version}:{now.seq}:{text[:20]}", SYSTEM, text=text, turn=turn
    )
    posting.post(session, now, said)
    session.hint([now.reply_to])


def _record(session: WriteSession, now: Conversation, actor: str, action: str) -> None:
    journal.record(session, actor, f"chat_{action}", now.reply_to, [now.reply_to, "desk"])


def _last_words(session: ReadSession, conversation: int) -> str:
    said = [each for each in store.after(session, conversation, 0, 10_000) if each.sender == ENTERPRISE and each.text]
    return said[-1].text if said else "企业请求人工服务（没有留下文字）"


def _is_unanswered(session: ReadSession, now: Conversation) -> bool:
    last = store.after(session, now.id, max(0, now.seq - 1))
    return bool(last) and last[-1].sender == ENTERPRISE
