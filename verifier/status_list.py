"""Verifies a status list offline: nothing but the list, the trusted keys and the time."""

from datetime import datetime

from clearance.clock import format_moment
from clearance.errors import InvalidValue
from clearance.status_list import StatusListClaims, parse_status_list
from verifier.token import signed_by
from verifier.token_keys import TokenKeys


def read_status_list(token: bytes, keys: TokenKeys, *, uri: str, now: datetime) -> StatusListClaims:
    """Return what a status list says, if it may be relied upon at ``now`` (aware).

    ``uri`` is the address that the token names whose clearance is looked for. Raises
    ``InvalidValue`` with ``status_list.malformed``, ``status_list.unknown_key``,
    ``status_list.signature_broken``, ``status_list.of_another_address`` or ``status_list.expired``:
    then nothing can be said of any clearance.
    """
    parsed = parse_status_list(token)
    key = keys.get(parsed.kid)
    if key is None:
        raise InvalidValue("status_list.unknown_key")
    if not signed_by(key, parsed.to_be_signed(), parsed.signature):
        raise InvalidValue("status_list.signature_broken")
    if parsed.claims.uri != uri:
        raise InvalidValue("status_list.of_another_address", parameters={"uri": uri})
    if parsed.claims.expires_at <= now:
        until = format_moment(parsed.claims.expires_at)
        raise InvalidValue("status_list.expired", parameters={"uri": uri, "until": until})
    return parsed.claims
