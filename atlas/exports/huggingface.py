"""`atlas export huggingface`: a dataset folder with its card, which `datasets.load_dataset` reads and the Hub shows.

    features/{dictionary}-{n}.parquet    a row a feature
    examples/{dictionary}-{n}.parquet    a row an example; the first of each feature with the sound of its stretch
    clips/part-{n}.parquet               a row a clip that may be passed on, with the sound of the whole window

A clip whose licence does not allow it to be redistributed is in none of them, nor are its examples. Sounds are those
that `media` made, each once in `clips`; every example names its clip and its seconds. A stretch of its own takes 10 KB,
so that only the first examples have one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from atlas.errors import AtlasError
from atlas.exports.blocks import FeatureBlock, blocks
from atlas.exports.cutting import cut
from atlas.exports.folders import fresh_folder, measured
from atlas.exports.huggingface_card import HubTable, dataset_card
from atlas.exports.huggingface_types import AUDIO
from atlas.exports.labelling import sure_labels
from atlas.formatting import counted
from atlas.progress import Echo, bar
from atlas.reading.names import shown_name
from atlas.render.parts.featuredata import address_to_cite
from atlas.render.parts.withheld import hidden_clips
from atlas.render.site import SiteAtlas
from atlas.schema import EXAMPLES
from atlas.schema.media import INDEX, LEAD_S, MEDIA, sound_path
from atlas.store import AtlasFolder

KIND = "Hugging Face"
CLIPS_A_FILE = 500
"whose sounds are in memory at once"
ROWS_A_GROUP = 100
"of tables with sounds, as the Hub's viewer reads a group at a time"
FIGURES = (
    *("state", "density", "frames_active", "clips_active", "recordings_active"),
    *("max", "mean_active", "q50", "q90", "q99", "burst_s"),
    *("named_by", "kind", "label", "value", "q", "flags", "map_x", "map_y"),
)
SOURCE = ("domain", "dataset", "recording", "labels", "licence", "attribution", "source_url")
"of a clip, which each of its examples says, too"
EXAMPLE = {
    name: pl.String if name == "group" else kind for name, kind in EXAMPLES.columns.items() if name != "dictionary"
}
"the columns of `examples`, with groups as plain texts"

Sound = dict[str, bytes | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedClips:
    """The clips that may be passed on, and how many examples with a sound each feature gets."""

    clips: pl.DataFrame
    "rows of `Atlas.clips`"
    sounds: int


class TableWriter:
    """Writes the files of tables, and keeps what the card says of each."""

    def __init__(self, store: AtlasFolder) -> None:
        self._store = store
        self.written: dict[str, HubTable] = {}

    def write(self, table: str, name: str, rows: pl.DataFrame) -> None:
        """Write a file of a table, unless it is empty; one with sounds in small groups of rows."""
        before = self.written.get(table, HubTable(0, 0, rows.schema))
        heard = len(rows) - rows["audio"].null_count() if "audio" in rows.columns else 0
        self.written[table] = HubTable(before.rows + len(rows), before.heard + heard, rows.schema)
        if len(rows):
            group = ROWS_A_GROUP if "audio" in rows.columns else None
            self._store.write_parquet(self._store.root / table / f"{name}.parquet", rows, group)


def export_huggingface(atlas: SiteAtlas, dictionaries: Sequence[str], sounds: int, to: Path, echo: Echo) -> None:
    """Write the features of dictionaries, their examples and the clips of these into a new folder."""
    allowed = AllowedClips(clips=_allowed_clips(atlas), sounds=sounds)
    with (
        fresh_folder(to, KIND) as folder,
        bar("export", sum(map(atlas.feature_count, dictionaries)), "features") as advance,
    ):
        tables = TableWriter(AtlasFolder(folder))
        for name in dictionaries:
            for number, block in enumerate(blocks(atlas, name)):
                tables.write("features", f"{name}-{number:04d}", _features(atlas, block))
                tables.write("examples", f"{name}-{number:04d}", _examples(atlas, block, allowed))
                advance(len(block))
        for number, first in enumerate(range(0, len(allowed.clips), CLIPS_A_FILE)):
            tables.write("clips", f"part-{number:04d}", _clips(atlas, allowed.clips.slice(first, CLIPS_A_FILE)))
        licences = allowed.clips.group_by("licence").len().sort("len", "licence", descending=[True, False]).rows()
        card = dataset_card(atlas, dictionaries, tables.written, licences)
        (folder / "README.md").write_text(card, encoding="utf-8")
    echo(_closing_lines(atlas, tables.written, to))


def _allowed_clips(atlas: SiteAtlas) -> pl.DataFrame:
    """The clips that may be passed on today: those with a sound, and those whose sound did not fit the budget."""
    if not atlas.folder.path(MEDIA, INDEX).exists():
        raise AtlasError(f"{atlas.folder.root}: no media made, and their licences not looked at; run `atlas media`")
    shown = atlas.clips.filter(pl.col("key").is_not_null())
    allowed = shown.filter(~pl.col("clip").is_in(sorted(hidden_clips(atlas))))
    if not len(allowed):
        raise AtlasError(
            f"{atlas.folder.root}: no clip may be redistributed; name the licences that allow it in [media]"
            " redistribute, and run `atlas media`"
        )
    return allowed


def _features(atlas: SiteAtlas, block: FeatureBlock) -> pl.DataFrame:
    """A row a feature: what it is called, its figures, its labels with their lifts, and what others say of it."""
    rows, labels = block.features, sure_labels(block)
    numbers = rows["feature"].to_list()
    said = [[one["text"] for one in block.explanations.get(number, [])] for number in numbers]
    texts = pl.List(pl.String)
    return rows.select(
        pl.lit(block.dictionary).alias("dictionary"),
        "feature",
        pl.Series("name", [shown_name(row) for row in rows.iter_rows(named=True)], dtype=pl.String),
        *FIGURES,
        pl.Series("labels", [[label.name for label in labels.get(number, [])] for number in numbers], dtype=texts),
        pl.Series(
            "lifts", [[label.lift for label in labels.get(number, [])] for number in numbers], pl.List(pl.Float64)
        ),
        pl.Series("explanations", said, dtype=texts),
        pl.Series("page", [address_to_cite(atlas, block.dictionary, number) for number in numbers], dtype=pl.String),
    )


def _examples(atlas: SiteAtlas, block: FeatureBlock, allowed: AllowedClips) -> pl.DataFrame:
    """A row an example whose clip may be passed on; those of a feature's largest peaks first."""
    rows = pl.DataFrame([example for every in block.examples.values() for example in every], schema=EXAMPLE)
    known = allowed.clips.select("clip", "key", pl.col("audio").alias("heard"), *SOURCE)
    rows = rows.join(known, on="clip", how="inner", maintain_order="left")
    top = pl.col("heard") & (pl.col("group") == "top")
    first = top & (top.cast(pl.UInt32).cum_sum().over("feature") <= allowed.sounds)
    stretches = rows.select("feature", "key", "start_s", "end_s", first.alias("first")).iter_rows()
    cuts = [_cut(atlas, block.dictionary, row) if row[-1] else None for row in stretches]
    return rows.select(
        pl.lit(block.dictionary).alias("dictionary"),
        *EXAMPLE,
        *SOURCE,
        pl.Series("audio", [made and made[0] for made in cuts], dtype=AUDIO),
        pl.Series("audio_start_s", [made and made[1] for made in cuts], dtype=pl.Float64),
    )


def _cut(atlas: SiteAtlas, dictionary: str, row: tuple[int, str, float, float, bool]) -> tuple[Sound, float]:
    """The sound of an example, and the second in it at which the example begins."""
    feature, key, start_s, end_s, _ = row
    piece = cut(_sound(atlas, key), start_s, end_s)
    return {"bytes": piece.content, "path": f"{dictionary}-{feature}-{key}.mp3"}, round(piece.start_s, 4)


def _sound(atlas: SiteAtlas, key: str) -> bytes:
    path = atlas.fetched(sound_path(atlas.folder.root, key))
    if not path.exists():
        raise atlas.folder.absent(path, "media")
    return path.read_bytes()


def _clips(atlas: SiteAtlas, rows: pl.DataFrame) -> pl.DataFrame:
    """A row a clip, with the sound of the whole window where there is one."""
    sounds = [
        {"bytes": _sound(atlas, key), "path": f"{key}.mp3"} if heard else None
        for key, heard in rows.select("key", "audio").iter_rows()
    ]
    return rows.select(
        *("clip", "key", *SOURCE, "speaker", "language", "text", "duration_s"),
        pl.Series("audio", sounds, dtype=AUDIO),
        pl.when("audio").then(pl.lit(LEAD_S)).alias("audio_start_s"),
    )


def _closing_lines(atlas: SiteAtlas, tables: Mapping[str, HubTable], to: Path) -> str:
    shown = atlas.clips.filter(pl.col("key").is_not_null())["clip"]
    held_back = hidden_clips(atlas).intersection(shown)
    silent = f"; {counted(len(held_back), 'clip')} left out, whose licences do not allow it" if held_back else ""
    unlicensed = "" if atlas.cite.licence else "; the card names no licence, as [cite] licence is not set"
    rows = ", ".join(counted(table.rows, name[:-1]) for name, table in tables.items())
    heard = f"{tables['examples'].heard:,}" if tables["examples"].heard else "none"
    return "\n".join(
        [
            f"export     {rows}, {heard} of the examples with a sound of their own{silent}",
            f"           {measured(to)} in {to}{unlicensed}; publish it by",
            f"           hf upload OWNER/NAME {to} --repo-type dataset",
        ]
    )
