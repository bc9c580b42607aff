"""Mohr's one root of errors, and the errors that a caller can cause or must wait for.

An error carries a stable code and parameters; its Persian and English text stands in
``templates/messages/errors.toml`` and is put in at the edge (HTTP or command line).
"""

from collections.abc import Mapping

from clearance.rulebook import Failure


class MohrError(Exception):
    """Root of all errors that Mohr raises on purpose.

    ``code`` is stable and documented (``area.what``), ``parameters`` fill the placeholders of
    its text and never hold a secret, ``field`` is a JSON Pointer (RFC 6901) into the request,
    or empty where no single field is at fault.
    """

    def __init__(
        self, code: str, *, field: str = "", parameters: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{code} {field}".strip())
        self.code = code
        self.field = field
        self.parameters = dict(parameters or {})


class InvalidValue(MohrError):
    """A value breaks a rule of its type; ``field`` is set by whoever knows where it stood."""


class UnreadableBody(InvalidValue):
    """The body itself cannot be read, whatever values it holds."""


class RepeatedMember(UnreadableBody):
    """An object of the body holds two members of one name."""

    def __init__(self) -> None:
        super().__init__("request.repeated_member")


class NotJson(UnreadableBody):
    """The body is not JSON in UTF-8."""

    def __init__(self) -> None:
        super().__init__("request.not_json")


class InvalidRequest(MohrError):
    """A request holds one or more invalid values; ``problems`` names each of them."""

    def __init__(self, problems: tuple[InvalidValue, ...]) -> None:
        super().__init__("request.invalid")
        self.problems = problems


class RulesNotMet(MohrError):
    """The circular forbids to issue; ``failures`` names every rule that the request breaks.

    Nothing was issued. Once its causes are mended, the same request may come again.
    """

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        super().__init__("rules.not_met", parameters={"count": str(len(failures))})
        self.failures = failures


class Conflict(MohrError):
    """The request contradicts something that stands in the register already."""


class InProgress(Conflict):
    """An earlier attempt under the same idempotency key is under way; its lease ends by itself."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__("idempotency.in_progress", parameters={"seconds": str(seconds)})
        self.seconds = seconds


class NotFound(MohrError):
    """There is no such thing, or the asker has not shown the right to know of it."""


class Unavailable(MohrError):
    """A part that Mohr needs (token, database, TSA, store) does not answer; try again later."""


class Busy(Unavailable):
    """Every place in which a file could be verified is taken for the moment."""

    def __init__(self) -> None:
        super().__init__("verifier.busy")


class Refused(MohrError):
    """Mohr declines on purpose: a key that may not sign, a setting that production forbids."""


class NotPermitted(Refused):
    """A person who has proved who they are may not do this (``clearance.roles``)."""


class TooManyAttempts(Refused):
    """Nobody may try this password or code for the next ``minutes``."""

    def __init__(self, *, minutes: int) -> None:
        super().__init__("staff.too_many_attempts", parameters={"minutes": str(minutes)})


class InternalFault(MohrError):
    """Mohr's own work failed its own check; nothing was issued."""
