"""One dictionary's exact effects: ablations first, then what those that pass are worth knowing besides."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from atlas.config.effects import EffectsConfig
from atlas.effects.budget import (
    Others,
    choosing_clips,
    control_clips,
    control_edits,
    controlled_features,
    dose_edits,
    dosed_features,
    held_back,
    written_edits,
)
from atlas.effects.design import Chosen, ablations
from atlas.effects.edit_sets import nearest
from atlas.effects.edits import Covariance, Floats
from atlas.effects.hearing import HeardClip, Hearing
from atlas.effects.knowledge import FeatureKnowledge, LabelledClips
from atlas.effects.ledger import Ledger, WantedEdit, by_clip
from atlas.effects.means import FeatureLabel, MeanSums
from atlas.effects.measured import MEASURED
from atlas.effects.measuring import ClipKnowledge, edit_words
from atlas.effects.pieces import MOST_EDITS, EditPiece, PieceJob, active_together, label_sums, measure_piece
from atlas.effects.summaries import beyond_decoys, interim
from atlas.formatting import counted
from atlas.pool import ordered_map
from atlas.progress import bar
from atlas.schema.effects import ABLATE, BY_WISH, DOWNSTREAM, LOCAL, MEANS
from atlas.schema.effects import passing as is_passing
from atlas.schema.thresholds import CONTROL_DIRECTIONS, FEWEST_EFFECT_RECORDINGS

LOG = logging.getLogger(__name__)
_TOLD = 5
"edits that are named in a warning"


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
        rows = self._rows(ablated)
        telling = self._telling(chosen, rows)
        displayed = controlled_features(
            wished, self._strongest(chosen, rows, telling), settings.displayed, settings.budget_passes
        )
        self._tell_left_out(wished, displayed)
        passing = [one for one in self._passing(chosen, rows) if one.by != BY_WISH]
        dosed = dosed_features([*wished, *passing], settings.budget_passes)
        spoken = {one.feature for one in displayed} if self.hearing.speaks else set()
        doses = dose_edits(dosed, spoken)
        self._do("doses", doses)
        controls = self._control(displayed, len(wished), telling)
        written = written_edits(displayed) if self.hearing.speaks else []
        self._do("write", written)
        measured = self._rows([*ablated, *doses, *controls, *written])
        self._tell_nan(measured)
        return measured

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

    @property
    def _primary(self) -> str:
        return LOCAL if self.hearing.speaks else DOWNSTREAM

    def _telling(self, chosen: Sequence[Chosen], rows: pl.DataFrame) -> dict[int, frozenset[int]]:
        """feature -> the clips on which its ablation has the primary outcome."""
        own = rows.filter(pl.col("edit") == ABLATE, pl.col("outcomes").list.contains(self._primary))
        found: dict[int, set[int]] = {one.feature: set() for one in chosen}
        for feature, clip in own.select("feature", "clip").iter_rows():
            found[feature].add(clip)
        return {feature: frozenset(clips) for feature, clips in found.items()}

    def _strongest(
        self, chosen: Sequence[Chosen], rows: pl.DataFrame, telling: Mapping[int, Collection[int]]
    ) -> list[Chosen]:
        """Those that controls can be measured of, by what they do beyond their decoys on clips without controls."""
        able = [one for one in chosen if len(telling[one.feature]) >= FEWEST_EFFECT_RECORDINGS]
        kept = [(one.feature, clip) for one in able for clip in choosing_clips(one, telling[one.feature])]
        asked = pl.DataFrame(kept, schema={name: MEASURED[name] for name in ("feature", "clip")}, orient="row")
        beyond = beyond_decoys(rows.join(asked, on=["feature", "clip"], how="semi"), self._primary)
        return sorted(
            (one for one in able if one.feature in beyond), key=lambda one: (-beyond[one.feature], one.feature)
        )

    def _passing(self, chosen: Sequence[Chosen], rows: pl.DataFrame) -> list[Chosen]:
        """Those whose effect is told from the decoys', the largest first."""
        recordings = {clip.number: clip.recording for clip in self.heard}
        tested = interim(self.name, rows, recordings, self._primary).filter(is_passing())
        by_number = {one.feature: one for one in chosen}
        return [by_number[one] for one in tested.sort("statistic", "feature", descending=[True, False])["feature"]]

    def _tell_left_out(self, wished: Sequence[Chosen], displayed: Sequence[Chosen]) -> None:
        left = [f"{self.name}/{one.feature}" for one in wished if one not in displayed]
        if left:
            LOG.warning(
                "effects.budget_passes: %s passes bear no full set of controls of %s; give more, or name fewer",
                f"{self._settings.budget_passes:,}",
                ", ".join(left),
            )

    def _tell_nan(self, rows: pl.DataFrame) -> None:
        """Edits that were made, and say nothing."""
        odd = rows.filter(pl.col("outcomes").list.len() == 0, pl.col("frames_edited") > 0)
        if len(odd):
            each = odd.select("feature", "edit").unique(maintain_order=True)
            told = [f"{self.name}/{feature} at {edit_words(edit)}" for feature, edit in each.head(_TOLD).iter_rows()]
            more = [f"and {len(each) - _TOLD} more"] if len(each) > _TOLD else []
            LOG.warning(
                "effects: %s made the model say NaN, and counts for nothing: %s",
                counted(len(odd), "edit"),
                ", ".join([*told, *more]),
            )

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

    def _control(
        self, displayed: Sequence[Chosen], wished: int, telling: Mapping[int, Collection[int]]
    ) -> list[WantedEdit]:
        """Full sets of controls, on as many clips of each as the budget bears; which these are."""
        settings = self._settings
        count = control_clips(wished + settings.displayed, settings.budget_passes)
        clips = {one.feature: held_back(one, telling[one.feature])[:count] for one in displayed}
        labels = {
            one.feature: self.features.labels[one.feature] for one in displayed if one.feature in self.features.labels
        }
        wanted = control_edits(clips, self._nearest(clips), labels)
        unknown = {one.planned.feature for one in self.ledger.missing(wanted) if one.planned.edit == MEANS}
        means = self._means({feature: labels[feature] for feature in sorted(unknown)}) if unknown else {}
        self._do("controls", wanted, means)
        return wanted

    def _nearest(self, clips: Mapping[int, Sequence[int]]) -> Others:
        """Of each feature and clip of it, live others that are like it, and active where it is in that very clip."""
        of_clip: dict[int, list[int]] = {}
        for feature, some in clips.items():
            for clip in some:
                of_clip.setdefault(clip, []).append(feature)
        asked = [(clip, tuple(features)) for clip, features in sorted(of_clip.items())]
        density, energy = self.features.density, self.features.energy
        others = {}
        with bar(f"{self.name} beside", len(asked), "clips") as advance:
            work = partial(active_together, self.hearing.shipped, self.name)
            for (clip, _), found in zip(asked, ordered_map(work, asked, self.workers), strict=True):
                for feature, together in found.items():
                    able = together & self.features.live
                    others[feature, clip] = nearest(feature, able, density, energy, CONTROL_DIRECTIONS)
                advance(1)
        return others

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
