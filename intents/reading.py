"""What one sentence was read as: act, facets, topics, entities, and how far that may be trusted."""

from dataclasses import dataclass
from enum import StrEnum

from intents.entities import Entity

Hit = tuple[str, float]
"""An entry's id and the score that search gave it."""


class Act(StrEnum):
    """What the speaker does by saying it."""

    ASK_FACET = "ask_facet"
    ASK_POLICY_MATCH = "ask_policy_match"
    ASK_LIAISON = "ask_liaison"
    HALL_INFO = "hall_info"
    ASK_STATUS_TICKET = "ask_status_ticket"
    ASK_STATUS_CASE = "ask_status_case"
    TAKE_TICKET = "take_ticket"
    BOOK = "book"
    CHECK_IN = "check_in"
    REPORT_ISSUE = "report_issue"
    CHOOSE = "choose"
    AFFIRM = "affirm"
    DENY = "deny"
    CORRECT = "correct"
    SUPPLY_SLOT = "supply_slot"
    REQUEST_HUMAN = "request_human"
    CANCEL = "cancel"
    BACK = "back"
    RESTART = "restart"
    FEEDBACK_POSITIVE = "feedback_positive"
    FEEDBACK_NEGATIVE = "feedback_negative"
    GREET = "greet"
    THANKS = "thanks"
    BYE = "bye"
    ABUSE = "abuse"
    EMERGENCY = "emergency"
    MEDIA = "media"
    OUT_OF_SCOPE = "out_of_scope"


class Facet(StrEnum):
    """What of a topic is asked; a sentence may ask several. ``OVERVIEW``: none in particular."""

    CONDITIONS = "conditions"
    MATERIALS = "materials"
    STEPS = "steps"
    TIME_LIMIT = "time_limit"
    FEE = "fee"
    PLACE = "place"
    ONLINE = "online"
    BASIS = "basis"
    VALIDITY = "validity"
    AMOUNT = "amount"
    RESULT = "result"
    PHONE = "phone"
    PITFALLS = "pitfalls"
    OVERVIEW = "overview"
    OTHER = "other"


class Expecting(StrEnum):
    """What the last turn asked for; the next message is read in its light."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    SLOT = "slot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a sentence was read. Probabilities are calibrated; tuples are sorted, the surest first.

    ``plain`` is the sentence as it was read (simplified, pinyin turned to characters): search with this form.
    ``facets`` is never empty. ``topics`` holds at most ten ids that may be proposed; their probabilities and that
    of “none of the library’s” add up to at most 1. ``p_right``: that the act is right and, where a question was
    read, its first topic. ``out_of_scope``: that it is nothing of the hall's. ``coverage``: the share of its
    content that the library's words cover; ``is_known`` is false if nothing in it is known (the only veto).
    ``is_elliptic``: without facet words, pronouns and filler nothing remains, so it speaks of the topic at hand.
    """

    text: str
    plain: str
    act: Act
    act_p: float
    acts: tuple[tuple[Act, float], ...]
    facets: tuple[tuple[Facet, float], ...]
    topics: tuple[tuple[str, float], ...]
    entities: tuple[Entity, ...]
    p_right: float
    out_of_scope: float
    coverage: float
    is_known: bool
    is_elliptic: bool
    is_emergency: bool

    @property
    def facet(self) -> Facet:
        """The facet that is asked most surely."""
        return self.facets[0][0]

    @property
    def topic(self) -> str | None:
        """The first topic, if there is any."""
        return self.topics[0][0] if self.topics else None

    @property
    def is_question(self) -> bool:
        """Whether it asks about a guide or policy."""
        return self.act is Act.ASK_FACET
