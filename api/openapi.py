"""The OpenAPI description: request schema and examples added to what the endpoints declare."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.openapi_answers import (
    exhausted,
    expectations,
    file_verdicts,
    problems,
    refusals,
    token_verdicts,
    waiting_answers,
)
from api.toolkit.answers import Problem
from api.toolkit.bodies import PICTURE_TYPES
from api.toolkit.problems import MEDIA_TYPE
from api.verification.report_schemas import DetailedReport, RawReport, SimpleReport
from api.verification.schemas import VerdictAnswer
from clearance.expectation import expectation_schema
from clearance.request import request_schema

DESCRIPTION = (
    "Issues sealed Article 38 clearances and tells genuine from altered, withdrawn, and issued "
    "outside the electronic channel. Errors are problem documents (RFC 9457) with a stable code "
    "and Persian and English text. Dates are ISO 8601; amounts are whole rials."
)

_FILE_SCHEMA = {"type": "string", "contentMediaType": "application/pdf"}
_PDF = {"application/pdf": {"schema": _FILE_SCHEMA}}
_PICTURES = {
    kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in PICTURE_TYPES
}
_UPLOAD = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": _FILE_SCHEMA},
            }
        },
        **_PDF,
        **_PICTURES,
    },
}
_UPLOAD_TO_COMPARE = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": _FILE_SCHEMA,
                    "expect": {"$ref": "#/components/schemas/Expectation"},
                },
            },
            "encoding": {"expect": {"contentType": "application/json"}},
            "examples": expectations(),
        },
        **_PDF,
        **_PICTURES,
    },
}
_IDEMPOTENCY_KEY = {"type": "string", "pattern": "^[!-~]{1,255}$"}
_CONTENT: Mapping[str, Mapping[str, Any]] = {
    "/v1/clearances/{number}/document": _PDF,
    "/v1/receipts/{number}/document": _PDF,
    "/.well-known/trust-anchors.pem": {"application/x-pem-file": {"schema": {"type": "string"}}},
    "/.well-known/retired-trust-anchors.pem": {
        "application/x-pem-file": {"schema": {"type": "string"}}
    },
    "/.well-known/token-keys.cose": {
        "application/cose-key-set": {"schema": {"type": "string", "format": "binary"}}
    },
    "/.well-known/jwks.json": {"application/jwk-set+json": {"schema": {"type": "object"}}},
    "/s/{number}": {
        "application/statuslist+cwt": {"schema": {"type": "string", "format": "binary"}}
    },
    "/metrics": {"text/plain": {"schema": {"type": "string"}}},
}
"""What the endpoints answer that answer no JSON."""


_VERIFYING_KEY = {"apiKey": ["verify"]}
_COUNTED: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "/v1/verifications": (_VERIFYING_KEY, {}),
    "/v1/digests/{sha256}": (_VERIFYING_KEY, {}),
    "/v1/verification-batches": (_VERIFYING_KEY,),
    "/v1/allowance": (_VERIFYING_KEY,),
}
"""Where the files of a key are counted, and who may call."""
_ALLOWANCE_HEADERS: Mapping[str, Any] = {
    "RateLimit-Policy": {
        "schema": {"type": "string"},
        "description": 'The key\'s limits, in files: `"minute";q=600;w=60, "day";q=20000;w=86400`. '
        "Only in answers to a key's call.",
    },
    "RateLimit": {
        "schema": {"type": "string"},
        "description": "What is left of them, and for how many seconds no more than that: "
        '`"minute";r=598;t=37, "day";r=19998;t=28800`.',
    },
}


_REPORTS = (SimpleReport, DetailedReport, RawReport)
_OR_REPORT: Mapping[str, Any] = {
    "anyOf": [
        {"$ref": f"#/components/schemas/{model.__name__}"} for model in (VerdictAnswer, *_REPORTS)
    ],
    "description": "`VerdictAnswer` without `report`; with it the report of that name.",
}
"""What the verifying endpoints answer as JSON."""


def describe(app: FastAPI, examples: Mapping[str, object]) -> dict[str, Any]:
    """Make the OpenAPI 3.1 document of an application."""
    document = get_openapi(
        title="Mohr",
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    # The framework's own refusals, which never leave (``_complete``).
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    # The document names the dialect of all its schemas.
    document["jsonSchemaDialect"] = request_schema()["$schema"]
    schemas["ClearanceRequest"] = {
        name: value for name, value in request_schema().items() if name != "$schema"
    }
    schemas["Expectation"] = expectation_schema()
    schemas.update(_problem_schemas())
    for name, schema in _report_schemas().items():
        schemas.setdefault(name, schema)
    document["components"]["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "`Authorization: Bearer mohr_…`. What is named beside it in an "
            "operation's `security` is the scope that the key needs.",
        }
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
            if path in _COUNTED:
                _describe_counting(operation, security=_COUNTED[path])
    issuing = document["paths"].get("/v1/clearances", {}).get("post")
    if issuing is not None:
        _describe_issuing(issuing, examples)
    verifying = document["paths"]["/v1/verifications"]["post"]
    verifying["requestBody"] = _UPLOAD_TO_COMPARE
    verifying["responses"]["200"]["content"]["application/xml"] = {
        "schema": {"type": "string", "description": "With `report=etsi-xml`: ETSI TS 119 102-2."}
    }
    receipts = document["paths"].get("/v1/verifications/receipts", {}).get("post")
    if receipts is not None:
        receipts["requestBody"] = _UPLOAD
    checking = document["paths"]["/v1/tokens/{token}"]["get"]
    for operation in (verifying, checking):
        operation["responses"]["200"]["content"]["application/json"]["schema"] = _OR_REPORT
    _show(verifying, "200", file_verdicts())
    _show(checking, "200", token_verdicts())
    return document


def _complete(path: str, operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "A problem (RFC 9457).",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": problems(),
            }
        },
    }
    for parameter in operation.get("parameters", ()):
        if parameter["name"].lower() == "idempotency-key":
            # Optional to the framework, so that its absence is refused in our own words.
            parameter |= {"required": True, "schema": _IDEMPOTENCY_KEY}
    if path in _CONTENT:
        operation["responses"]["200"]["content"] = _CONTENT[path]
    if path.startswith("/v1/clearances/"):
        operation.setdefault("security", [{"apiKey": []}, {}])


def _describe_counting(operation: dict[str, Any], *, security: Sequence[Mapping[str, Any]]) -> None:
    operation["security"] = list(security)
    operation["responses"]["200"].setdefault("headers", {}).update(_ALLOWANCE_HEADERS)
    operation["responses"]["429"] = {
        "description": "The key has not enough files left, and none was charged; or another limit "
        "holds: `code` says which.",
        "headers": {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until then."},
            **_ALLOWANCE_HEADERS,
        },
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": exhausted(),
            }
        },
    }


def _describe_issuing(operation: dict[str, Any], examples: Mapping[str, object]) -> None:
    operation["security"] = [{"apiKey": []}]
    operation["requestBody"] = {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ClearanceRequest"},
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }
    _show(operation, "202", waiting_answers())
    operation["responses"]["422"] = {
        "description": "The request is invalid, or breaks rules of the circular; each is named.",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {**problems(), **refusals()},
            }
        },
    }
    operation["responses"]["202"]["headers"] = {
        "Location": {"schema": {"type": "string"}, "description": "Where to ask again."},
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until then."},
    }
    operation["responses"]["201"]["headers"] = {
        "Location": {"schema": {"type": "string"}, "description": "Path of the clearance."},
        "Idempotency-Replayed": {
            "schema": {"type": "string", "enum": ["true"]},
            "description": "Present if this repeats an earlier answer.",
        },
    }


def _show(operation: dict[str, Any], status: str, answers: Mapping[str, Any]) -> None:
    operation["responses"][status]["content"]["application/json"]["examples"] = answers


def _report_schemas() -> dict[str, Any]:
    """Make the schemas of the reports, with those that they use."""
    _, made = models_json_schema(
        [(model, "serialization") for model in _REPORTS],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = schema.pop("$defs")
    return {"Problem": schema, **nested}
