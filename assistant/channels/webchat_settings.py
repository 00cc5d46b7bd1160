"""What the environment says about the chat on the clinic's website."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_MESSAGES_PER_MINUTE = 60  # nobody types so fast
_LOOPBACK = ("localhost", "127.0.0.1")


class WebchatSettingsError(ValueError):
    """Variables of the environment that are wrong: all of them, named."""


@dataclass(frozen=True)
class WebchatSettings:
    """Which pages may embed the chat, and how much a visitor may ask of it.

    Attributes:
        origins: of the pages, e.g. `https://www.clinic.example`.
        messages_per_minute: of one visitor; an address, which several may share, has four times as many.
        proxies: how many reverse proxies stand before the server; each adds the address that it saw.
    """

    origins: frozenset[str] = field(default_factory=frozenset)
    messages_per_minute: int = _MESSAGES_PER_MINUTE
    proxies: int = 0

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> WebchatSettings:
        """Read WEBCHAT_ORIGINS, WEBCHAT_MESSAGES_PER_MINUTE and TRUSTED_PROXIES.

        Without a list, the pages of this very installation may embed the chat: WEB_PORT's and PUBLIC_URL's.

        Raises: WebchatSettingsError naming every variable that is wrong.
        """
        problems = []
        listed = [one.strip().rstrip("/") for one in env.get("WEBCHAT_ORIGINS", "").split(",") if one.strip()]
        if not all(_is_origin(origin) for origin in listed):
            problems.append("WEBCHAT_ORIGINS must be origins with commas between: https://www.clinic.example")
        numbers = {"WEBCHAT_MESSAGES_PER_MINUTE": _MESSAGES_PER_MINUTE, "TRUSTED_PROXIES": 0}
        for name in numbers:
            value = env.get(name) or str(numbers[name])
            if value.isascii() and value.isdigit() and len(value) < 7:
                numbers[name] = int(value)
            else:
                problems.append(f"{name} must be a number")
        if problems:
            raise WebchatSettingsError("; ".join(problems))
        origins = frozenset(listed) or _own_origins(env)
        return cls(origins, numbers["WEBCHAT_MESSAGES_PER_MINUTE"], numbers["TRUSTED_PROXIES"])


def _own_origins(env: Mapping[str, str]) -> frozenset[str]:
    port = env.get("WEB_PORT") or "8080"
    origins = {f"http://{host}:{port}" for host in _LOOPBACK}
    public = urlsplit(env.get("PUBLIC_URL", ""))
    if public.scheme and public.netloc:
        origins.add(f"{public.scheme}://{public.netloc}")
    return frozenset(origins)


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    rest = parts.path or parts.query or parts.fragment or parts.username
    return parts.scheme in ("https", "http") and bool(parts.hostname) and not rest and "*" not in text
