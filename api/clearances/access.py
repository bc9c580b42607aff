"""Who may read a clearance: by API key, or by its verification code."""

import hmac

from fastapi import Request

from api.toolkit.access import ISSUE, READ, client_of, holder_of, key_required
from api.toolkit.dependencies import ClearancePort, Context
from clearance.errors import InvalidValue, NotFound
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.roles import Officer, Permission
from register.records import IssuedClearance, PendingClearance

_NO_CODE = VerificationCode.from_bytes(bytes(10))
"""Compared with where there is no clearance, so that nothing but the register's own time differs.

An existing number takes a few milliseconds more, since its certificate is read. That tells nothing
new: serials run on, so whoever has one clearance knows the numbers before it.
"""


def read_allowed(
    request: Request, context: Context, number: str, code: str | None
) -> IssuedClearance | PendingClearance:
    """Return a clearance to whoever may read it: by API key, or by its verification code.

    While it is not issued, only the client that asked for it may read of it by API key. A person's
    own key reads what is issued within their reach. Raises 401 with neither. A number that does not
    exist, one that may not be read of, and a code that does not match are the same ``NotFound`` (no
    fishing for numbers).
    """
    client = client_of(request, context)
    if client is not None and client.officer is not None:
        return _find_within(client.officer, context.services.clearances, number)
    if client is not None:
        holder_of(READ, ISSUE)(request, context)
        found = _find(context.services.clearances, number)
        if found is None or (isinstance(found, PendingClearance) and found.client_id != client.id):
            raise _not_found()
        return found
    if code is None:
        raise key_required()
    return _find_by_code(request, context, number, code)


def _find_within(officer: Officer, clearances: ClearancePort, number: str) -> IssuedClearance:
    officer.demand(Permission.SUPERVISE)
    found = _find(clearances, number)
    if not isinstance(found, IssuedClearance):
        raise _not_found()
    branch = found.certificate.request.branch
    if not officer.reach.covers(branch.code, branch.province):
        raise _not_found()
    return found


def find_by_code(request: Request, context: Context, number: str, code: str) -> IssuedClearance:
    """Return the issued clearance that ``number`` and ``code`` belong to, and count wrong pairs.

    Raises ``NotFound`` for any pair that is not in the register, 429 after too many of them. A
    right pair passes even then.
    """
    found = _find_by_code(request, context, number, code)
    if isinstance(found, PendingClearance):
        raise _not_found()
    return found


def _find_by_code(
    request: Request, context: Context, number: str, code: str
) -> IssuedClearance | PendingClearance:
    try:
        return _matching(context.services.clearances, number, code)
    except NotFound:
        context.guesses.count_wrong(request.client.host if request.client else "")
        raise


def _matching(
    clearances: ClearancePort, number: str, code: str
) -> IssuedClearance | PendingClearance:
    found = _find(clearances, number)
    matches = code_matches(code, found)
    if found is None or not matches:
        raise _not_found()
    return found


def code_matches(code: str, found: IssuedClearance | PendingClearance | None) -> bool:
    """Whether ``code`` is the clearance's; takes as long where there is none."""
    try:
        given = VerificationCode.parse(code)
    except InvalidValue:
        return False
    expected = found.verification_code if found else _NO_CODE
    return hmac.compare_digest(given, expected) and found is not None


def _find(clearances: ClearancePort, number: str) -> IssuedClearance | PendingClearance | None:
    parsed = _parsed_number(number)
    # In this order, or one that is issued in between would be neither.
    pending = clearances.find_pending(parsed)
    return clearances.find(parsed) or pending


def _parsed_number(number: str) -> ClearanceNumber:
    try:
        return ClearanceNumber.parse(number)
    except InvalidValue as error:
        raise _not_found() from error


def _not_found() -> NotFound:
    return NotFound("clearance.not_found")
