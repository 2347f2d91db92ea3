"""Every address of the console: each page and act, and under /api/ the same as JSON."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from sekisho.console.administration import entrance
from sekisho.console.desk.pages import ENTRIES

for _area in settings.AREAS:
    _name = f"sekisho.console.{_area}.pages"
    if find_spec(_name) is not None:
        import_module(_name)

handler400 = "sekisho.console.desk.faults.unreadable"
handler403 = "sekisho.console.desk.faults.not_yours"
handler404 = "sekisho.console.desk.faults.missing"
handler500 = "sekisho.console.desk.faults.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", entrance.log_in, name="login"),
    path("second-factor/", entrance.second_factor, name="second factor"),
    path("password/<int:pk>/<str:token>/", entrance.new_password, name="new password"),
    path("logout/", entrance.log_out, name="logout"),
    path("language/", entrance.set_language, name="set_language"),
    path("theme/", entrance.set_theme, name="theme"),
    path("health/", entrance.health, name="health"),
    *(path(each.path, each.view, name=each.name) for each in ENTRIES.values()),
    *(path(f"api/{each.path}", each.view, {"as_json": True}, name=f"{each.name} as JSON") for each in ENTRIES.values()),
]
if settings.CHOSEN.oidc is not None:
    urlpatterns.append(path("oidc/", include("mozilla_django_oidc.urls")))
