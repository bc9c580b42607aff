"""The OpenAPI description: request schema and examples added to what the endpoints declare."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from api.schemas import Problem
from clearance.request import request_schema

DESCRIPTION = (
    "Issues sealed Article 38 clearances and tells genuine from altered, withdrawn, and issued "
    "outside the electronic channel. Errors are problem documents (RFC 9457) with a stable code "
    "and Persian and English text. Dates are ISO 8601; amounts are whole rials."
)

_FILE_SCHEMA = {"type": "string", "contentMediaType": "application/pdf"}
_PDF = {"application/pdf": {"schema": _FILE_SCHEMA}}
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
    },
}
_CONTENT: Mapping[str, Mapping[str, Any]] = {
    "/v1/clearances/{number}/document": _PDF,
    "/.well-known/trust-anchors.pem": {"application/x-pem-file": {"schema": {"type": "string"}}},
    "/.well-known/token-keys.cose": {
        "application/cose-key-set": {"schema": {"type": "string", "format": "binary"}}
    },
    "/.well-known/jwks.json": {"application/jwk-set+json": {"schema": {"type": "object"}}},
    "/metrics": {"text/plain": {"schema": {"type": "string"}}},
}
"""What the endpoints answer that answer no JSON."""


def load_examples(folder: Path) -> dict[str, object]:
    """Read every ``*.json`` of a folder as a request example, by its name without suffix."""
    return {
        file.stem: json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))
    }


def describe(app: FastAPI, examples: Mapping[str, object]) -> dict[str, Any]:
    """Make the OpenAPI 3.1 document of an application."""
    document = get_openapi(
        title="Mohr",
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    schemas["ClearanceRequest"] = request_schema()
    schemas.update(_problem_schemas())
    document["components"]["securitySchemes"] = {
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "description": "`Authorization: Bearer mohr_…`",
        }
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
    issuing = document["paths"].get("/v1/clearances", {}).get("post")
    if issuing is not None:
        _describe_issuing(issuing, examples)
    document["paths"]["/v1/verifications"]["post"]["requestBody"] = _UPLOAD
    return document


def _complete(path: str, operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "A problem (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if path in _CONTENT:
        operation["responses"]["200"]["content"] = _CONTENT[path]
    if path.startswith("/v1/clearances/"):
        operation["security"] = [{"apiKey": []}, {}]


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
    for parameter in operation["parameters"]:
        if parameter["name"].lower() == "idempotency-key":
            parameter["required"] = True
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


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested = schema.pop("$defs")
    return {"Problem": schema, **nested}
