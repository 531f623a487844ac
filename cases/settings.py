"""The cases' settings: table ``[cases]`` of config.toml."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Days = Annotated[int, Meta(ge=1, le=60)]
Count = Annotated[int, Meta(ge=0, le=5)]
HalfDays = Annotated[int, Meta(ge=1, le=10)]


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """Every term of a case, in statutory working days unless the name says otherwise."""

    consult_days: Days = 3
    ordinary_days: Days = 5
    complex_days: Days = 15
    accept_half_days: HalfDays = 1
    urgent_minutes: Annotated[int, Meta(ge=5, le=480)] = 30
    adjudicate_half_days: HalfDays = 1
    sign_days: Days = 1
    first_contact_days: Days = 1
    refusal_review_days: Days = 2
    call_back_days: Days = 2
    supply_days: Days = 10
    reopen_days: Days = 10
    warn_days: Annotated[int, Meta(ge=0, le=10)] = 1
    extension_ahead_days: Annotated[int, Meta(ge=0, le=10)] = 1
    max_extensions: Count = 2
    max_extension_days: Days = 30
    first_office: str = "综合咨询台"
    rows_per_page: Annotated[int, Meta(ge=5, le=200)] = 30
    years_file: str = ""
