"""What may be done about the certificate of client assets."""

from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read custody": READERS | {"operations"},
    "certify a day": SECOND_LINE | {"operations"},
}
