"""Mohr's settings: read once, checked, closed.

Sources, the stronger first: environment variables (``MOHR_WEB__PORT=8500``), then ``mohr.toml`` in
``MOHR_HOME``, then the defaults (``service.sections``). An unknown name in either is an error.
Secrets have no defaults and live in files that the settings name, or in the environment.
"""

import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from clearance.errors import Refused
from service.sections import (
    ArchiveSettings,
    AuthoritySettings,
    DatabaseSettings,
    DeadlineSettings,
    DocumentSettings,
    IssuerSettings,
    NotificationSettings,
    PanelSettings,
    PaperFormSettings,
    SealSettings,
    StatusListSettings,
    TokenSettings,
    VerifierSettings,
    WebSettings,
)

HOME_VARIABLE = "MOHR_HOME"
DEFAULT_HOME = Path("var")
PIN_VARIABLE = "MOHR_TOKEN_PIN"
"""The token's user PIN, where a file cannot be used. No setting: no settings file may hold it."""
API_KEY_VARIABLE = "MOHR_API_KEY"
"""The API key of commands that call a service, where a file cannot be used. No setting either."""
SETTINGS_FILE = "mohr.toml"

ADDRESS_BUDGET = 53
"""Characters of issuer name and public address together: with them, and with a status list below
100, the longest legal token has 280 bytes."""


class Environment(StrEnum):
    """Where the service runs; ``production`` forbids every development twin."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Role(StrEnum):
    """Which part of the program a process plays."""

    ALL = "all"
    """Issuing and public in one process, as in the demo."""
    ISSUING = "issuing"
    """The sign API, with the token, in the private network."""
    PUBLIC = "public"
    """The public verifier: no token, no keys."""
    PANEL = "panel"
    """The office's endpoints and the supervision panel: writes the register, holds no keys."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="MOHR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )
    _file: ClassVar[Path]

    home: Path
    """Folder of all state; set by ``MOHR_HOME``."""
    environment: Environment = Environment.PRODUCTION
    """``development`` or ``production``; the latter forbids the development authority."""
    role: Role = Role.ALL
    """``issuing`` (holds the keys), ``panel`` (the office, without keys), ``public`` (verifies)
    or ``all``."""
    web: WebSettings = WebSettings()
    database: DatabaseSettings = DatabaseSettings()
    documents: DocumentSettings = DocumentSettings()
    token: TokenSettings = TokenSettings()
    seal: SealSettings = SealSettings()
    verifier: VerifierSettings = VerifierSettings()
    authority: AuthoritySettings = AuthoritySettings()
    issuer: IssuerSettings = IssuerSettings()
    panel: PanelSettings = PanelSettings()
    notification: NotificationSettings = NotificationSettings()
    status_list: StatusListSettings = StatusListSettings()
    paper: PaperFormSettings = PaperFormSettings()
    deadline: DeadlineSettings = DeadlineSettings()
    archive: ArchiveSettings = ArchiveSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file before defaults."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, cls._file)

    @property
    def is_development(self) -> bool:
        """Whether development twins may run."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def issues(self) -> bool:
        """Whether this process holds keys and issues."""
        return self.role in (Role.ALL, Role.ISSUING)

    @property
    def keeps_office(self) -> bool:
        """Whether this process serves the office and may write the register."""
        return self.role is not Role.PUBLIC


def home_folder() -> Path:
    """Return ``MOHR_HOME`` as an absolute path; ``./var`` without the variable."""
    return Path(os.environ.get(HOME_VARIABLE, DEFAULT_HOME)).resolve()


def load_settings(home: Path) -> Settings:
    """Read the settings of ``home``.

    Raises ``Refused`` with code ``settings.invalid`` that names each wrong or unknown setting,
    never its value.
    """
    known = {f"MOHR_{name.upper()}" for name in Settings.model_fields}
    known |= {PIN_VARIABLE, API_KEY_VARIABLE}
    for name in os.environ:
        if name.startswith("MOHR_") and name.split("__")[0] not in known:
            raise Refused("settings.unknown", parameters={"name": name})
    bound = type("Settings", (Settings,), {"_file": home / SETTINGS_FILE, "__doc__": None})
    try:
        settings: Settings = bound(home=home)
    except ValidationError as error:
        names = sorted({".".join(map(str, each["loc"])) or "?" for each in error.errors()})
        details = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise Refused(
            "settings.invalid", parameters={"names": ", ".join(names), "details": details}
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise Refused(
            "settings.unreadable", parameters={"file": SETTINGS_FILE, "details": str(error)}
        ) from None
    _check_token_fits(settings)
    _check_production(settings)
    return settings


def _check_token_fits(settings: Settings) -> None:
    if len(settings.issuer.name) + len(settings.web.public_url) > ADDRESS_BUDGET:
        raise Refused("settings.addresses_too_long", parameters={"most": str(ADDRESS_BUDGET)})


def _check_production(settings: Settings) -> None:
    """Refuse what only a development environment may have."""
    if settings.is_development:
        return
    addresses = [settings.web.public_url, settings.panel.url or settings.web.public_url]
    if settings.panel.provider is not None:
        addresses.append(settings.panel.provider.issuer)
    if not all(address.startswith("https://") for address in addresses):
        raise Refused("settings.production_needs_https")
    if settings.issues and settings.seal.timestamp_url is None:
        raise Refused("settings.production_needs_timestamp_url")
    if settings.notification.url and not settings.notification.url.startswith("https://"):
        raise Refused("settings.production_needs_https_webhook")
