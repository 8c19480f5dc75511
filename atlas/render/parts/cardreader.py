"""The figures of a dictionary's card, and those of its controls beside it, as the chart of the card asks for them."""

from collections.abc import Iterator

import polars as pl

from atlas.reading.tables import Atlas
from atlas.render.parts.cards import CONTROL_WORDS
from atlas.render.parts.effectcard import shares_of


class CardReader:
    """The figures of one dictionary, and of its controls beside it."""

    def __init__(self, atlas: Atlas, name: str) -> None:
        self.name = name
        self.controls = atlas.controls_of(name)
        rows = atlas.controls.filter(pl.col("dictionary") == name)
        self._held = {tuple(row[1:4]): row[4:] for row in rows.iter_rows()}
        self._first = next((control for control, *_ in self._held), "")

        self.passing = {row["of"]: row for row in shares_of(atlas, name).iter_rows(named=True)}

    def own(self, figure: str, of: str, control: str | None = None) -> float | None:
        """Of as many features as a control has, where that was measured."""
        value, drawn, _ = self._held.get((control or self._first, figure, of), (None, None, None))
        result: float | None = value if drawn is None else drawn
        return result

    def theirs(self, figure: str, of: str, control: str) -> float | None:
        result: float | None = self._held.get((control, figure, of), (None, None, None))[2]
        return result

    def tested(self, kind: str) -> float:
        """How many labels of a kind could be tested."""
        return self.own("labels_tested", kind) or 0.0

    def kinds(self, figure: str) -> list[str]:
        """What it is measured of."""
        return sorted({of for control, name, of in self._held if name == figure and control == self._first})

    def everyone(self, figure: str, of: str) -> Iterator[tuple[str, str, float, str | None]]:
        """Who has it, in whose name, the figure, and of a control, which one; without those for whom it is blank."""
        own = ("own", self.name, self.own(figure, of), None)
        controls = (
            (kind, CONTROL_WORDS[kind], self.theirs(figure, of, control), control)
            for kind, control in self.controls.items()
        )
        for who, name, value, control in (own, *controls):
            if value is not None:
                yield who, name, value, control

    def beside(self, figure: str, of: str, control: str | None) -> float | None:
        """Of a control, or without one its own."""
        return self.own(figure, of) if control is None else self.theirs(figure, of, control)
