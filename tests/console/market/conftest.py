"""The market is tested on the books and alerts that cases are tested on."""

from console.cases.conftest import actor, make_alert, small_books  # noqa: F401 - fixtures
