"""Django's settings, made of what the console was told (``chosen.py``)."""

from __future__ import annotations

import os
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import uplot
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from sekisho.console.chosen import VARIABLE, Oidc, read_chosen

NAMED = VARIABLE in os.environ
CHOSEN, FOLDER = read_chosen()

AREAS: Final = (
    "journal",
    "people",
    "desk",
    "approvals",
    "administration",
    "alerts",
    "cases",
    "filings",
    "deadlines",
    "incidents",
    "attestations",
    "registers",
    "transfers",
    "custody",
    "market",
    "rulebook",
    "impact",
    "overview",
)
"""The parts of the console, lowest first; each is a folder beside this file."""


def _secret(file: Path) -> str:
    if not NAMED:
        return secrets.token_urlsafe(64)
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(64))
    return file.read_text().strip()


def _database(named: str) -> dict[str, Any]:
    if not named.startswith(("postgresql://", "postgres://")):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / named if NAMED else ":memory:",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
            },
        }
    address, _hash, schema = named.partition("#")
    at = urlsplit(address)
    # libpq takes the folder of a socket as ?host=, which is no host of an address.
    asked = dict(parse_qsl(at.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": at.path.lstrip("/"),
        "USER": unquote(at.username or ""),
        "PASSWORD": unquote(at.password or ""),
        "HOST": at.hostname or asked.get("host", ""),
        "PORT": str(at.port or asked.get("port", "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": f"-c search_path={schema or 'sekisho_office'}"},
    }


def oidc_settings(oidc: Oidc, secret: str) -> dict[str, Any]:
    """What the package for OpenID providers is told."""
    return {
        "OIDC_CALLBACK_CLASS": "sekisho.console.administration.provider.Callback",
        "OIDC_RP_CLIENT_ID": oidc.client_id,
        "OIDC_RP_CLIENT_SECRET": secret,
        "OIDC_RP_SIGN_ALGO": oidc.algorithm,
        "OIDC_RP_SCOPES": "openid email",
        "OIDC_OP_AUTHORIZATION_ENDPOINT": oidc.authorization_endpoint,
        "OIDC_OP_TOKEN_ENDPOINT": oidc.token_endpoint,
        "OIDC_OP_USER_ENDPOINT": oidc.user_endpoint,
        "OIDC_OP_JWKS_ENDPOINT": oidc.jwks_endpoint,
        "OIDC_CREATE_USER": False,
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": 10,
        "LOGIN_REDIRECT_URL_FAILURE": "/login/?refused=yes",
    }


def echarts_folder() -> Path | None:
    """Where ECharts lies for pages to load: in a package that is looked up and never imported; None without the package."""
    found = find_spec("nicegui")
    places = (found.submodule_search_locations if found is not None else None) or []
    folders = (Path(place) / "elements" / "echart" / "dist" for place in places)
    return next((folder for folder in folders if (folder / "index.js").is_file()), None)


SECRET_KEY = _secret(FOLDER / CHOSEN.secret_file)
DEBUG = False
ALLOWED_HOSTS = list(CHOSEN.hosts)
ROOT_URLCONF = "sekisho.console.urls"
DATABASES = {"default": _database(CHOSEN.database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Account"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "csp",
    *(f"sekisho.console.{area}" for area in AREAS),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sekisho.console.desk.compressing.compressed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "sekisho.console.desk.middleware.sealed",
    "sekisho.console.desk.middleware.signed_in",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "sekisho.console.desk.frame.frame",
            ],
            "builtins": [
                "sekisho.console.desk.templatetags.desk",
                "django.templatetags.i18n",
                "django.contrib.humanize.templatetags.humanize",
            ],
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
LANGUAGE_CODE = "en"
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    ("uplot", str(Path(uplot.__file__).parent / "static")),
    ("replay", str(Path(__file__).parent.parent / "cases" / "page")),
]
ECHARTS: Final = echarts_folder()
if ECHARTS is not None:
    STATICFILES_DIRS.append(("echarts", str(ECHARTS)))
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 86_400
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
SESSION_ENGINE = "sekisho.console.people.sessions"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CHOSEN.secure
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if CHOSEN.secure else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
CSRF_FAILURE_VIEW = "sekisho.console.desk.faults.not_ours"
if CHOSEN.oidc is not None:
    AUTHENTICATION_BACKENDS.append("sekisho.console.administration.provider.Provider")
    globals().update(oidc_settings(CHOSEN.oidc, (FOLDER / CHOSEN.oidc.client_secret_file).read_text().strip()))
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
