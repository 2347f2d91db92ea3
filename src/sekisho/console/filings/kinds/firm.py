"""The items every filing has: who files it."""

from __future__ import annotations

from sekisho.console.filings.fields import Content, Item, Section, Source
from sekisho.rulebook.texts import Text

NAMES = ("firm_name", "firm_address", "registration_number", "representative", "contact")


def firm(provision: str, verified: bool = True) -> Section:
    """The section about the firm. ``provision`` asks for its name and place; what else stands here is for the addressee's use."""
    return Section(
        title=Text("Who files", "届出者"),
        items=(
            Item(name="firm_name", title=Text("Trade name", "商号"), provision=provision, verified=verified),
            Item(
                name="firm_address", title=Text("Address of the head office", "本店所在地"), provision=provision, verified=verified
            ),
            Item(name="registration_number", title=Text("Registration number", "登録番号"), verified=False, optional=True),
            Item(name="representative", title=Text("Representative", "代表者の役職・氏名"), verified=False, optional=True),
            Item(name="contact", title=Text("Contact", "担当部署・連絡先"), verified=False, optional=True),
        ),
    )


def of_the_firm(source: Source) -> Content:
    """What earlier filings said of the firm."""
    return {name: source.firm[name] for name in NAMES if source.firm.get(name)}
