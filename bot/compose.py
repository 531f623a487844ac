"""From what was decided to what is said: sentences, cards, lists, buttons; tasks are carried out on the way."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from base.errors import BadInput, HallError
from bot import booking, cards, holding, informing, matching
from bot.facets import Asking
from bot.rules.booking import BOOK
from bot.rules.context import Context, Held, Pending
from bot.rules.reply import TO_BOT
from bot.rules.reporting import ASK_PERSON, CANCEL, REPORT
from bot.rules.situation import Do, Inform, Reply, Say, Step, Task, Tell, Topic
from bot.rules.subjects import speaks_of_export
from bot.rules.turn import Action, Button, Card, Turn
from bot.wording import sentence
from bot.world import CHINA, Matter, World, hall_phone
from cases import Packet
from hallqueue import LIVE, ServiceView, TicketView
from knowledge import Snapshot

LIKED = Button("👍 有帮助", "fb:up")
DISLIKED = Button("👎 没帮上", "fb:down")
NOT_THIS = Button("问的不是这个", "do:fix")
NEXT_FACETS = (("materials", "材料清单"), ("steps", "怎么办"), ("time_limit", "要几天"), ("fee", "费用"))
NEXT_OF_POLICY = (("conditions", "条件"), ("amount", "金额标准"), ("steps", "怎么申领"), ("validity", "有效期"))
MOST_NEXT = 3
ANSWERED_IN_CHAT = 5


@dataclass(frozen=True, slots=True)
class Scene:
    """What a turn is composed in: the library's snapshot, the topics, the words asked, the day, where pages are."""

    library: Snapshot
    topics: dict[str, Topic]
    words: str = ""
    on: date = date.min
    zone: ZoneInfo = CHINA
    pool_minutes: int = 5
    reply_to: str = ""
    is_urgent: bool = False


@dataclass(slots=True)
class Draft:
    """A turn in the making."""

    context: Context
    action: Action
    paragraphs: list[str] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)
    menu: list[Button] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    is_complete: bool = True
    is_failed: bool = False


def compose(reply: Reply, scene: Scene, world: World) -> tuple[Turn, Context]:
    """The turn that ``reply`` decided on, and the context it leaves."""
    draft = Draft(reply.context, reply.action, menu=list(reply.menu), buttons=list(reply.buttons))
    for step in reply.steps:
        _carry_out(step, draft, scene, world)
    _warn(reply, draft, scene)
    _offer_more(reply, draft, scene)
    context = replace(draft.context, offered=tuple(draft.menu) or draft.context.offered)
    return _turn(reply, draft), context


def _turn(reply: Reply, draft: Draft) -> Turn:
    is_all_local = bool(draft.cards) and all(card.is_local for card in draft.cards)
    return Turn(
        action=Action.HANDOFF if is_all_local and reply.action is Action.ANSWER else draft.action,
        act=reply.act,
        facets=reply.facets,
        topics=reply.topics,
        candidates=reply.candidates,
        confidence=reply.confidence,
        is_complete=_is_complete(draft),
        paragraphs=tuple(draft.paragraphs),
        cards=tuple(draft.cards),
        closing=tuple(draft.closing),
        menu=tuple(draft.menu),
        buttons=_without_doubles(draft.buttons),
    )


def _is_complete(draft: Draft) -> bool:
    """Whether what was asked has been answered: never when it was asked back, refused or handed on."""
    is_answer = draft.action in (Action.ANSWER, Action.TASK, Action.SMALLTALK)
    return is_answer and draft.is_complete and all(card.is_complete for card in draft.cards)


def _without_doubles(buttons: Iterable[Button]) -> tuple[Button, ...]:
    return tuple({button.choice or button.href: button for button in buttons}.values())


def _carry_out(step: Step, draft: Draft, scene: Scene, world: World) -> None:
    match step:
        case Say():
            draft.paragraphs.append(sentence(step.code, *step.values))
        case Tell():
            _tell(step, draft, scene, world)
        case Inform():
            lines, is_held = informing.about(world.about(), step.aspects)
            draft.paragraphs += lines
            draft.is_complete = draft.is_complete and is_held
        case Do():
            _do(step, draft, scene, world)


def _tell(step: Tell, draft: Draft, scene: Scene, world: World) -> None:
    entry = scene.library.entries[step.topic]
    if step.is_inherited:
        draft.paragraphs.append(f"关于「{entry.title}」：")
        draft.buttons.append(NOT_THIS)
    phone = hall_phone(world.about()) if "phone" in step.facets else ""
    asking = Asking(scene.words, scene.on, phone)
    made = cards.card(scene.library, entry, step.facets, asking)
    draft.cards.append(made)
    if made.needs_person:
        draft.buttons += [ASK_PERSON]


def _warn(reply: Reply, draft: Draft, scene: Scene) -> None:
    """Volunteer what an exporter must know: some rebates are gone."""
    told = {source.id for card in draft.cards for source in card.sources}
    titles = "".join(card.title for card in draft.cards)
    if reply.action is not Action.ANSWER or not draft.cards or not speaks_of_export(scene.words + titles):
        return
    fresh = [each for each in cards.warnings(scene.library, scene.words, scene.on) if each.id not in told]
    draft.paragraphs += [cards.warning_line(each) for each in fresh]


def _offer_more(reply: Reply, draft: Draft, scene: Scene) -> None:
    """Next steps as buttons below an answer."""
    if not draft.cards:
        return
    card = draft.cards[-1]
    topic = scene.topics[card.topic]
    wanted = NEXT_FACETS if topic.is_guide else NEXT_OF_POLICY
    if not card.is_local:
        more = [Button(name, f"t:{topic.id}:{facet}") for facet, name in wanted if facet not in reply.facets]
        draft.buttons += more[:MOST_NEXT]
    if topic.service:
        draft.buttons += [Button("取号", f"svc:{topic.service}"), Button("预约", f"bk:{topic.service}")]
    draft.buttons += [ASK_PERSON, LIKED, DISLIKED]


def _do(step: Do, draft: Draft, scene: Scene, world: World) -> None:
    """Carry a task out; a refusal of the house is said in its own words, and nothing is done."""
    try:
        _TASKS[step.task](step, draft, scene, world)
    except HallError as refusal:
        draft.paragraphs.append(sentence("busy", refusal.message))
        if "book" in (refusal.allowed or ()):
            draft.buttons.append(Button("预约", f"bk:{step.value('service')}"))
        draft.buttons.append(ASK_PERSON)
        draft.is_complete = False
        draft.is_failed = True


def _services(_step: Do, draft: Draft, _scene: Scene, world: World) -> None:
    services = world.services()
    free = [each for each in services if each.closed_reason is None]
    if not free:
        reason = next((each.closed_reason for each in services if each.closed_reason), "请到取号机或导办台取号。")
        draft.paragraphs.append(sentence("no_service", reason))
        draft.buttons.append(BOOK)
        return
    draft.paragraphs.append(sentence("which_service"))
    draft.menu += [Button(_service_label(each), f"svc:{each.code}") for each in free]


def _service_label(service: ServiceView) -> str:
    return f"{service.name}（等候 {service.waiting} 人）" if service.waiting else service.name


def _take(step: Do, draft: Draft, _scene: Scene, world: World) -> None:
    service = step.value("service")
    try:
        ticket = world.take(service, step.value("code"))
    except BadInput as refusal:
        if refusal.field != "code":
            raise
        draft.paragraphs.append(refusal.message)
        draft.context = draft.context.asking(Pending.HALL_CODE, service=service)
        draft.buttons.append(CANCEL)
        draft.is_complete = False
        return
    _hold(draft, ticket)
    verb = "已为您取号" if ticket.is_new else "您已有号"
    draft.paragraphs.append(f"{verb} {ticket.number}（{ticket.service_name}），{informing.ahead(ticket)}。")
    draft.paragraphs.append(sentence("will_remind"))
    draft.buttons += [*holding.buttons(ticket), Button("查进度", "do:status")]


def _hold(draft: Draft, ticket: TicketView) -> None:
    held = Held(ticket.number, ticket.token)
    known = tuple(each for each in draft.context.tickets if each.token != held.token)
    draft.context = replace(draft.context, tickets=(*known, held)[-ANSWERED_IN_CHAT:])


def _own_ticket(step: Do, draft: Draft, scene: Scene, world: World) -> None:
    token = step.value("token")
    held = [each for each in draft.context.tickets if token in ("", each.token)]
    tickets = [found for each in held if (found := world.ticket(each)) is not None]
    verb, otherwise = step.value("verb"), step.value("otherwise")
    if otherwise and not any(verb in each.actions for each in tickets):
        draft.paragraphs.append(sentence(otherwise))
        return
    said = holding.act(verb, tickets, world.change_ticket, scene.zone)
    draft.paragraphs += said.lines
    draft.menu += said.menu
    draft.buttons += said.buttons


def _link(step: Do, draft: Draft, _scene: Scene, world: World) -> None:
    ticket = world.link(step.value("token"))
    _hold(draft, ticket)
    draft.paragraphs += [sentence("bound", ticket.number), informing.ticket_line(ticket)]
    draft.buttons += [*holding.buttons(ticket), Button("查进度", "do:status")]


def _status(step: Do, draft: Draft, scene: Scene, world: World) -> None:
    number = step.value("ticket")
    tickets = [each for held in draft.context.tickets if (each := world.ticket(held)) is not None]
    mine: list[TicketView] = [each for each in tickets if not number or each.number == number]
    cases = [] if number else [each for each in world.cases() if step.value("case") in ("", each.number)]
    draft.paragraphs += [informing.ticket_line(each) for each in mine]
    draft.paragraphs += [informing.case_line(each) for each in cases]
    live = [each for each in mine if each.state in LIVE]
    draft.buttons += holding.buttons(live[0]) if len(live) == 1 else []
    draft.buttons += [Button(f"看 {each.number}", href=f"/t/{each.token}") for each in mine]
    draft.buttons += [Button(f"看 {each.number}", href=f"/c/{each.secret}") for each in cases]
    has_booked = not number and not step.value("case") and booking.own(draft, world)
    if not mine and not cases and not has_booked:
        draft.paragraphs.append(sentence("other_ticket", number) if number else sentence("no_status"))
        draft.is_complete = False
    del scene


def _check_case(step: Do, draft: Draft, _scene: Scene, world: World) -> None:
    case = world.case(step.value("case"), step.value("four"))
    draft.paragraphs.append(informing.case_line(case))


def _open_case(step: Do, draft: Draft, scene: Scene, world: World) -> None:
    is_sealed = bool(step.value("sealed"))
    topic = draft.context.topic
    entry = scene.library.entries.get(topic)
    matter = Matter(
        kind=step.value("kind"),
        text=step.value("matter"),
        phone=step.value("phone"),
        is_sealed=is_sealed,
        is_urgent=scene.is_urgent,
        topic=topic if entry else "",
        office=entry.office if entry else "",
        packet=_packet(step, draft.context, scene),
    )
    opened = world.open_case(matter)
    due = f"{opened.due}" if opened.due else "按期"
    draft.context = replace(draft.context, cases=(*draft.context.cases, Held(opened.number, opened.token))[-10:])
    draft.paragraphs.append(sentence("opened_sealed" if is_sealed else "opened", opened.number, due))
    draft.buttons += [Button(f"看工单 {opened.number}", href=f"/c/{opened.token}"), Button("查进度", "do:status")]


def _packet(step: Do, context: Context, scene: Scene) -> Packet:
    """What the person who takes it up must know: the question, what was told, why the bot stopped."""
    titles = [scene.topics[topic].title for topic in context.told if topic in scene.topics]
    why = "企业要求转人工" if step.value("kind") == "consultation" else "企业反映问题"
    lines = (
        f"问题：{step.value('matter')[:120]}",
        f"机器人已答：{'、'.join(titles) or '无'}",
        f"停下原因：{why}",
    )
    return Packet(lines=lines, why_stopped=why, told=tuple(titles), transcript=scene.reply_to or None)


def _pool(_step: Do, draft: Draft, scene: Scene, world: World) -> None:
    before = world.ahead()
    place = f"前面还有 {before} 位" if before else "前面没有人了"
    draft.paragraphs.append(sentence("pooled", place, str(scene.pool_minutes)))
    draft.buttons += [TO_BOT, REPORT]


_TASKS = {
    Task.SERVICES: _services,
    Task.TAKE: _take,
    Task.STATUS: _status,
    Task.FIND_CASE: _status,
    Task.CHECK_CASE: _check_case,
    Task.OPEN_CASE: _open_case,
    Task.POOL: _pool,
    Task.OWN_TICKET: _own_ticket,
    Task.LINK: _link,
    Task.BOOK_SERVICES: booking.services,
    Task.BOOK_DAYS: booking.days,
    Task.BOOK_TIMES: booking.times,
    Task.BOOK_CONFIRM: booking.confirm,
    Task.BOOK: booking.book,
    Task.BOOKING: booking.shown,
    Task.CANCEL_BOOKING: booking.cancel,
    Task.MATCHED: matching.matched,
}
