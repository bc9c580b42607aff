"""What the panel is told at its start."""

from dataclasses import dataclass

from api.panel.provider import Provider
from register.staff.service import Staff


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The panel of one process."""

    staff: Staff
    url: str
    """Scheme and host that staff reach it at, without a slash at the end."""
    secure: bool
    """Whether its cookies travel over https only; false in development on loopback alone."""
    provider: Provider | None = None
    """The organization's identity provider, if it has one."""
    passwords: bool = True
    """Whether passwords open it too; without a provider they always do."""
