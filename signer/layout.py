"""How the evidence of a seal lies in the file."""

from enum import StrEnum


class Layout(StrEnum):
    """PAdES layouts (ETSI EN 319 142-1); ``CLOSED`` is ours."""

    CLOSED = "closed"
    """One revision: the DSS dictionary lies under the signature, nothing follows it. The evidence
    lies in the timestamp token once more, for validators that read a DSS dictionary only if it was
    written after the signature. They call it B-T; it is never called B-LT."""
    B_B = "B-B"
    """Signature alone."""
    B_T = "B-T"
    """Signature with its timestamp."""
    B_LT = "B-LT"
    """B-T, then a DSS dictionary in a second revision."""
    B_LTA = "B-LTA"
    """B-LT, then a document timestamp in a third revision."""
