"""Cases: what a person must settle. This is the room's only door."""

from cases.casebook import CaseBook, Tell
from cases.rules.case import ACTION_NAMES, FINAL, OPEN_STATES, STATE_NAMES, Action, State
from cases.rules.duty import NEEDS
from cases.rules.record import (
    KIND_NAMES,
    LIGHT_NAMES,
    PENDING_NAMES,
    RATING_NAMES,
    SYSTEM,
    VISITOR,
    Actor,
    Kind,
    Light,
    Pending,
    Rating,
    Role,
)
from cases.settings import CaseSettings
from cases.views import (
    CaseFilter,
    CaseOrder,
    CasePage,
    CaseView,
    Contact,
    EventView,
    Opening,
    Packet,
    PublicCase,
    PublicStep,
    Tally,
)

__all__ = [
    "ACTION_NAMES",
    "FINAL",
    "KIND_NAMES",
    "LIGHT_NAMES",
    "NEEDS",
    "OPEN_STATES",
    "PENDING_NAMES",
    "RATING_NAMES",
    "STATE_NAMES",
    "SYSTEM",
    "VISITOR",
    "Action",
    "Actor",
    "CaseBook",
    "CaseFilter",
    "CaseOrder",
    "CasePage",
    "CaseSettings",
    "CaseView",
    "Contact",
    "EventView",
    "Kind",
    "Light",
    "Opening",
    "Packet",
    "Pending",
    "PublicCase",
    "PublicStep",
    "Rating",
    "Role",
    "State",
    "Tally",
    "Tell",
]
