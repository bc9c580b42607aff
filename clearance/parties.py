"""The parties of a contract: work assigner and contractor."""

from dataclasses import dataclass

from clearance.identifiers import PartyIdentifier, PostalCode, WorkshopNumber


@dataclass(frozen=True, kw_only=True)
class Party:
    """A work assigner or contractor; each must hold a workshop number (R1)."""

    name: str
    identifier: PartyIdentifier
    """National id of a person, or legal-entity id."""
    workshop_number: WorkshopNumber
    address: str
    """For the assigner: the address in the contract, to which the workshop was allotted (R4)."""
    postal_code: PostalCode
