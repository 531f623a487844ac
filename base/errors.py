"""The whole family of errors that a person may cause or must be told of.

The text of each is a sentence in Chinese for that person: what is wrong, what was given, what is allowed.
Anything else that is raised is a bug.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class HallError(Exception):
    """What all five have in common; raised itself by nobody."""

    code: ClassVar[str] = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        allowed: Sequence[str] | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = allowed
        self.detail = detail


class BadInput(HallError):
    """The input is wrong; ``field`` names which part."""

    code = "bad_input"


class NotFound(HallError):
    """There is no such thing, or none that this person may know of."""

    code = "not_found"


class Conflict(HallError):
    """The thing is in a state that does not allow this; ``allowed`` lists what it does, ``detail`` how it stands."""

    code = "conflict"


class Forbidden(HallError):
    """This person may not do that."""

    code = "forbidden"


class Unavailable(HallError):
    """It can't be done now (not ready, full, closed off); nothing was changed as far as is known."""

    code = "unavailable"
