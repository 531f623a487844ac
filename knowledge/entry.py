"""What the library holds: guides, policies, bundles, notices and questions, as frozen dataclasses.

The same fields stand in the YAML files, in the database's JSON and here; ``record`` alone is kept beside the text.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.rules import State, Term, Validity


class Kind(StrEnum):
    """What sort of entry it is."""

    GUIDE = "guide"
    POLICY = "policy"
    BUNDLE = "bundle"
    NOTICE = "notice"
    FAQ = "faq"


class PolicyKind(StrEnum):
    """What a policy does; only benefits are ever matched to an enterprise."""

    BENEFIT = "benefit"
    RULE = "rule"
    WARNING = "warning"
    PROGRAMME = "programme"


class Confidence(StrEnum):
    """How surely an entry may be answered from."""

    SURE = "sure"
    LIKELY = "likely"
    LOCAL_CHECK = "local-check"


class Verification(StrEnum):
    """How far the text was held against its source."""

    TEXT_CHECKED = "text-checked"
    SECONDARY_SOURCE = "secondary-source"
    AUTHOR_KNOWLEDGE = "author-knowledge"


class Unit(StrEnum):
    """The unit of a figure; ``external`` lies outside the office, ``none`` has no common number."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"
    INSTANT = "instant"
    EXTERNAL = "external"
    NONE = "none"


class Binds(StrEnum):
    """Whom a time limit binds."""

    OFFICE = "office"
    APPLICANT = "applicant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A time limit. What is said is always ``text``; ``value`` and ``unit`` only sort."""

    text: str
    binds: Binds
    value: int | None = None
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One paper to bring. ``form``: 原件, 复印件, 在线 …; ``case``: in which case of the enterprise, empty: in each."""

    name: str
    form: str = ""
    count: int | None = None
    when: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A legal basis. ``document`` and ``clause`` together are the text as it stands in the source."""

    document: str
    clause: str = ""

    @property
    def text(self) -> str:
        """Document and clause in one."""
        return self.document + self.clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An approved answer to what fits no field (“会不会罚款”)."""

    ask: str
    say: str
    basis: str = ""
    confidence: Confidence = Confidence.LIKELY


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The revision that a text came from, and who stands for it.

    ``verified_*``: an editor of this hall confirmed. ``wrong``: why whoever was told it should be told better.
    """

    revision: int = 0
    state: State = State.DRAFT
    author: str = ""
    reviewer: str = ""
    publisher: str = ""
    edition: str = ""
    starts_on: date | None = None
    verified_by: str = ""
    verified_on: date | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry in one revision.

    Guides and policies of one ``matter`` are twins; ``scope`` tells apart two of one matter and kind.
    Guides: ``statutory`` 法定, ``promise`` 本厅承诺 (empty until this hall enters one), ``usual`` 省内常见.
    Policies: ``benefit`` and ``limits`` together answer “how much”, ``claim`` says how to get it.
    ``from_text`` and ``until_text`` keep the source's own words for the term.
    """

    id: str
    kind: Kind
    title: str
    domain: str
    source: str
    confidence: Confidence
    verification: Verification
    as_of: str
    validity: Validity
    domain_name: str = ""
    matter: str = ""
    scope: str = ""
    aliases: tuple[str, ...] = ()
    office: str = ""
    item_type: str = ""
    who: str = ""
    conditions: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    steps: tuple[str, ...] = ()
    statutory: Figure | None = None
    promise: Figure | None = None
    usual: Figure | None = None
    fee: str = ""
    result: str = ""
    online: str = ""
    counter: str = ""
    legal_basis: tuple[Basis, ...] = ()
    policy_kind: PolicyKind | None = None
    level: str = ""
    issuer: str = ""
    issued: str = ""
    industries: tuple[str, ...] = ()
    benefit: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    from_text: str = ""
    until_text: str = ""
    next_review: date | None = None
    questions: tuple[str, ...] = ()
    pitfalls: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    check_locally: tuple[str, ...] = ()
    record: Record = Record()

    @property
    def revision(self) -> int:
        """The number of the revision that this text came from."""
        return self.record.revision

    @property
    def is_published(self) -> bool:
        """Whether it may be said aloud."""
        return self.record.state is State.PUBLISHED

    @property
    def is_confirmed(self) -> bool:
        """Whether an editor of this hall stands for it; else it is shown “随软件提供，未经本厅核验”."""
        return self.record.verified_on is not None

    @property
    def is_basis_unchecked(self) -> bool:
        """Written from general knowledge and not yet confirmed: “依据待核”."""
        return self.verification is Verification.AUTHOR_KNOWLEDGE and not self.is_confirmed

    @property
    def term(self) -> Term:
        """Its validity as the rules see it."""
        return Term(self.validity, self.effective_from, self.effective_to, self.until_text)
