"""Knowledge: guides and policies that may be said aloud. This is the room's only door."""

from pathlib import Path

from knowledge.checks import Fault, faults
from knowledge.eligibility import Condition, Fact, Matched, Scheme, Verdict, most_deciding
from knowledge.entry import (
    Answer,
    Basis,
    Binds,
    Confidence,
    Entry,
    Figure,
    Kind,
    Material,
    PolicyKind,
    Record,
    Unit,
    Verification,
)
from knowledge.files import Starter, read_starter
from knowledge.index import Index
from knowledge.library import Library
from knowledge.pinyin import code_of
from knowledge.rules import ACTION_NAMES, STANDING_NAMES, STATE_NAMES, Action, Standing, State, Validity, actions
from knowledge.scheme import scheme_of
from knowledge.settings import KnowledgeSettings
from knowledge.snapshot import Snapshot, stance
from knowledge.suggestions import Origin, Suggestion, SuggestionKind, Suggestions
from knowledge.trial import Shift, Trial
from knowledge.views import Due, EntryFilter, Hit, Loaded, Stance
from knowledge.webpage import FIELD_OF, Passage, answers_of, passages

STARTER_FOLDER = Path(__file__).parent / "data"

__all__ = [
    "ACTION_NAMES",
    "FIELD_OF",
    "STANDING_NAMES",
    "STARTER_FOLDER",
    "STATE_NAMES",
    "Action",
    "Answer",
    "Basis",
    "Binds",
    "Condition",
    "Confidence",
    "Due",
    "Entry",
    "EntryFilter",
    "Fact",
    "Fault",
    "Figure",
    "Hit",
    "Index",
    "Kind",
    "KnowledgeSettings",
    "Library",
    "Loaded",
    "Matched",
    "Material",
    "Origin",
    "Passage",
    "PolicyKind",
    "Record",
    "Scheme",
    "Shift",
    "Snapshot",
    "Stance",
    "Standing",
    "Starter",
    "State",
    "Suggestion",
    "SuggestionKind",
    "Suggestions",
    "Trial",
    "Unit",
    "Validity",
    "Verdict",
    "Verification",
    "actions",
    "answers_of",
    "code_of",
    "faults",
    "most_deciding",
    "passages",
    "read_starter",
    "scheme_of",
    "stance",
]
