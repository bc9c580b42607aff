"""What is reported of a verdict: in stages, in the terms of ETSI, and as it is."""

from verifier.report.raw import token_verdict_object, verdict_object

__all__ = ["token_verdict_object", "verdict_object"]
