"""Fuzzes what reads strangers' input, guided by coverage (atheris, libFuzzer).

    python tests/fuzz/fuzz_verifier.py examination FOLDER [libFuzzer's options]
    python tests/fuzz/fuzz_verifier.py token FOLDER [libFuzzer's options]

The seeds are made anew in FOLDER, which libFuzzer then fills with what it finds. What must hold:
nothing but ``MemoryError`` leaves the examination, its answer passes the check of workers' answers,
and a file without our seal never agrees; reading tokens and status lists raises ``MohrError``
alone, and a token that nobody signed is never valid.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import atheris
from cryptography.hazmat.primitives.asymmetric import ec

with atheris.instrument_imports(include=["clearance", "verifier", "pyhanko.pdf_utils"]):
    from clearance.certificate import ClearanceKind
    from clearance.errors import MohrError
    from clearance.identifiers import (
        BranchCode,
        ClearanceNumber,
        ContractRow,
        ContractSequence,
        VerificationCode,
        parse_party_identifier,
    )
    from clearance.money import Rials
    from clearance.status_list import StatusListClaims, make_bits, parse_status_list
    from clearance.status_list import assemble as assemble_list
    from clearance.status_list import encode_claims as encode_list
    from clearance.token import (
        KEY_IDENTIFIER_LENGTH,
        SIGNATURE_LENGTH,
        TokenClaims,
        assemble,
        encode_claims,
        parse_token,
        to_text,
    )
    from verifier.tasks import examining
    from verifier.token import verify_token
    from verifier.worker import _examine, load
    from verifier.worker_process import ANSWER_LIMIT

    load()

sys.path.insert(0, str(Path(__file__).parents[1] / "vectors"))
import bad_files
import hostile_files
import seals

LARGEST_SEED = 25_000
"""Bytes; more would only be slow."""
NEARLY_ENDLESS = frozenset({"attachments_that_double", "a_million_pages_in_twenty_objects"})
"""With one bit changed these run until a worker's time is over, which is all that can be said."""
AT = datetime(2025, 5, 4, 9, 30, tzinfo=UTC)
KID = bytes(KEY_IDENTIFIER_LENGTH)
NOBODY = {KID: ec.derive_private_key(38, ec.SECP256R1()).public_key()}
AUTHORITY = seals.make_authority("Fuzz")


def examination(data: bytes) -> None:
    """Examine any bytes as a file, as a worker does."""
    answer = json.dumps(_examine(data, AUTHORITY.trust))
    found = examining(data, AUTHORITY.trust).understood(json.loads(answer))
    assert len(answer) <= ANSWER_LIMIT
    assert found.bears_our_seal or not found.agrees


def token(data: bytes) -> None:
    """Read any bytes as a token, in both forms, and as a status list."""
    for form in (data, data.decode("latin-1"), to_text(data)):
        with suppress(MohrError):
            parse_token(form)
        if isinstance(form, str):
            assert not verify_token(form, NOBODY).valid
    with suppress(MohrError):
        parse_status_list(data)


def seed_files() -> Mapping[str, bytes]:
    """Return files of every kind, a genuine one among them."""
    genuine = seals.Sealing(authority=AUTHORITY)(seals.plain_pdf())
    files = {name: make(genuine) for name, make in bad_files.OF_OURS.items()}
    files |= {name: make() for name, make in bad_files.FOREIGN.items()}
    hostile = {name: make() for name, make in hostile_files.ALONE.items()}
    files |= {name: data for name, data in hostile.items() if name not in NEARLY_ENDLESS}
    files["genuine"] = genuine
    return {name: data for name, data in files.items() if len(data) <= LARGEST_SEED}


def seed_tokens() -> Mapping[str, bytes]:
    """Return a token as bytes and as text, and a status list."""
    number = ClearanceNumber.make(1404, BranchCode("0042"), 1)
    claims = TokenClaims(
        issuer="verify.example",
        issued_at=AT,
        number=number,
        kind=ClearanceKind.FINAL,
        branch_code=number.branch_code,
        contract_row=ContractRow("00000001"),
        contract_sequence=ContractSequence("01"),
        work_assigner_identifier=parse_party_identifier("10380284790"),
        contractor_identifier=parse_party_identifier("10380284790"),
        amount_collected=Rials(1000),
        verification_code=VerificationCode.from_bytes(bytes(10)),
        content_hash=bytes(32),
        status_list_uri="https://verify.example/s/1",
        status_list_index=1,
    )
    encoded = assemble(KID, encode_claims(claims), bytes(SIGNATURE_LENGTH))
    statuses = StatusListClaims(
        uri=claims.status_list_uri,
        issued_at=AT,
        expires_at=AT + timedelta(days=1),
        ttl=timedelta(hours=1),
        bits=make_bits([1]),
    )
    return {
        "token": encoded,
        "text": to_text(encoded).encode(),
        "list": assemble_list(KID, encode_list(statuses), bytes(SIGNATURE_LENGTH)),
    }


TARGETS: Mapping[str, tuple[Callable[[bytes], None], Callable[[], Mapping[str, bytes]]]] = {
    "examination": (examination, seed_files),
    "token": (token, seed_tokens),
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    target, seeds = TARGETS[sys.argv[1]]
    folder = Path(sys.argv[2])
    for name, data in seeds().items():
        (folder / name).write_bytes(data)
    atheris.Setup([sys.argv[0], str(folder), *sys.argv[3:]], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
