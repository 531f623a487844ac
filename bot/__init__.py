"""The upper floor: one conversation, whatever the channel."""

from bot.asking import Asker, answer_once, answer_text
from bot.editing import Told, preview, questions_since, told_from
from bot.enquiry import Enquiry, enquiry
from bot.handover import Staff
from bot.mind import Reads
from bot.missed import FAULT_NAMES, Fault, Miss, misses
from bot.plain import as_answer, as_turn, plain
from bot.posting import is_wanted
from bot.receptionist import Exchange, Inbound, Receptionist
from bot.reminding import Reminders
from bot.rules.session import STATE_NAMES, State
from bot.rules.situation import Bands
from bot.rules.turn import Action, Button, Card, Turn
from bot.settings import BotSettings, TelegramSettings
from bot.store import Conversation, Message
from bot.teller import CaseTeller
from bot.world import Rooms

__all__ = [
    "FAULT_NAMES",
    "STATE_NAMES",
    "Action",
    "Asker",
    "Bands",
    "BotSettings",
    "Button",
    "Card",
    "CaseTeller",
    "Conversation",
    "Enquiry",
    "Exchange",
    "Fault",
    "Inbound",
    "Message",
    "Miss",
    "Reads",
    "Receptionist",
    "Reminders",
    "Rooms",
    "Staff",
    "State",
    "TelegramSettings",
    "Told",
    "Turn",
    "answer_once",
    "answer_text",
    "as_answer",
    "as_turn",
    "enquiry",
    "is_wanted",
    "misses",
    "plain",
    "preview",
    "questions_since",
    "told_from",
]
