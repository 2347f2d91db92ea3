"""How a gate is set up: one TOML file, changed here and there by the environment; secrets stand in files of their own."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sekisho.gate.http.callers import TokenLimits
from sekisho.gate.http.rates import DEFAULT_RATES, Rate

PREFIX: Final = "SEKISHO_GATE_"
_PASSWORD: Final = re.compile(r"password\s*=|://[^/@]*:[^/@]*@", re.IGNORECASE)


class SettingsError(ValueError):
    """The settings cannot be used; the message names file or variable, and the remedy."""


class Store(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the gate keeps what it must not forget.

    ``journal`` and ``access_log`` are SQLite files (relative to the settings) or a PostgreSQL address without password: the
    password stands in ``secret_file`` (the whole address) or in the environment (PGPASSFILE, PGPASSWORD). ``lists`` is the folder
    that 'sekisho lists' keeps, ``snapshots`` that of the journal's snapshots (default: beside a journal that is a file).
    """

    journal: str = "gate.sqlite"
    access_log: str | None = None
    secret_file: str | None = None
    lists: str | None = None
    snapshots: str | None = None


class Http(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Where the gate listens and what it takes. Sizes are bytes, times seconds."""

    host: str = "127.0.0.1"
    port: int = 8470
    body_bytes_max: int = 65_536
    batch_bytes_max: int = 4_194_304
    header_bytes_max: int = 32_768
    request_seconds_max: float = 10.0
    connections_max: int = 1_024
    answer_seconds_max: float = 10.0


class Tls(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """TLS, and mutual TLS where ``client_ca`` is given. Files are PEM, relative to the settings."""

    certificate: str | None = None
    key: str | None = None
    client_ca: str | None = None
    client_crl: str | None = None
    client_required: bool = False


class CallersSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The list of callers and how long their tokens count (seconds)."""

    file: str = "callers.toml"
    lifetime_seconds_max: float = 3600.0
    act_age_seconds_max: float = 60.0
    leeway_seconds: float = 5.0
    acts_bound: bool = False

    def limits(self) -> TokenLimits:
        """As the verification of tokens wants them."""
        return TokenLimits(
            lifetime=self.lifetime_seconds_max,
            act_age=self.act_age_seconds_max,
            leeway=self.leeway_seconds,
            acts_bound=self.acts_bound,
        )


class RateSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Requests per second, and at once."""

    per_second: float
    burst: float


class Rules(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The rule set a new journal begins with; afterwards rule sets are drafted, committed and activated by people."""

    regime: str | None = None
    rules: str = "*"
    assume: tuple[str, ...] = ()
    undetermined: Mapping[str, str] = msgspec.field(default_factory=lambda: {"*": "hold"})
    release_needs: int = 2


class ConsoleSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The console served beside the gate: its own settings file (none: no console), and where it listens (port 0: a free one)."""

    settings: str | None = None
    host: str = "127.0.0.1"
    port: int = 8471


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Everything that can be set, by section of the file."""

    store: Store = Store()
    http: Http = Http()
    tls: Tls = Tls()
    callers: CallersSettings = CallersSettings()
    rules: Rules = Rules()
    console: ConsoleSettings = ConsoleSettings()
    rates: Mapping[str, RateSettings] = {}

    def rates_by_role(self) -> Mapping[str, Rate]:
        """The rates of callers."""
        return {role: Rate(each.per_second, each.burst) for role, each in self.rates.items()}


def read_settings(file: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a file (None: as built in), changed by SEKISHO_GATE_SECTION_NAME. Raises SettingsError."""
    told: dict[str, Any] = {}
    if file is not None:
        try:
            told = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror}; give another --config") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: {error}; the file is TOML in UTF-8") from None
    origin = str(file or "the settings")
    for variable, value in sorted(environment.items()):
        if variable.startswith(PREFIX):
            origin = variable if file is None else f"{file} with {variable}"
            _override(told, variable, value)
    try:
        settings = msgspec.convert(told, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{origin}: {error}; docs/gate-http.md lists every setting") from None
    return _checked(settings, origin)


def _override(told: dict[str, Any], variable: str, value: str) -> None:
    section, _, name = variable.removeprefix(PREFIX).lower().partition("_")
    names = {"store": Store, "http": Http, "tls": Tls, "callers": CallersSettings, "rules": Rules, "console": ConsoleSettings}
    if section not in names or name not in names[section].__struct_fields__:
        raise SettingsError(f"{variable}: there is no such setting; SEKISHO_GATE_HTTP_PORT sets port of [http]")
    told.setdefault(section, {})[name] = value.split(",") if name == "assume" else value


def _checked(settings: Settings, origin: str) -> Settings:
    for place in (settings.store.journal, settings.store.access_log or ""):
        if _PASSWORD.search(place):
            raise SettingsError(f"{origin}: a password stands in [store]; put the address into a file and name it as secret_file")
    unknown = sorted(set(settings.rates) - set(DEFAULT_RATES))
    if unknown:
        raise SettingsError(f"{origin}: [rates.{unknown[0]}] is no role; known are {', '.join(DEFAULT_RATES)}")
    for role, rate in settings.rates.items():
        if rate.per_second <= 0 or rate.burst < 1:
            raise SettingsError(f"{origin}: [rates.{role}] lets nobody in; give per_second above 0 and burst of 1 or more")
    tls = settings.tls
    if (tls.certificate is None) != (tls.key is None):
        raise SettingsError(f"{origin}: [tls] has only one of certificate and key; give both")
    if (tls.client_ca or tls.client_required) and tls.certificate is None:
        raise SettingsError(
            f"{origin}: [tls] asks for client certificates without a certificate of its own; give certificate and key"
        )
    if tls.client_required and tls.client_ca is None:
        raise SettingsError(f"{origin}: [tls] client_required needs client_ca, the authority that issues client certificates")
    for name in ("body_bytes_max", "batch_bytes_max", "header_bytes_max", "request_seconds_max", "connections_max"):
        if getattr(settings.http, name) <= 0:
            raise SettingsError(f"{origin}: [http] {name} is not above 0; leave it out for the built-in value")
    for section, port in (("http", settings.http.port), ("console", settings.console.port)):
        if not 0 <= port <= 65_535:
            raise SettingsError(f"{origin}: [{section}] port is not between 0 and 65535; 0 takes a free one")
    return settings
