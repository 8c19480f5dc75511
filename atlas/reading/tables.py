"""The atlas folder -> `Atlas`, and of each dictionary its tables, whose rows are found by feature.

Read once a process. A block of features is read without the rest of the dictionary, so that workers share the work and
memory stays small. A table that an older atlas lacks, or that a stage has not written yet, reads as an empty frame:
pages then say what is not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from atlas.errors import AtlasError
from atlas.formatting import counted
from atlas.reading.clips import AtlasClip, Locate
from atlas.reading.controls import controls_of, own_figures
from atlas.reading.dictionary_tables import BY_FEATURE, DictionaryTables
from atlas.reading.effects import EffectRun, effect_run, effects_of
from atlas.reading.feature import AtlasFeature
from atlas.reading.joining import given_to, headlines_of, with_media
from atlas.reading.published import PublishedFolder
from atlas.reading.sorted_frame import SortedFrame, sorted_frame
from atlas.schema import (
    ALIGNMENTS,
    ANNOTATED,
    ANNOTATIONS,
    CLIPS,
    CODES,
    COMPARISONS,
    CONTROLS,
    DOMAINS,
    EFFECT_RUNS,
    EXAMPLES,
    EXPLANATIONS,
    FEATURES,
    FINDINGS,
    HISTOGRAMS,
    LABEL_INDEX,
    LABELS,
    NAMES,
    NEIGHBOURS,
    PEAKS,
    TRACKS,
    TRANSCRIPTS,
    Table,
    peaks_table,
)
from atlas.schema.card import Card, DictionaryCard
from atlas.schema.described import EVERY
from atlas.schema.grid import FrameGrid
from atlas.schema.media import INDEX, MEDIA, sound_path
from atlas.schema.vectors import read_vectors, vectors_path
from atlas.speech.tiers import joined
from atlas.store import AtlasFolder

READABLE: Mapping[str, Table] = {table.name: table for table in EVERY}


@dataclass(frozen=True, eq=False, repr=False)
class Atlas:
    """Everything that a finished atlas holds."""

    folder: AtlasFolder
    card: Card
    locate: Locate | None = field(default=None, kw_only=True)
    "from a clip's path to its file, where the corpus is at hand"
    _headlines: dict[str, pl.DataFrame] = field(default_factory=dict, init=False)
    _known_version: set[Path] = field(default_factory=set, init=False)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} ({counted(card.features, 'feature')})" for name, card in self.dictionaries.items())
        return f"<atlas {self.title!r}: {sizes}>"

    @property
    def title(self) -> str:
        return self.card.title

    @property
    def dictionaries(self) -> Mapping[str, DictionaryCard]:
        """What each dictionary is, by its name."""
        return self.card.dictionaries

    @property
    def names(self) -> tuple[str, ...]:
        """The dictionaries in the order of the config, each control after its dictionary."""
        return tuple(self.card.dictionaries)

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains in the order in which every page shows them."""
        return tuple(self.card.corpus.domains)

    def feature_count(self, name: str) -> int:
        """How many features a dictionary has."""
        if name not in self.dictionaries:
            raise AtlasError(f"{self.folder.root}: no dictionary {name!r}; there are {', '.join(self.names)}")
        return self.dictionaries[name].features

    def _checked(self, name: str, feature: int) -> int:
        """A feature's number, if the dictionary has it."""
        count = self.feature_count(name)
        if not 0 <= feature < count:
            raise AtlasError(f"{name}/{feature}: {name} has features from 0 to {count - 1}")
        return feature

    def table(self, name: str, dictionary: str | None = None) -> pl.DataFrame:
        """A table of the schema as it is, for one dictionary where each has its own."""
        if name not in READABLE:
            raise AtlasError(f"no table {name!r}; there are {', '.join(READABLE)}")
        table = READABLE[name]
        if name in ANNOTATED:
            return self._of_shards(table)
        if dictionary is not None:
            self.feature_count(dictionary)
        if table.parts[:1] == ("dictionary",) and dictionary is None:
            raise AtlasError(f"{name}: each dictionary has a table of its own; name one of {', '.join(self.names)}")
        if dictionary is None or not table.parts:
            rows = self.folder.read_table(table, *([INDEX] if table is MEDIA else []))
            return rows if dictionary is None else rows.filter(pl.col("dictionary") == dictionary)
        if table is PEAKS:
            narrow = peaks_table(self.feature_count(dictionary))
            shards = [self.folder.read_table(narrow, dictionary, shard) for shard in self.shards]
            return pl.concat(shards).sort(PEAKS.key)
        return self.folder.read_table(table, dictionary)

    @property
    def shards(self) -> list[str]:
        """The names of the files that a dictionary's peaks are cut into."""
        numbers = self.clips.filter(pl.col("problem").is_null())["shard"].unique().sort()
        return [f"{number:05d}" for number in numbers]

    def features(self, name: str) -> pl.DataFrame:
        """A row a feature: its figures, what it finds, its flags, the `domains` it is specialised to, a given name."""
        self.feature_count(name)
        special = self._optional(DOMAINS, name).filter("specialised")
        domains = special.group_by("feature", maintain_order=True).agg(pl.col("domain").alias("domains"))
        rows = self.folder.read_table(FEATURES, name).drop("dictionary")
        given = given_to(self.given_names, name)
        for other in (self._optional(FINDINGS, name).drop("dictionary"), domains, given):
            rows = rows.join(other, on="feature", how="left", maintain_order="left")
        return rows

    def labels(self, name: str) -> pl.DataFrame:
        """The tests of a dictionary's features against labels that are significant or among a feature's best."""
        return self.table(LABELS.name, name).drop("dictionary")

    def labels_of(self, name: str, feature: int) -> pl.DataFrame:
        """The labels that one feature was tested against, the surest first."""
        number = self._checked(name, feature)
        return self.labels(name).filter(pl.col("feature") == number).sort("q", "p", "kind", "label")

    def examples(self, name: str, feature: int | None = None) -> pl.DataFrame:
        """The examples of a feature, or of all, with what is known of their clips."""
        rows = self.table(EXAMPLES.name, name).drop("dictionary")
        if feature is not None:
            rows = rows.filter(pl.col("feature") == self._checked(name, feature))
        wanted = ("clip", "domain", "dataset", "recording", "labels", "path", "audio")
        return rows.join(self.clips.select(wanted), on="clip", how="left", maintain_order="left")

    def feature(self, name: str, feature: int) -> AtlasFeature:
        """One feature, which shows itself in a notebook."""
        number = self._checked(name, feature)
        mine = pl.col("feature") == number
        histograms = self._optional(HISTOGRAMS, name).filter(mine, pl.col("domain") == "")
        return AtlasFeature(
            dictionary=name,
            number=number,
            row=self.features(name).row(number, named=True),
            labels=self.labels_of(name, number) if self.folder.path(LABELS, name).exists() else LABELS.empty(),
            examples=self.examples(name, number),
            neighbours=self._optional(NEIGHBOURS, name).filter(mine),
            counts=tuple(histograms["counts"][0]) if len(histograms) else (),
            edges=self.dictionaries[name].histogram_edges,
            clip=self.clip,
            effects=effects_of(
                self.effect_run(name), lambda table: self._block(table, name, number, number + 1).rows(named=True)
            ),
        )

    def clip(self, number: int) -> AtlasClip:
        """One clip, with its sound."""
        if not 0 <= number < len(self.clips):
            raise AtlasError(f"clip {number}: there are clips from 0 to {len(self.clips) - 1}")
        row = self.clips.row(number, named=True)
        published = self.fetched(sound_path(self.folder.root, row["key"])) if row["audio"] else None
        return AtlasClip(number, row, self.locate(row["path"]) if self.locate else None, published)

    def codes(self, name: str) -> pl.DataFrame:
        """The codes of the sampled frames: clip, frame, the active features and their values."""
        return self.table(CODES.name, name)

    def decoder(self, name: str) -> NDArray[np.float32]:
        """The decoder rows, of length 1, to half precision: [features, width]."""
        self.feature_count(name)
        path = self.fetched(vectors_path(self.folder.root, name))
        if not path.exists():
            raise self.folder.absent(path, "merge")
        return read_vectors(path)

    def fetched(self, path: Path) -> Path:
        """A file of the atlas's folder, fetched first where the atlas is a published one."""
        return self.folder.fetch(path) if isinstance(self.folder, PublishedFolder) else path

    def controls_of(self, name: str) -> dict[str, str]:
        """The controls of a dictionary: kind -> which."""
        return controls_of(name, self.dictionaries)

    def control_of(self, name: str) -> str | None:
        """The random control of a dictionary, where there is one."""
        return self.controls_of(name).get("random")

    @property
    def grid(self) -> FrameGrid:
        return self.card.encoder.grid

    @cached_property
    def clips(self) -> pl.DataFrame:
        """The table of clips with what is published of each.

        Columns: key, gain_db, reason, audio, picture, picture_columns (its width).
        """
        return with_media(self.folder.read_table(CLIPS), self._optional(MEDIA, INDEX))

    @cached_property
    def clip_rows(self) -> list[dict[str, Any]]:
        """The rows of `clips`, each at its own number."""
        return self.clips.rows(named=True)

    @cached_property
    def alignments(self) -> SortedFrame:
        """The timed labels, of the corpus and made ones, found by clip."""
        every = joined(self._optional(ALIGNMENTS).lazy(), self.annotations.lazy())
        return sorted_frame(every.sort(ALIGNMENTS.key, maintain_order=True).collect(), "clip", 0, len(self.clips))

    @cached_property
    def annotations(self) -> pl.DataFrame:
        return self._of_shards(ANNOTATIONS)

    @cached_property
    def transcripts(self) -> pl.DataFrame:
        return self._of_shards(TRANSCRIPTS)

    @cached_property
    def controls(self) -> pl.DataFrame:
        return self._optional(CONTROLS)

    def figures_of(self, name: str) -> Mapping[tuple[str, str], float | None]:
        """The figures of one dictionary, from the table `controls`: (figure, what it is of) -> value."""
        return self._own_figures.get(name, {})

    @cached_property
    def _own_figures(self) -> dict[str, dict[tuple[str, str], float | None]]:
        return own_figures(self.controls)

    @cached_property
    def comparisons(self) -> pl.DataFrame:
        return self._optional(COMPARISONS)

    @cached_property
    def explanations(self) -> pl.DataFrame:
        return self._optional(EXPLANATIONS)

    @cached_property
    def given_names(self) -> pl.DataFrame:
        """The names that people gave to features of any dictionary, with their authors."""
        return self._optional(NAMES)

    @cached_property
    def effect_runs(self) -> pl.DataFrame:
        """How the effects of each dictionary were measured; without rows where they were not."""
        return self._optional(EFFECT_RUNS)

    def effect_run(self, name: str) -> EffectRun | None:
        return effect_run(self.effect_runs, name)

    def label_index(self, name: str) -> pl.DataFrame:
        return self._optional(LABEL_INDEX, name)

    def tracks(self, name: str) -> pl.DataFrame:
        """The features that fire most in each clip."""
        return self._optional(TRACKS, name)

    def dictionary(self, name: str, first: int = 0, stop: int | None = None) -> DictionaryTables:
        """The tables of a dictionary, for the features from `first` to before `stop`."""
        end = self.feature_count(name) if stop is None else min(stop, self.feature_count(name))
        shelves = {
            table.name: sorted_frame(self._block(table, name, first, end), "feature", first, end)
            for table in BY_FEATURE.values()
        }
        for table, rows in ((EXPLANATIONS, self.explanations), (NAMES, self.given_names)):
            mine = rows.filter(pl.col("dictionary") == name, pl.col("feature").is_between(first, end - 1))
            shelves[table.name] = sorted_frame(mine.sort(table.key), "feature", first, end)
        card, index, run = self.card.dictionaries[name], self.label_index(name), self.effect_run(name)
        return DictionaryTables(
            name=name, card=card, first=first, stop=end, shelves=shelves, label_index=index, effect_run=run
        )

    def column(self, name: str, table: str, *columns: str) -> pl.DataFrame:
        known = BY_FEATURE[table]
        path = self.folder.path(known, name)
        if not self._holds(known, path):
            return pl.DataFrame(schema={column: known.columns[column] for column in columns})
        return pl.read_parquet(path, columns=list(columns)).select(columns)

    def headlines(self, name: str) -> pl.DataFrame:
        """A row a feature, at its number: what other pages say of it, and where its top example plays.

        Columns: feature, state, density, max; those of names, flags, domain (specialised, else null); clip,
        start_s, end_s, peak_s, peak of its top example; given_name, given_by, where somebody has named it.
        """
        if name not in self._headlines:
            self._headlines[name] = headlines_of(partial(self.column, name), given_to(self.given_names, name))
        return self._headlines[name]

    def _of_shards(self, table: Table) -> pl.DataFrame:
        """A table that has a part a shard; without rows where nobody asked for it."""
        return pl.concat([self._optional(table, shard) for shard in self.shards] or [table.empty()]).sort(table.key)

    def _block(self, table: Table, name: str, first: int, stop: int) -> pl.DataFrame:
        path = self.folder.path(table, name) if table.parts else self.folder.path(table)
        if not self._holds(table, path):
            return table.empty()
        rows = pl.scan_parquet(path).filter(pl.col("feature").is_between(first, stop - 1))
        return table.check(rows.collect(), str(path))

    def _holds(self, table: Table, path: Path) -> bool:
        """Whether the file is there; one of another version is refused, which is looked up once."""
        if path in self._known_version:
            return True
        if not path.exists():
            return False
        table.check_version(pl.read_parquet_metadata(path), str(path))
        self._known_version.add(path)
        return True

    def _optional(self, table: Table, *parts: str) -> pl.DataFrame:
        """A table, or none of its rows where no stage has written it."""
        return self.folder.read_table(table, *parts) if self.folder.path(table, *parts).exists() else table.empty()
