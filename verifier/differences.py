"""Compares the data attached to an upload with those that were issued, field by field."""

import hmac
import json
from typing import Any

from clearance.canonical import certificate_object
from clearance.certificate import ClearanceCertificate
from clearance.errors import InvalidValue
from clearance.identifiers import ClearanceNumber, VerificationCode
from clearance.verdict import Difference

MOST_DIFFERENCES = 100
LONGEST_VALUE = 500
"""Characters of a value that are shown."""

DEEPEST = 8
"""Levels of nesting that are looked into; ours have three."""


def parsed_data(attached: bytes | None) -> dict[str, Any] | None:
    """Parse attached data; ``None`` if they are not a JSON object.

    A name that an object holds twice stands for the list of its values: readers choose differently
    among them, and none of ours repeats one.
    """
    if attached is None:
        return None
    try:
        data = json.loads(attached, object_pairs_hook=_all_values)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _all_values(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def named_in(data: dict[str, Any]) -> ClearanceNumber | None:
    """Return the clearance number that attached data state, if it is one."""
    try:
        return ClearanceNumber.parse(str(data.get("number")))
    except InvalidValue:
        return None


def shows_code(data: dict[str, Any], certificate: ClearanceCertificate) -> bool:
    """Whether attached data have the verification code, as only a holder's would."""
    try:
        code = VerificationCode.parse(str(data.get("verification_code")))
    except InvalidValue:
        return False
    return hmac.compare_digest(code.encode(), certificate.verification_code.encode())


def differences(data: dict[str, Any], certificate: ClearanceCertificate) -> tuple[Difference, ...]:
    """List each field that is changed, missing or added, in the order of what was issued."""
    issued = flattened(certificate_object(certificate))
    found = flattened(data)
    pointers = list(dict.fromkeys([*issued, *found]))
    different = [each for each in pointers if issued.get(each) != found.get(each)]
    return tuple(
        Difference(field=each[:LONGEST_VALUE], issued=issued.get(each), found=found.get(each))
        for each in different[:MOST_DIFFERENCES]
    )


def flattened(value: object, pointer: str = "", depth: int = 0) -> dict[str, str]:
    """Return each scalar by its JSON Pointer (RFC 6901), as text."""
    if depth < DEEPEST and isinstance(value, dict) and value:
        items = [
            (str(name).replace("~", "~0").replace("/", "~1"), each) for name, each in value.items()
        ]
    elif depth < DEEPEST and isinstance(value, list) and value:
        items = [(str(index), each) for index, each in enumerate(value)]
    else:
        return {pointer: _scalar(value)}
    flat: dict[str, str] = {}
    for name, each in items:
        flat |= flattened(each, f"{pointer}/{name}", depth + 1)
    return flat


def _scalar(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:LONGEST_VALUE]
