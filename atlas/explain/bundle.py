"""`atlas export explain`: a folder that any captioning model can be asked with, and be scored by.

It holds `prompts.jsonl` (a line a feature: what to ask, and with which sounds), the sounds as WAV, `key.jsonl` (where
held-out clips fire; not for the model's eyes) and a README. Answers go into `answers.jsonl` in the same folder and come
back by `atlas import explanations`, which scores them. The sounds are cut from the corpus whatever its licences allow:
a bundle is for use on this machine, and not to be passed on.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import soundfile

from atlas.analyse.naming.flags import ALIVE
from atlas.audio.samples import RATE_HZ, read_sound
from atlas.errors import AtlasError, AudioProblem
from atlas.explain.answer_keys import KEY, AnswerKey
from atlas.explain.cells import feature_counts
from atlas.explain.prompts import README, detection, explanation
from atlas.explain.snippets import CaptionSnippet, CaptionSnippets, drawable_clips, snippets_of
from atlas.formatting import counted
from atlas.progress import Echo, bar
from atlas.reading.clips import Locate
from atlas.reading.tables import Atlas
from atlas.schema import PEAKS
from atlas.store import AtlasFolder

PROMPTS = "prompts.jsonl"

Feature = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SoundSource:
    """The snippets of a feature with the names of their files in the bundle."""

    firing: dict[str, CaptionSnippet]
    quiet: dict[str, CaptionSnippet]
    held_out: dict[str, CaptionSnippet]


def export_bundle(atlas: Atlas, out: Path, features: Sequence[Feature], locate: Locate, echo: Echo) -> None:
    """Write the bundle of some features into a new folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise AtlasError(f"{out}: not empty; give --to a new folder, so that no answers are mixed with others")
    bundle = AtlasFolder(out)
    prompts, keys = [], []
    with bar("export", len(features), "features") as advance:
        for chosen in snippets(atlas, features):
            advance(1)
            if not chosen.firing:
                continue
            sounds = _named(chosen)
            for files in (sounds.firing, sounds.quiet, sounds.held_out):
                _cut(bundle, atlas.clips, files, locate)
            prompts.append(_prompt(chosen, sounds))
            if sounds.held_out:
                names = {Path(name).stem: bool(snippet.share) for name, snippet in sounds.held_out.items()}
                keys.append(AnswerKey(chosen.dictionary, chosen.feature, names).line())
    bundle.write_bytes(out / KEY, _lines(keys))
    bundle.write_bytes(out / "README.md", README.encode())
    bundle.write_bytes(out / PROMPTS, _lines(prompts))
    silent = len(features) - len(prompts)
    left_out = f"; {silent:,} left out, as nothing was heard of them" if silent else ""
    done = f"{counted(len(prompts), 'prompt')}, {len(keys):,} with held-out clips, in {out}"
    echo(f"export     {done}; see its README.md{left_out}")


def chosen_features(atlas: Atlas, names: Sequence[str], count: int) -> list[Feature]:
    """Live features by their evidence, those of the named dictionaries: the surest best labels first.

    Features without a label come after those with one, those that more recordings hold first.
    """
    frames = []
    for name in names:
        live = atlas.features(name).filter(pl.col("state").is_in(ALIVE))
        bounds = atlas.labels(name).select("feature", "lift_low", clip_kind="kind", clip_label="label")
        ranked = live.join(bounds, on=["feature", "clip_kind", "clip_label"], how="left")
        frames.append(ranked.select(pl.lit(name).alias("dictionary"), "feature", "recordings_active", "lift_low"))
    keys = [pl.col("lift_low"), pl.col("recordings_active"), pl.col("dictionary"), pl.col("feature")]
    surest = pl.concat(frames).sort(keys, descending=[True, True, False, False], nulls_last=True)
    return surest.select("dictionary", "feature").head(count).rows()


def named_features(atlas: Atlas, given: Sequence[str]) -> list[Feature]:
    """`block2/1234`, as it is written on pages; every mistake at once."""
    sizes = feature_counts(atlas)
    features, mistakes = [], []
    for text in dict.fromkeys(given):
        name, _, number = text.strip().rpartition("/")
        if name not in sizes:
            mistakes.append(f"{text}: expected one of {', '.join(sizes)}, a slash and a number")
        elif not number.isdecimal() or int(number) >= sizes[name]:
            mistakes.append(f"{text}: expected a number from 0 to {sizes[name] - 1}")
        else:
            features.append((name, int(number)))
    if mistakes:
        raise AtlasError("--features: " + "; ".join(mistakes))
    return features


def snippets(atlas: Atlas, features: Sequence[Feature]) -> Iterator[CaptionSnippets]:
    """Feature by feature, each dictionary's tables read once."""
    drawable = drawable_clips(atlas.clips)
    for name in dict.fromkeys(name for name, _ in features):
        numbers = [number for other, number in features if other == name]
        examples = atlas.table("examples", name).filter(pl.col("feature").is_in(numbers))
        shards = [atlas.folder.path(PEAKS, name, shard) for shard in atlas.shards]
        rows = pl.scan_parquet(shards).filter(pl.col("feature").is_in(numbers)).select("feature", "clip").collect()
        fires = {number: set(clip) for number, clip in rows.group_by("feature").agg("clip").iter_rows()}
        for number in numbers:
            mine = examples.filter(pl.col("feature") == number)
            yield snippets_of((name, number), mine, fires.get(number, set()), drawable, atlas.grid.frames_per_s)


def _named(chosen: CaptionSnippets) -> SoundSource:
    """Names that tell a model nothing of held-out clips."""
    place = f"audio/{chosen.dictionary}-{chosen.feature}"
    groups = {"fires": chosen.firing, "quiet": chosen.quiet, "clip": chosen.held_out}
    named = [
        {f"{place}/{group}{number}.wav": snippet for number, snippet in enumerate(snippets, start=1)}
        for group, snippets in groups.items()
    ]
    return SoundSource(*named)


def _cut(bundle: AtlasFolder, clips: pl.DataFrame, files: dict[str, CaptionSnippet], locate: Locate) -> None:
    for name, snippet in files.items():
        path, offset_s = clips.select("path", "offset_s").row(snippet.clip)
        try:
            sound = read_sound(locate(path), offset_s + snippet.start_s, snippet.end_s - snippet.start_s)
        except AudioProblem as problem:
            raise AtlasError(f"{path}: {problem}; the corpus must be where it was when it was listened to") from None
        buffer = io.BytesIO()
        soundfile.write(buffer, sound.samples, RATE_HZ, subtype="PCM_16", format="WAV")
        bundle.write_bytes(bundle.root / name, buffer.getbuffer())


def _prompt(chosen: CaptionSnippets, sounds: SoundSource) -> str:
    """A line of `prompts.jsonl`."""
    cells = {
        "dictionary": chosen.dictionary,
        "feature": chosen.feature,
        "prompt": explanation(sounds.firing, sounds.quiet),
        "audio": [*sounds.firing, *sounds.quiet],
        "detect": detection(list(sounds.held_out)) if sounds.held_out else None,
        "held_out": list(sounds.held_out),
    }
    return json.dumps(cells, ensure_ascii=False)


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
