"""The enterprise's own numbers in the chat: what may be done with them, and what is said when it is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot import informing
from bot.rules.tickets import SURE
from bot.rules.turn import Button
from bot.wording import sentence
from hallqueue import State, TicketView

NEAR = 3
NAMES = {
    "coming": "我马上到",
    "restore": "我回来了",
    "defer": "晚点到，往后放",
    "cancel": "取消这张号",
}
KEEP = Button("不取消", "do:status")
Change = Callable[[str, str], TicketView]


@dataclass(slots=True)
class Said:
    """What the turn says and offers."""

    lines: list[str] = field(default_factory=list)
    menu: list[Button] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)


def buttons(ticket: TicketView) -> list[Button]:
    """What may be done with ``ticket`` now, and its page."""
    is_near = ticket.state is State.CALLED or ticket.ahead <= NEAR
    allowed = [verb for verb in NAMES if verb in ticket.actions and (verb != "coming" or is_near)]
    acts = [Button(NAMES[verb], f"tk:{verb}:{ticket.token}") for verb in allowed]
    return [*acts, Button(f"看 {ticket.number}", href=f"/t/{ticket.token}")]


def act(verb: str, tickets: Sequence[TicketView], change: Change, zone: ZoneInfo) -> Said:
    """Do ``verb`` to the one ticket that allows it; several: which one; giving up is asked first."""
    action = "cancel" if verb == SURE else verb
    fitting = [each for each in tickets if action in each.actions]
    if not fitting:
        return Said([informing.ticket_line(each) for each in tickets] or [sentence("no_ticket")])
    if len(fitting) > 1:
        menu = [Button(f"{each.number}（{each.service_name}）", f"tk:{verb}:{each.token}") for each in fitting]
        return Said([sentence("which_ticket")], menu)
    ticket = fitting[0]
    if verb == "cancel":
        sure = Button(f"取消 {ticket.number}", f"tk:{SURE}:{ticket.token}")
        return Said([sentence("give_up_sure", ticket.number, ticket.service_name)], buttons=[sure, KEEP])
    done = change(action, ticket.token)
    return Said([_done(action, done, zone)], buttons=buttons(done) if action != "cancel" else [])


def _done(action: str, ticket: TicketView, zone: ZoneInfo) -> str:
    match action:
        case "defer" if ticket.return_until is not None:
            return sentence("deferred", ticket.number, f"{ticket.return_until.astimezone(zone):%H:%M}")
        case "restore":
            return sentence("restored", ticket.number, informing.ahead(ticket))
        case "coming" if ticket.counter is not None:
            return sentence("coming_called", str(ticket.counter))
        case "coming":
            return sentence("coming", ticket.number)
        case _:
            return sentence("given_up", ticket.number)
