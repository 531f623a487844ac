"""The queue: services, tickets, counters, calls. This is the room's only door."""

from hallqueue.day_figures import HallDay, ServiceDay, hall_day
from hallqueue.desk import Desk
from hallqueue.diary import Diary
from hallqueue.diary_views import AppointmentView, Booking, DayView, OfferView, SlotView
from hallqueue.finding import find_token
from hallqueue.hall import Hall
from hallqueue.hallfile import HALL_FILE, HallFile, load_hall_file
from hallqueue.leaflet import Leaflet, spoken_code
from hallqueue.managing import ServiceChange
from hallqueue.messages import HallMessage, Told
from hallqueue.overview import Overview, Post, ServiceLine
from hallqueue.ratings import STARS, Invitation, RatingFilter, RatingView, TellOfBadRating, Verdict
from hallqueue.report_columns import Column
from hallqueue.report_facts import Days
from hallqueue.reports import REPORTS, Report, Wanted, report
from hallqueue.rules.appointment import APPOINTMENT_STATE_NAMES, AppointmentState, spoken_date, spoken_moment
from hallqueue.rules.line import STANDING_NAMES, Standing, Why
from hallqueue.rules.numbering import spoken
from hallqueue.rules.session import PAUSE_REASONS, CounterAction, CounterState
from hallqueue.rules.ticket import ACTION_NAMES, LIVE, STATE_NAMES, Action, State
from hallqueue.scores import EstimateScore, EstimateScores
from hallqueue.settings import QueueSettings
from hallqueue.simulation import Script, Shift, Turn, Visit, open_day, plan_of, script_of, simulate
from hallqueue.views import (
    Block,
    Board,
    CallView,
    ClosingList,
    Console,
    CounterView,
    HallCode,
    HallView,
    HitRate,
    LegFacts,
    LegView,
    LinkedTicket,
    Offline,
    Order,
    Panel,
    Passed,
    PriorityGroup,
    RemoteView,
    Rescue,
    ServiceScope,
    ServiceView,
    SessionView,
    Taking,
    TicketView,
    Today,
    WaitingView,
    WaitRange,
)
from hallqueue.what_if import WhatIf

__all__ = [
    "ACTION_NAMES",
    "APPOINTMENT_STATE_NAMES",
    "HALL_FILE",
    "LIVE",
    "PAUSE_REASONS",
    "REPORTS",
    "STANDING_NAMES",
    "STARS",
    "STATE_NAMES",
    "Action",
    "AppointmentState",
    "AppointmentView",
    "Block",
    "Board",
    "Booking",
    "CallView",
    "ClosingList",
    "Column",
    "Console",
    "CounterAction",
    "CounterState",
    "CounterView",
    "DayView",
    "Days",
    "Desk",
    "Diary",
    "EstimateScore",
    "EstimateScores",
    "Hall",
    "HallCode",
    "HallDay",
    "HallFile",
    "HallMessage",
    "HallView",
    "HitRate",
    "Invitation",
    "Leaflet",
    "LegFacts",
    "LegView",
    "LinkedTicket",
    "OfferView",
    "Offline",
    "Order",
    "Overview",
    "Panel",
    "Passed",
    "Post",
    "PriorityGroup",
    "QueueSettings",
    "RatingFilter",
    "RatingView",
    "RemoteView",
    "Report",
    "Rescue",
    "Script",
    "ServiceChange",
    "ServiceDay",
    "ServiceLine",
    "ServiceScope",
    "ServiceView",
    "SessionView",
    "Shift",
    "SlotView",
    "Standing",
    "State",
    "Taking",
    "TellOfBadRating",
    "TicketView",
    "Today",
    "Told",
    "Turn",
    "Verdict",
    "Visit",
    "WaitRange",
    "WaitingView",
    "Wanted",
    "WhatIf",
    "Why",
    "find_token",
    "hall_day",
    "load_hall_file",
    "open_day",
    "plan_of",
    "report",
    "script_of",
    "simulate",
    "spoken",
    "spoken_code",
    "spoken_date",
    "spoken_moment",
]
