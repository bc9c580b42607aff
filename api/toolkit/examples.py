"""The requests that the OpenAPI document shows."""

import json
from importlib.resources import files


def load_examples() -> dict[str, object]:
    """Read the requests of the package ``examples``, by their names without suffix.

    Raises ``FileNotFoundError`` if there is none: the installation is then incomplete.
    """
    requests = [file for file in files("examples").iterdir() if file.name.endswith(".json")]
    if not requests:
        raise FileNotFoundError("the package examples holds no request")
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
        for file in sorted(requests, key=lambda file: file.name)
    }
