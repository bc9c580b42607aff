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


class NotFound(MohrError):
    """There is no such thing, or the asker has not shown the right to know of it."""


class Unavailable(MohrError):
    """A part that Mohr needs (token, database, TSA, store) does not answer; try again later."""


class Refused(MohrError):
    """Mohr declines on purpose: a key that may not sign, a setting that production forbids."""


class InternalFault(MohrError):
    """Mohr's own work failed its own check; nothing was issued."""
