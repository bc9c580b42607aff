"""The plan of a key ceremony: YAML, closed, reviewed before anything is made."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import yaml
from cryptography import x509
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from clearance.algorithms import KeyAlgorithm, Mechanism
from clearance.errors import InvalidValue, Refused
from keys.catalogue import CataloguedKey, Purpose, State
from keys.certificates import check_subject


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Subject(_Closed):
    """Whom the certificate is to name."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    organization: str = Field(min_length=1, max_length=64)
    unit: str | None = Field(default=None, min_length=1, max_length=64)
    common_name: str = Field(min_length=1, max_length=64)

    def name(self) -> x509.Name:
        """Return it as a distinguished name."""
        parts = (
            (x509.NameOID.COUNTRY_NAME, self.country),
            (x509.NameOID.ORGANIZATION_NAME, self.organization),
            (x509.NameOID.ORGANIZATIONAL_UNIT_NAME, self.unit),
            (x509.NameOID.COMMON_NAME, self.common_name),
        )
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


class PlannedKey(_Closed):
    """One key to make."""

    label: str
    purpose: Purpose
    algorithm: KeyAlgorithm
    mechanism: Mechanism
    not_before: AwareDatetime
    not_after: AwareDatetime
    subject: Subject

    def catalogued(self) -> CataloguedKey:
        """Return its first entry in the catalogue. Raises ``Refused`` for values that cannot be."""
        return CataloguedKey(
            label=self.label,
            purpose=self.purpose,
            algorithm=self.algorithm.value,
            mechanism=self.mechanism.value,
            state=State.PLANNED,
            not_before=self.not_before,
            not_after=self.not_after,
        )


class Participant(_Closed):
    """Who is in the room."""

    name: str = Field(min_length=1, max_length=100)
    role: str = Field(min_length=1, max_length=100)


class Plan(_Closed):
    """A reviewed plan; unknown names in it are errors."""

    schema_version: Literal[1] = Field(alias="schema")
    title: str = Field(min_length=1, max_length=200)
    participants: tuple[Participant, ...] = Field(min_length=2)
    """At least two: nobody makes keys alone."""
    keys: tuple[PlannedKey, ...] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class ReviewedPlan:
    """A plan and the SHA-256 of the very file that was read."""

    plan: Plan
    sha256: str


def read_plan(content: bytes) -> ReviewedPlan:
    """Read a plan. Raises ``Refused`` (``ceremony.plan_invalid``), saying where it is wrong."""
    try:
        plan = Plan.model_validate(yaml.safe_load(content))
        for key in plan.keys:
            key.catalogued()
            where = f"{key.label}: subject"
            check_subject(key.subject.name())
    except ValidationError as error:
        where = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise Refused("ceremony.plan_invalid", parameters={"where": where}) from error
    except yaml.YAMLError as error:
        raise Refused("ceremony.plan_invalid", parameters={"where": "YAML"}) from error
    except InvalidValue as error:
        raise Refused("ceremony.plan_invalid", parameters={"where": where}) from error
    except Refused as error:
        where = error.parameters["where"]
        raise Refused("ceremony.plan_invalid", parameters={"where": where}) from error
    return ReviewedPlan(plan=plan, sha256=hashlib.sha256(content).hexdigest())
