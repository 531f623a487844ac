"""What is said while a booking is made, looked up or cancelled; the tasks are carried out on the way."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from base.errors import BadInput, Conflict
from bot.rules.booking import BOOK, asking_four
from bot.rules.reporting import CANCEL
from bot.rules.situation import Do
from bot.rules.turn import Button
from bot.wording import sentence
from hallqueue import AppointmentState, AppointmentView, SlotView, spoken_code, spoken_moment

if TYPE_CHECKING:
    from bot.compose import Draft, Scene
    from bot.world import World

MOST_OPTIONS = 12
NOON = 12
HALVES = {"am": "上午", "pm": "下午"}
OPEN = (AppointmentState.UNCONFIRMED, AppointmentState.CONFIRMED)


def services(_step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """Which service."""
    free = [one for one in world.bookings().offers() if one.next_at]
    if not free:
        draft.paragraphs.append(sentence("nothing_to_book"))
        draft.buttons.append(Button("取号", "do:ticket"))
        return
    draft.paragraphs.append(sentence("book_which_service"))
    draft.menu += [Button(one.name, f"bk:{one.service}") for one in free]


def days(step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """Which day."""
    service = step.value("service")
    found = [one for one in world.bookings().days(service) if one.free]
    if not found:
        draft.paragraphs.append(sentence("book_full", _name(world, service)))
        draft.buttons += [Button("取号", f"svc:{service}"), BOOK]
        return
    draft.paragraphs.append(sentence("book_which_day", _name(world, service)))
    draft.menu += [Button(f"{one.text} 余 {one.free}", f"bk:{service}:{one.day}") for one in found[:MOST_OPTIONS]]


def times(step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """Which time; a day with many is halved first."""
    service, (day, _, half) = step.value("service"), step.value("day").partition("/")
    free = [one for one in world.bookings().slots(service, date.fromisoformat(day)) if one.free]
    parts = {code: [one for one in free if (one.at.hour >= NOON) == (code == "pm")] for code in HALVES}
    shown = parts[half] if half else free
    draft.buttons.append(Button("换一天", f"bk:{service}"))
    if not shown:
        draft.paragraphs.append(sentence("book_day_full"))
        return
    draft.paragraphs.append(sentence("book_which_time"))
    if len(shown) > MOST_OPTIONS and all(parts.values()):
        draft.menu += [
            Button(f"{HALVES[code]}（{_span(found)}）", f"bk:{service}:{day}/{code}") for code, found in parts.items()
        ]
        return
    draft.menu += [Button(f"{one.at:%H:%M}（余 {one.free}）", f"bk:{service}:{one.at:%Y-%m-%dT%H:%M}") for one in shown]


def _span(slots: list[SlotView]) -> str:
    return f"{slots[0].at:%H:%M}–{slots[-1].ends_at:%H:%M}"


def confirm(step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """Say it all once more before the seat is taken."""
    service, at = step.value("service"), step.value("at")
    moment = datetime.fromisoformat(at)
    draft.paragraphs.append(sentence("book_sure", spoken_moment(moment), _name(world, service)))
    draft.menu += [
        Button("确认预约", f"bk!:{service}:{at}"),
        Button("换个时间", f"bk:{service}:{moment.date()}"),
        Button("不约了", "do:keep"),
    ]


def book(step: Do, draft: "Draft", scene: "Scene", world: "World") -> None:
    """Take the seat; when it has just gone, the times that are left."""
    service, at = step.value("service"), datetime.fromisoformat(step.value("at"))
    try:
        made = world.bookings().book(service, at)
    except (BadInput, Conflict) as refusal:
        if refusal.field != "slot_at":
            raise
        draft.paragraphs.append(refusal.message)
        again = (("service", service), ("day", at.date().isoformat()))
        times(Do(step.task, again), draft, scene, world)
        return
    verb = "已为您预约" if made.is_new else "您已预约"
    draft.paragraphs.append(f"{verb} {made.when}，{made.service_name}。预约码 {spoken_code(made.code)}。")
    draft.paragraphs += [text for text in (made.text, made.warning) if text]
    topic = scene.topics.get(step.value("topic"))
    if topic is not None and topic.service == service:
        draft.buttons.append(Button("材料清单", f"t:{topic.id}:materials"))
    draft.buttons += acts(made)


def shown(step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """How a booking stands; one of another conversation needs four digits of its phone."""
    code, four = step.value("code"), step.value("four")
    found = world.bookings().find(code, four)
    if found is None:
        draft.paragraphs.append(sentence("booking_check", spoken_code(code)))
        draft.context = asking_four(draft.context, code)
        draft.buttons.append(CANCEL)
        draft.is_complete = False
        return
    draft.paragraphs.append(line(found))
    draft.buttons += acts(found, four)


def cancel(step: Do, draft: "Draft", _scene: "Scene", world: "World") -> None:
    """Give it up."""
    made = world.bookings().cancel(step.value("code"), step.value("four"))
    draft.paragraphs.append(f"{made.when} 的预约（{made.service_name}）{made.text}")
    draft.buttons.append(BOOK)


def own(draft: "Draft", world: "World") -> bool:
    """This conversation's bookings that are still to come, a line each; whether there are any."""
    found = [one for one in world.bookings().own() if one.state in OPEN]
    draft.paragraphs += [line(one) for one in found]
    for one in found:
        draft.buttons += acts(one)
    return bool(found)


def line(made: AppointmentView) -> str:
    """How a booking stands, in one line."""
    return f"预约 {spoken_code(made.code)}：{made.when}，{made.service_name}，{made.state_name}。{made.text}"


def acts(made: AppointmentView, four: str = "") -> list[Button]:
    """Its page with the QR, for whoever made it here; cancelling while it may be."""
    buttons = [] if four else [Button("看预约码和二维码", href=f"/a/{made.token}")]
    if made.state in OPEN:
        rest = f"{made.code}:{four}" if four else made.code
        buttons.append(Button("取消预约", f"bkx:{rest}"))
    return buttons


def _name(world: "World", service: str) -> str:
    return next((one.name for one in world.bookings().offers() if one.service == service), f"业务 {service}")
