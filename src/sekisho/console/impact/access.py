"""Who may ask what a change of law or value would do, and who may read the answer."""

from sekisho.console.journal.keeping import working_paper
from sekisho.console.people.roles import READERS, SECOND_LINE

ACCESS = {
    "read impact": READERS,
    "ask for impact": SECOND_LINE,
}
KEPT = {
    "study": working_paper("ended_at"),
}
