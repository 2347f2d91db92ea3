"""What may be done about the certificate of client assets."""

from django.utils.translation import gettext_lazy

from sekisho.console.journal.keeping import Keeping
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read custody": READERS | {"operations", "director"},
    "certify a day": SECOND_LINE | {"operations"},
}
KEPT = {
    "certificate": Keeping(
        years=5, ends=("day",), provision="CAO 33(1)(v)-(ix), (2)", why=gettext_lazy("daily amounts of clients' assets")
    ),
}
