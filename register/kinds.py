"""The kinds of document that we seal, each one frozen value.

Everything that seals, registers, archives or judges a document asks its kind; nothing asks which of
the kinds it is. A further kind is a further value here (docs/adding-a-document-kind.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clearance.errors import InternalFault
from clearance.verdict import Outcome, Reason
from register.records import SealedDocument
from templates.documents import Template, versions_of


@dataclass(frozen=True, kw_only=True)
class DocumentKind:
    """What the documents of one kind have in common. All kinds get archival revisions."""

    name: str
    """By which the register knows it; never changed."""
    templates: tuple[Template, ...]
    """All versions that ever printed one, the newest last: it prints from now on."""
    attachment: str
    """Name of the attached file with the canonical data."""
    key_purpose: str
    """What the key that seals it is for, as the catalogue of keys names it."""
    bears_code: bool
    """Whether it is printed with a QR code."""
    genuine: Outcome
    """The verdict on a document that is registered, in force, and agrees with its evidence."""
    registered: Reason
    """What a verdict says of the digest of one."""
    in_force: Reason | None
    """What a verdict says while it is in force; ``None`` if nobody relies on that."""

    @property
    def template(self) -> Template:
        """The template that prints from now on."""
        return self.templates[-1]

    def template_of(self, version: int) -> Template:
        """Return the template of a version; raises ``KeyError`` if there is none."""
        return {each.version: each for each in self.templates}[version]


Kinds = Mapping[str, DocumentKind]
"""Kinds by their names."""

CLEARANCE = DocumentKind(
    name="clearance",
    templates=versions_of("certificate"),
    attachment="clearance.json",
    key_purpose="document_seal",
    bears_code=True,
    genuine=Outcome.AUTHENTIC,
    registered=Reason.REGISTERED,
    in_force=Reason.IN_FORCE,
)
MINUTES = DocumentKind(
    name="minutes",
    templates=versions_of("minutes"),
    attachment="minutes.json",
    key_purpose="document_seal",
    bears_code=False,
    genuine=Outcome.OTHER_DOCUMENT,
    registered=Reason.REGISTERED_MINUTES,
    in_force=None,
)
RECEIPT = DocumentKind(
    name="receipt",
    templates=versions_of("receipt"),
    attachment="receipt.json",
    key_purpose="document_seal",
    bears_code=True,
    genuine=Outcome.OTHER_DOCUMENT,
    registered=Reason.REGISTERED_RECEIPT,
    in_force=None,
)


def kinds_of(kinds: Iterable[DocumentKind]) -> Kinds:
    """Return kinds by their names."""
    return MappingProxyType({each.name: each for each in kinds})


def kind_of(document: SealedDocument, kinds: Kinds) -> DocumentKind:
    """Return the kind of a registered document.

    Raises ``InternalFault("register.unreadable")`` for one that this program does not know: a newer
    program must still be able to read what an older one sealed, not the other way round.
    """
    if document.kind not in kinds:
        raise InternalFault("register.unreadable", parameters={"number": document.number})
    return kinds[document.kind]


KINDS = kinds_of((CLEARANCE, MINUTES, RECEIPT))
"""The kinds of this program."""
