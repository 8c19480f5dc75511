"""One dictionary's exact effects: ablations first, then what those that pass are worth knowing besides."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from atlas.config.effects import EffectsConfig
from atlas.effects.budget import (
    control_clips,
    control_edits,
    controlled_features,
    dose_edits,
    dosed_features,
    written_edits,
)
from atlas.effects.design import Chosen, ablations
from atlas.effects.edit_sets import Bools, nearest
from atlas.effects.edits import Covariance, Floats
from atlas.effects.hearing import HeardClip, Hearing
from atlas.effects.knowledge import FeatureKnowledge, LabelledClips
from atlas.effects.ledger import Ledger, WantedEdit, by_clip
from atlas.effects.means import FeatureLabel, MeanSums
from atlas.effects.measured import MEASURED
from atlas.effects.measuring import ClipKnowledge
from atlas.effects.pieces import MOST_EDITS, EditPiece, PieceJob, active_together, label_sums, measure_piece
from atlas.effects.summaries import interim
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema.effects import BY_WISH, DOWNSTREAM, LOCAL, MEANS
from atlas.schema.effects import passing as is_passing
from atlas.schema.thresholds import CONTROL_DIRECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryWork:
    """What is measured of a dictionary, and what that needs."""

    hearing: Hearing
    name: str
    features: FeatureKnowledge
    covariance: Covariance
    about: Mapping[int, ClipKnowledge]
    "of the clips of what is chosen"
    half_a: LabelledClips
    heard: Sequence[HeardClip]
    ledger: Ledger
    workers: int

    def measure(self, chosen: Sequence[Chosen]) -> pl.DataFrame:
        """What the budget bears of features in the order of their choice, as MEASURED.

        What a larger budget has left besides counts for nothing here, so that tables follow from the config.
        """
        settings = self._settings
        ablated = [WantedEdit(planned, False) for planned in ablations(chosen)]
        self._do("ablate", ablated)
        wished = [one for one in chosen if one.by == BY_WISH]
        strongest, passing = self._strongest(chosen, ablated)
        others = [one for one in strongest if one not in wished]
        dosed = dosed_features([*wished, *(one for one in others if one in passing)], settings.budget_passes)
        doses = dose_edits(dosed)
        self._do("doses", doses)
        displayed = controlled_features(wished, others, settings.displayed, settings.budget_passes)
        controls = self._control(displayed) if displayed else []
        written = written_edits(displayed, dosed) if self.hearing.speaks else []
        self._do("write", written)
        return self._rows([*ablated, *doses, *controls, *written])

    @property
    def _settings(self) -> EffectsConfig:
        settings = self.hearing.run.config.effects
        assert settings is not None, "the stage is asked for"
        return settings

    def _rows(self, wanted: Sequence[WantedEdit]) -> pl.DataFrame:
        """What was measured of these."""
        keys = [(one.planned.feature, one.planned.clip, one.planned.edit) for one in wanted]
        known = {name: MEASURED[name] for name in ("feature", "clip", "edit")}
        asked = pl.DataFrame(keys, schema=known, orient="row").unique()
        return self.ledger.rows().join(asked, on=list(known), how="semi", maintain_order="left")

    def _strongest(
        self, chosen: Sequence[Chosen], ablated: Sequence[WantedEdit]
    ) -> tuple[list[Chosen], Collection[Chosen]]:
        """All that could be tested, by what they do beyond their decoys; and those of them that pass."""
        primary = LOCAL if self.hearing.speaks else DOWNSTREAM
        recordings = {clip.number: clip.recording for clip in self.heard}
        tested = interim(self.name, self._rows(ablated), recordings, primary)
        by_number = {one.feature: one for one in chosen}
        order = tested.sort("statistic", "feature", descending=[True, False])
        passing = order.filter(is_passing())
        found = [[by_number[feature] for feature in frame["feature"]] for frame in (order, passing)]
        return found[0], found[1]

    def _do(self, title: str, wanted: Iterable[WantedEdit], means: Mapping[int, Floats] | None = None) -> None:
        """Measure what of these is not measured yet."""
        missing = self.ledger.missing(wanted)
        job = PieceJob(
            hearing=self.hearing.shipped,
            name=self.name,
            covariance=self.covariance,
            high_values=self.features.high_values,
            means=means or {},
            labels=self.features.spoken,
            languages=self.features.languages,
            ledger=self.ledger,
        )
        pieces = [EditPiece(self.about[some[0].planned.clip], some) for some in by_clip(missing, MOST_EDITS)]
        with bar(f"{self.name} {title}", len(missing), "edits") as advance:
            for done in ordered_map(partial(measure_piece, job.shipped), pieces, self.workers):
                advance(done)

    def _control(self, displayed: Sequence[Chosen]) -> list[WantedEdit]:
        """Full sets of controls, as many clips of each as the budget bears; which these are."""
        clips = control_clips(displayed, self._settings.budget_passes)
        labels = {
            one.feature: self.features.labels[one.feature] for one in displayed if one.feature in self.features.labels
        }
        wanted = control_edits(displayed, self._nearest(displayed), frozenset(labels), clips)
        unknown = {one.planned.feature for one in self.ledger.missing(wanted) if one.planned.edit == MEANS}
        means = self._means({feature: labels[feature] for feature in sorted(unknown)}) if unknown else {}
        self._do("controls", wanted, means)
        return wanted

    def _nearest(self, displayed: Sequence[Chosen]) -> dict[int, list[int]]:
        """Of each feature, live others that are like it, and active where it is on some of its clips."""
        of_clip: dict[int, list[int]] = {}
        for one in displayed:
            for clip in one.clips:
                of_clip.setdefault(clip, []).append(one.feature)
        asked = [(clip, tuple(features)) for clip, features in sorted(of_clip.items())]
        able: dict[int, Bools] = {}
        with bar(f"{self.name} beside", len(asked), "clips") as advance:
            work = partial(active_together, self.hearing.shipped, self.name)
            for found in ordered_map(work, asked, self.workers):
                for feature, together in found.items():
                    able[feature] = together | able[feature] if feature in able else together
                advance(1)
        density, energy = self.features.density, self.features.energy
        return {
            feature: nearest(feature, others & self.features.live, density, energy, CONTROL_DIRECTIONS)
            for feature, others in able.items()
        }

    def _means(self, labels: Mapping[int, FeatureLabel]) -> dict[int, Floats]:
        """feature -> its label's difference of means, on half A; without those whose label is on no frame there."""
        each = tuple(dict.fromkeys(labels.values()))
        clips = self.half_a
        totals: list[MeanSums | None] = [None] * len(each)
        with bar(f"{self.name} means", len(clips), "clips") as advance:
            work = partial(label_sums, self.hearing.shipped, self.name, each)
            for sums in ordered_map(work, clips, self.workers):
                for place, one in enumerate(sums):
                    before = totals[place]
                    totals[place] = before if one is None else one if before is None else before + one
                advance(1)
        known = {label: total.difference for label, total in zip(each, totals, strict=True) if total is not None}
        differences = {feature: known.get(label) for feature, label in labels.items()}
        return {feature: mean.numpy() for feature, mean in differences.items() if mean is not None}
