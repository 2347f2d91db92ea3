"""``sekisho serve`` and what belongs to it: start a gate, list its callers, sign their tokens, check its access log."""

from __future__ import annotations

import json
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console

from sekisho.gate.access_log import AccessLogDown, SqliteAccessLog, broken_at
from sekisho.gate.gate import Gate
from sekisho.gate.http.app import GateApp
from sekisho.gate.http.beside import Beside, OpenConsole, Wanted
from sekisho.gate.http.callers import CallersError
from sekisho.gate.http.first_requests import ask_first
from sekisho.gate.http.opening import access_log_of, first_rule_set, learn_records, opened
from sekisho.gate.http.roles import ROLES
from sekisho.gate.http.server import gate_server, listener
from sekisho.gate.http.service import Service
from sekisho.gate.http.settings import Settings, SettingsError, read_settings
from sekisho.gate.http.tokens import Signer, new_caller
from sekisho.gate.messages import GateError
from sekisho.gate.progress import progress
from sekisho.intelligence.list_file import read_list_file
from sekisho.intelligence.store import ListStore, Loading
from sekisho.records import RecordsError, open_records
from sekisho.rulebook import RulebookError

TRYING_SECONDS: Final = 3600
_PARTIES: Final = {
    "wallet": "SYS-WALLET",
    "trading": "SYS-TRADING",
    "compliance": "STAFF-COMPLIANCE",
    "supervisor": "STAFF-SUPERVISOR",
    "auditor": "STAFF-AUDITOR",
    "admin": "STAFF-ADMIN",
}
"""Who the callers of a gate for trying are."""

callers_app = typer.Typer(
    help="Who may ask the gate: make keys for callers and sign their tokens.", no_args_is_help=True, pretty_exceptions_enable=False
)
WriteDemo = Callable[[Path], None]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def serving(write_demo: WriteDemo, open_console: OpenConsole) -> Callable[..., None]:
    """The command ``serve``; ``write_demo`` writes the records of a simulated exchange into a new folder.

    ``open_console`` starts the console as a process of its own, so that the gate is as fast as without it.
    """

    def serve(
        config: Annotated[
            Path | None,
            typer.Option("--config", help="Settings (TOML). Without: a gate for trying, with callers and an exchange of its own."),
        ] = None,
        out: Annotated[
            Path, typer.Option("--out", help="Without --config: folder of the gate for trying; it goes on where it stopped.")
        ] = Path("sekisho-gate"),
        records: Annotated[
            Path | None,
            typer.Option("--records", help="Records folder a new journal learns before it serves: accounts, trades …"),
        ] = None,
        host: Annotated[str | None, typer.Option("--host", help="Address to listen at; default 127.0.0.1.")] = None,
        port: Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one; default 8470.")] = None,
        regime: Annotated[
            str | None, typer.Option("--regime", help="Regime of a new journal's first rule set; default: the law of each day.")
        ] = None,
        rules: Annotated[str | None, typer.Option("--rules", help="Rules of the first rule set, such as 'transfers/*'.")] = None,
        assume: Annotated[list[str] | None, typer.Option("--assume", help="RULE.PARAMETER=VALUE of the first rule set.")] = None,
        log: Annotated[
            Path | None, typer.Option("--log", help="File the request log goes to (JSON lines); default: stderr.")
        ] = None,
        no_console: Annotated[bool, typer.Option("--no-console", help="Serve the gate alone, without the office's pages.")] = False,
        console_port: Annotated[
            int | None,
            typer.Option("--console-port", help="Port of the console; 0 takes a free one; default 8471.", min=0, max=65_535),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the addresses and a token as one line of JSON.")] = False,
    ) -> None:
        """Serve the gate over HTTP (may this transfer, may this order go ahead?), and the console, where people decide.

        Without --config everything is made for you in the folder --out: a journal in SQLite, a simulated exchange the gate knows,
        a caller of each role with its key, and a console filled with what an inspection of that exchange finds; the addresses, a
        token and the accounts to try with are printed. With --config the settings file says where the journal is (SQLite or
        PostgreSQL), who may ask, and how (TLS, rates, limits), and by [console] which console is served; each setting can also be
        given as SEKISHO_GATE_SECTION_NAME. An answer leaves only when its decision is on disk; stop with Ctrl-C or SIGTERM at any
        time.
        """
        try:
            folder = config.parent if config is not None else out
            settings = _with_options(read_settings(config), host, port, regime, rules, assume)
            trying = config is None
            if trying:
                records = _made_for_trying(out, records, write_demo)
                settings = _for_trying(settings, out)
            wanted = None if no_console else _wanted(settings, folder, out if trying else None, records, console_port, as_json)
            chosen = [name for name, given in (("--regime", regime), ("--rules", rules), ("--assume", assume)) if given]
            with ExitStack() as stack:
                console = open_console(wanted) if wanted is not None else None
                if console is not None:
                    stack.callback(console.stop)
                service = stack.enter_context(opened(settings, folder, stack.enter_context(_log(log))))
                new = _begin(service, settings, records, chosen)
                if new and trying and console is not None and records is not None:
                    ask_first(_gate(service), open_records(records), datetime.now(UTC))
                _run(service, settings, folder, _Greeting(folder if trying else None, as_json), console)
        except (SettingsError, CallersError, AccessLogDown, GateError) as error:
            raise RecordsError("sekisho serve", str(error)) from None
        except (OSError, ssl.SSLError) as error:
            raise RecordsError("sekisho serve", str(error), "check the address, the port and the files of [tls]") from None

    return serve


@callers_app.command("add")
def add_caller(
    party: Annotated[str, typer.Argument(help="party_id of the person or system the key belongs to.", show_default=False)],
    roles: Annotated[list[str], typer.Option("--role", help=f"What it may do; repeatable: {', '.join(ROLES)}.")],
    out: Annotated[Path, typer.Option("--out", help="File the private key is written to, readable by its owner alone.")],
    callers: Annotated[Path, typer.Option("--callers", help="The gate's list of callers.")] = Path("callers.toml"),
    algorithm: Annotated[str, typer.Option("--algorithm", help="EdDSA (Ed25519) or ES256 (P-256).")] = "EdDSA",
    as_json: _Json = False,
) -> None:
    """Make a key for a caller and put its public half on the gate's list.

    The private key goes to --out and nowhere else; give it to the caller. A running gate reads the list again by itself. To renew
    a key, add a second one for the same party and end the old one (valid_until, or revoked = true) in the list.
    """
    try:
        kid = new_caller(callers, out, party, roles, datetime.now(UTC), algorithm)
    except CallersError as error:
        raise RecordsError("sekisho caller add", str(error)) from None
    if as_json:
        typer.echo(json.dumps({"kid": kid, "party_id": party, "roles": roles, "key": str(out), "callers": str(callers)}))
    else:
        typer.echo(f"{kid}: key in {out}, listed in {callers}")


@callers_app.command("token")
def sign_token(
    key: Annotated[Path, typer.Argument(help="Key file of the caller, as 'sekisho caller add' wrote it.", show_default=False)],
    seconds: Annotated[int, typer.Option("--seconds", help="How long it is good for.", min=1, max=86_400)] = 300,
    roles: Annotated[list[str] | None, typer.Option("--role", help="Only these of the caller's roles; repeatable.")] = None,
    bound: Annotated[
        str | None, typer.Option("--bound", help="Digest of the one request it is for (SHA-256, docs/gate-http.md).")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Sign a token for a caller, to be sent as 'Authorization: Bearer TOKEN'.

    Acts of people (approve, release, refuse, put a rule set in force) need a token of the last minute that has not been used for
    an act before: sign a new one for each.
    """
    try:
        signer = Signer.from_file(key)
    except CallersError as error:
        raise RecordsError("sekisho caller token", str(error)) from None
    token = signer.token(time.time(), seconds, roles=roles, bound=bound)
    typer.echo(json.dumps({"token": token, "kid": signer.kid, "party_id": signer.party_id}) if as_json else token)


def access_log_command(
    config: Annotated[Path | None, typer.Option("--config", help="Settings of the gate (TOML).")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The access log, where it is an SQLite file.")] = None,
    seal: Annotated[
        str | None, typer.Option("--seal", help="A seal from the gate's ordinary log; it must be among the lines.")
    ] = None,
    after: Annotated[int, typer.Option("--after", help="Show lines after this number.", min=0)] = 0,
    as_json: _Json = False,
) -> None:
    """Check the access log (who read which personal data, when and why) and show its lines.

    Every line seals the one before: a line that was changed, removed or put in shows, and with --seal also one cut off at the
    end. Exit status 1 where a seal does not hold.
    """
    try:
        if (config is None) == (file is None):
            raise SettingsError("give --config FILE or --file FILE, one of them")
        if file is not None and not file.is_file():
            raise SettingsError(f"{file}: there is no such file")
        log = SqliteAccessLog(file) if file is not None else access_log_of(read_settings(config), _parent(config))
        broken = broken_at(log, seal)
        lines = []
        while some := log.lines(after):
            lines += [{"number": each.number, "seal": each.seal, **msgspec.to_builtins(each.access)} for each in some]
            after = some[-1].number
        log.close()
    except (SettingsError, AccessLogDown) as error:
        raise RecordsError("sekisho access-log", str(error)) from None
    if as_json:
        typer.echo(json.dumps({"intact": broken is None, "broken_at": broken, "lines": lines}, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            typer.echo("  ".join(str(line[name]) for name in ("number", "at", "party_id", "what", "subject", "reason")))
        holds = "every seal holds" if broken is None else f"line {broken} does not follow from the one before"
        typer.echo(f"{len(lines)} lines; {holds}")
    if broken is not None:
        raise typer.Exit(1)


class _Greeting:
    """What is printed once the gate listens, and once the console does."""

    def __init__(self, trying: Path | None, as_json: bool) -> None:
        self._trying, self._as_json = trying, as_json

    def __call__(self, address: str, service: Service, beside: Beside | None) -> None:
        active = service.doors.gate.life.active
        told: dict[str, Any] = {"address": address, "rule_set": active.name if active else None}
        if self._trying is not None:
            signer = Signer.from_file(self._trying / "keys" / "wallet.pem")
            told["token"] = signer.token(service.doors.clock(), TRYING_SECONDS)
            told["keys"] = str(self._trying / "keys")
        if not self._as_json:
            self._print_gate(told)
        if beside is not None:
            told["console"] = beside.ready()
        if self._as_json:
            typer.echo(json.dumps(told))
        elif beside is not None:
            _print_console(told["console"])
        sys.stdout.flush()

    def _print_gate(self, told: dict[str, Any]) -> None:
        console = Console(soft_wrap=True, highlight=False)
        address = told["address"]
        console.print(f"The gate listens at [bold]{address}[/bold] (described at {address}/openapi.json).")
        if self._trying is not None:
            console.print("A token of the wallet system, good for an hour:")
            typer.echo(told["token"])
            console.print(f"Other callers: sekisho caller token {self._trying}/keys/supervisor.pem", markup=False)
        sys.stdout.flush()


def _print_console(told: dict[str, Any]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"The console is at [bold]{told['address']}[/bold] – open it in a browser.")
    if "password" in told:
        for account, title in told["titles"].items():
            console.print(f"  {account:<8} {title}", markup=False)
        console.print(f"Password of all of them: [bold]{told['password']}[/bold]")
        console.print("For trying only: known passwords and no second factor. Put nothing real into it.", style="yellow")


def _gate(service: Service) -> Gate:
    gate = service.doors.gate
    assert isinstance(gate, Gate)
    return gate


def _run(service: Service, settings: Settings, folder: Path, greeting: _Greeting, beside: Beside | None) -> None:
    """Serve until stopped; gate and console stop together. Raises RecordsError where the console ended by itself."""
    scheme = "https" if settings.tls.certificate else "http"
    ended: list[str] = []

    with listener(settings) as listening:
        host, port = listening.getsockname()[:2]
        address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

        def announce() -> None:
            if beside is None:
                greeting(address, service, None)
            else:
                Thread(target=together, args=(beside,), name="console", daemon=True).start()

        def together(console: Beside) -> None:
            try:
                console.gate_at(address)
                greeting(address, service, console)
                ended.append(console.wait())
            except RecordsError as error:
                ended.append(str(error))
            server.should_exit = True

        server = gate_server(GateApp(service), settings, folder, announce)
        server.run([listening])
    if ended:
        raise RecordsError("sekisho serve", f"the console stopped, so the gate stopped too: {ended[0]}")


def _wanted(
    settings: Settings, folder: Path, trying: Path | None, records: Path | None, port: int | None, quiet: bool
) -> Wanted | None:
    """The console to be served beside the gate; None where the settings name none."""
    chosen = settings.console
    if trying is None and chosen.settings is None:
        return None
    free = trying is not None and settings.http.port == 0
    return Wanted(
        settings=folder / (chosen.settings or "office.toml"),
        host=chosen.host,
        port=port if port is not None else 0 if free else chosen.port,
        trying=trying,
        journal=settings.store.journal,
        records=records,
        quiet=quiet,
    )


def _begin(service: Service, settings: Settings, records: Path | None, chosen: list[str]) -> bool:
    """Give a new journal its records and its first rule set; one that has a rule set goes on as it is. Whether it was new."""
    gate = _gate(service)
    if gate.life.active is not None:
        if chosen:
            raise SettingsError(f"{chosen[0]}: the journal has its rule set already; 'sekisho gate rules' changes it")
        return False
    if records is not None:
        with progress() as shown:
            learn_records(gate, open_records(records), shown)
    try:
        first_rule_set(gate, settings)
    except RulebookError as error:
        raise SettingsError(f"[rules]: {error}") from None
    return True


def _made_for_trying(out: Path, records: Path | None, write_demo: WriteDemo) -> Path | None:
    """The folder of a gate for trying: callers with their keys, and the records of an exchange where none are given."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "callers.toml").exists():
        for role, party in _PARTIES.items():
            (out / "keys" / f"{role}.pem").unlink(missing_ok=True)
            new_caller(out / "callers.toml", out / "keys" / f"{role}.pem", party, [role], datetime.now(UTC))
    if records is None and not (out / "records").exists():
        write_demo(out / "records")
    if not (out / "lists").exists():
        _invented_list(out)
    return records or out / "records"


def _invented_list(out: Path) -> None:
    """A list of one address that nobody has: without any list in force the rule on sanctions would hold every transfer."""
    file = out / "invented.csv"
    file.write_text(f"value\n0x{'de' * 20}\n", encoding="utf-8")
    given = read_list_file(file, "sanctions")
    told = Loading(
        list_id="invented",
        kind="sanctions",
        source="invented for trying; no sanctions list",
        loaded_by="demo",
        loaded_at=datetime.now(UTC),
    )
    ListStore(out / "lists").load(given, told)


def _for_trying(settings: Settings, out: Path) -> Settings:
    """A gate for trying lists rules without a value instead of holding everything up, and takes lists where there are any."""
    store = settings.store
    if (out / "lists").is_dir():
        store = msgspec.structs.replace(store, lists="lists")
    return msgspec.structs.replace(settings, store=store, rules=msgspec.structs.replace(settings.rules, undetermined={"*": "list"}))


def _with_options(
    settings: Settings, host: str | None, port: int | None, regime: str | None, rules: str | None, assume: list[str] | None
) -> Settings:
    http = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    first: dict[str, Any] = {name: value for name, value in (("regime", regime), ("rules", rules)) if value is not None}
    if assume:
        first["assume"] = tuple(assume)
    return msgspec.structs.replace(
        settings,
        http=msgspec.structs.replace(settings.http, **http),
        rules=msgspec.structs.replace(settings.rules, **first),
    )


def _parent(config: Path | None) -> Path:
    assert config is not None
    return config.parent


@contextmanager
def _log(file: Path | None) -> Iterator[Any]:
    if file is None:
        yield None
        return
    with file.open("a", encoding="utf-8") as stream:
        yield stream
