"""What can go wrong between Mohr and its token."""

from clearance.errors import InternalFault, NotFound, Refused, Unavailable


class HsmUnavailable(Unavailable):
    """The module, the token or the link to it does not answer; nothing was signed."""


class HsmBusy(Unavailable):
    """No session came free within the time allowed; nothing was signed."""


class KeyNotFound(NotFound):
    """The token holds no key with this label."""


class LabelTaken(Refused):
    """The token holds a key with this label already; keys are never overwritten."""


class PinRejected(Refused):
    """The PIN is wrong, locked, missing, or kept where others can read it."""


class MechanismRefused(Refused):
    """The key or the token cannot sign in the way that was asked for."""


class KeyNotProtected(InternalFault):
    """The token made a key that could leave it; the key was destroyed at once."""
