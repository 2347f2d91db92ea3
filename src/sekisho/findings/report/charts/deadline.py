"""What a picture over days marks in time: the finding's own window as a shade, the day it must be put right as a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sekisho.findings.report.charts.canvas import Key, Label, Plot, seconds
from sekisho.findings.report.typeset import JST, day
from sekisho.rulebook.texts import Text

_LABEL_UP, _LABEL_ASIDE = 93.0, 0.8


@dataclass(frozen=True, slots=True)
class Marks:
    """The finding's window (UTC, half open) and its deadline (Japan date), each where known."""

    since: datetime | None = None
    until: datetime | None = None
    due_on: date | None = None

    @property
    def end(self) -> float:
        """The last moment a picture has to show, in epoch seconds."""
        return midnight(self.due_on + timedelta(days=1)) if self.due_on else 0.0

    def covers(self, at: float) -> bool:
        """Whether a moment (epoch seconds) lies in the window; every moment does where no window is known."""
        return self.since is None or self.until is None or seconds(self.since) <= at < seconds(self.until)

    def shade(self, plot: Plot) -> None:
        """The window behind everything else: draw it first."""
        if self.since is not None and self.until is not None:
            left, right = max(seconds(self.since), plot.x[0]), min(seconds(self.until), plot.x[1])
            low, high = plot.y
            plot.area([left, right], [low, low], [high, high], "wash")

    def line(self, plot: Plot) -> tuple[Label, ...]:
        """The deadline, at the end of its day, with its label on the side that has room."""
        if self.due_on is None:
            return ()
        end = midnight(self.due_on + timedelta(days=1))
        plot.moment(end, "alarm", width=1.5, dashed=True)
        at, words = plot.across(end), day(self.due_on)
        aside, anchor = (-_LABEL_ASIDE, "end") if at > 50 else (_LABEL_ASIDE, "start")
        return (Label(at + aside, _LABEL_UP, Text(f"to be cured by {words.en}", f"解消期限 {words.ja}"), anchor, "alarm"),)

    @property
    def keys(self) -> tuple[Key, ...]:
        """The shade in the legend."""
        return () if self.since is None else (Key("shade", "wash", Text("this finding", "この指摘の期間")),)


def midnight(on: date) -> float:
    """The first moment of a Japan day, in epoch seconds."""
    return seconds(datetime(on.year, on.month, on.day, tzinfo=JST))
