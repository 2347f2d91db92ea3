"""Settings: from a file, changed by the environment, never with a secret in them; each mistake named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.gate.http.opening import access_log_of
from sekisho.gate.http.rates import Rate
from sekisho.gate.http.settings import Settings, SettingsError, read_settings

WHOLE = """
[store]
journal = "postgresql://gate@db.example/gate"
access_log = "access.sqlite"
[http]
port = 9000
[tls]
certificate = "server.pem"
key = "server.key"
client_ca = "clients.pem"
client_required = true
[callers]
file = "who.toml"
act_age_seconds_max = 30
[rules]
regime = "PSA-2026"
assume = ["transfers/cooling_off.days_new_account=7"]
undetermined = {"*" = "list"}
[rates.wallet]
per_second = 100
burst = 200
"""


def test_a_file_and_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(WHOLE)
    environment = {
        "SEKISHO_GATE_HTTP_PORT": "9100",
        "SEKISHO_GATE_TLS_CLIENT_REQUIRED": "false",
        "SEKISHO_GATE_RULES_ASSUME": "a.b=1,c.d=2",
        "SEKISHO_OTHER": "x",
    }
    settings = read_settings(file, environment)
    assert (settings.http.port, settings.http.host) == (9100, "127.0.0.1")
    assert settings.tls.client_required is False
    assert settings.rules.assume == ("a.b=1", "c.d=2")
    assert settings.callers.limits().act_age == 30
    assert settings.rates_by_role() == {"wallet": Rate(100, 200)}
    assert read_settings(None, {}) == Settings()


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("[http]\nprot = 1", {}, "unknown field `prot`"),
        ("[http]\nport = 70000", {}, "between 0 and 65535"),
        ("[http]\nbody_bytes_max = 0", {}, "not above 0"),
        ("[http\n", {}, "TOML"),
        ('[store]\njournal = "postgresql://gate:secret@db/gate"', {}, "secret_file"),
        ('[store]\njournal = "postgresql://db/gate?password=secret"', {}, "secret_file"),
        ("", {"SEKISHO_GATE_STORE_JOURNAL": "postgresql://gate:secret@db/gate"}, "secret_file"),
        ("", {"SEKISHO_GATE_HTTP_PROT": "1"}, "no such setting"),
        ("", {"SEKISHO_GATE_HTTP_PORT": "many"}, "SEKISHO_GATE_HTTP_PORT"),
        ('[tls]\ncertificate = "a.pem"', {}, "give both"),
        ('[tls]\nclient_ca = "a.pem"', {}, "certificate"),
        ('[tls]\ncertificate = "a"\nkey = "b"\nclient_required = true', {}, "client_ca"),
        ("[rates.root]\nper_second = 1\nburst = 1", {}, "no role"),
        ("[rates.wallet]\nper_second = 0\nburst = 1", {}, "lets nobody in"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, environment: dict[str, str], said: str) -> None:
    file = tmp_path / "gate.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        read_settings(file, environment)
    assert said in str(error.value)
    assert "secret@" not in str(error.value)
    assert "\n" not in str(error.value)


def test_the_address_of_the_journal_may_stand_in_a_secret_file(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('[store]\nsecret_file = "missing"\n')
    with pytest.raises(SettingsError, match="secret_file holds"):
        access_log_of(read_settings(file, {}), tmp_path)
    (tmp_path / "missing").write_text("gate.sqlite\n")
    access_log_of(read_settings(file, {}), tmp_path).close()
    assert (tmp_path / "access.sqlite").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--config"):
        read_settings(tmp_path / "none.toml", {})
