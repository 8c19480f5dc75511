"""Atlas folders of any size, made up from a seed: what rendering is measured with, and attacked by hostile texts.

    write_atlas(folder: Path, spec: Spec = Spec()) -> Path
    python -m tests.synthetic FOLDER --features 6144 --dictionaries 12 --clips 600 [--hostile]

Every table of the schema is there, the analysed ones too, with the card, the vectors, and the media index with real
sounds and pictures. Figures look like those of a real atlas and agree with each other (a dead feature has no examples,
a snippet lies within its clip, examples of a feature share its label); they were measured nowhere. 6,144 features take
seconds; a dictionary at a time is in memory, about 9 KB a feature.
"""

import hashlib
import io
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl
import soundfile
from PIL import Image
from safetensors.numpy import save

from atlas.audio.samples import COLUMNS_PER_S
from atlas.digests import digest_of
from atlas.schema import ALIGNMENTS, ANNOTATIONS, CLIPS, COLUMNS, COMPARISONS, CONTROLS, NAMES, STATES, TRANSCRIPTS
from atlas.schema.annotated import CORPUS, STUDIED
from atlas.schema.card import CARD, Card, CorpusCard, DictionaryCard, DomainCard, card_bytes
from atlas.schema.media import INDEX, LEAD_S, LICENCE, MEDIA, picture_path, sound_path, window_key
from atlas.store import AtlasFolder
from tests import cards
from tests import synthetic_tables as tables
from tests.cards import control_card, sae_card
from tests.synthetic_tables import Corpus, Features, Shape

DOMAINS = ("speech", "music", "sound")
LABELS = {
    "speech": ("de", "en", "es", "fr", "hi", "ja", "sw", "zh"),
    "music": ("accordion", "choir", "drums", "flute", "guitar", "organ", "piano", "violin"),
    "sound": ("crow", "dog", "door knock", "engine", "rain", "sheep", "siren", "wind"),
}
LICENCES = ("CC0 1.0", "CC BY 4.0", "all rights reserved")
DURATIONS_S = (2.4, 4.0, 6.0, 10.0)
SAMPLE_RATE = 16_000
PHONES = ("a", "e", "i", "k", "n", "s", "t", "ʃ")
WORDS = ("and", "atlas", "nine", "the")
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "it's \"5 < 6\" & 'so' {{ 7 * 7 }} {% raw %} ${8}",
    "😀 👩‍👩‍👧‍👦 naïve Zürich 音声",
    "שלום עולם, كلب ينبح",
    "\u202egnirts desrever\u202c",
    "two\nlines\tand a tab",
    "../../etc/passwd?a=b#c %2e%2e",
    "x" * 10_000,
)


@dataclass(frozen=True, slots=True)
class Spec:
    """How large an atlas is to be, and what is to be in it."""

    features: int = 1024
    dictionaries: tuple[str, ...] = ("block2",)
    controls: bool = True
    clips: int = 600
    top: int = 20
    others: int = 4
    seed: int = 0
    hostile: bool = False
    analysed: bool = True
    media: bool = True
    annotated: bool = field(default=False, repr=False)
    "the corpus brings texts and timed labels of every other clip of speech, and models made those of the rest"

    def shapes(self) -> Iterator[Shape]:
        """Every dictionary, each control after the one that it is matched to."""
        for number, name in enumerate(self.dictionaries):
            tap = f"encoder.blocks.{number}"
            yield Shape(name, tap, None, self.features, self.top, self.others, 2 * number + 1000 * self.seed)
            if self.controls:
                control, seed = f"{name}-random", 2 * number + 1 + 1000 * self.seed
                yield Shape(control, tap, name, self.features, self.top, self.others, seed)

    @property
    def texts(self) -> tuple[str, ...]:
        return HOSTILE if self.hostile else ()


def write_atlas(folder: Path, spec: Spec = Spec()) -> Path:
    """Write a whole atlas; equal specs give equal bytes."""
    atlas = AtlasFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".lock").touch()
    clips = _clips(spec)
    atlas.write_table(CLIPS, clips)
    _write_timed_labels(atlas, clips, spec)
    corpus = _corpus(clips, spec)
    dictionaries = {shape.name: _write_dictionary(atlas, corpus, shape, spec) for shape in spec.shapes()}
    if spec.analysed:
        atlas.write_table(COMPARISONS, tables.comparisons(list(spec.shapes())))
        atlas.write_table(CONTROLS, tables.controls(list(spec.shapes()), spec.annotated))
    if spec.hostile:
        _write_names(atlas, spec)
    if spec.media:
        _write_media(atlas, clips)
    atlas.write_bytes(folder / CARD, card_bytes(_card(clips, dictionaries, spec)))
    return folder


def _write_dictionary(atlas: AtlasFolder, corpus: Corpus, shape: Shape, spec: Spec) -> DictionaryCard:
    features = tables.draw(corpus, shape)
    for table, frame in tables.measured(corpus, shape, features):
        atlas.write_table(table, frame, *([shape.name, "00000"] if table.name == "peaks" else [shape.name]))
    if spec.analysed:
        others = [one.name for one in spec.shapes() if one.name != shape.name][:12]
        for table, frame in tables.analysed(corpus, shape, features, others):
            atlas.write_table(table, frame, shape.name)
    rows = np.random.default_rng(shape.seed).standard_normal((shape.features, 16)).astype(np.float16)
    atlas.write_bytes(atlas.root / "vectors" / f"{shape.name}.safetensors", save({"decoder": rows}))
    return _dictionary_card(shape, features)


def _write_names(atlas: AtlasFolder, spec: Spec) -> None:
    """Every hostile text as a given name and as an author, as no import would let it pass, as far as features go."""
    given = [
        (shape.name, 3 * place, text, HOSTILE[-place])
        for shape in spec.shapes()
        for place, text in enumerate(HOSTILE)
        if 3 * place < shape.features
    ]
    atlas.write_table(NAMES, pl.DataFrame(given, schema=dict(NAMES.columns), orient="row").sort(NAMES.key))


def _clips(spec: Spec) -> pl.DataFrame:
    """Clips in the order of their labels, so that neighbouring rows share one."""
    number = np.arange(spec.clips)
    place = number * 24 // spec.clips
    domain = [DOMAINS[one // 8] for one in place]
    label = [LABELS[name][one % 8] for name, one in zip(domain, place, strict=True)]
    spoken = [name == "speech" for name in domain]
    duration = np.array(DURATIONS_S)[number % len(DURATIONS_S)]
    texts = [f"The atlas says {name} number {one}" for one, name in enumerate(label)]
    clips = CLIPS.frame(
        {
            "clip": number.astype(np.uint32),
            "path": [f"{name}/{one:05d}.flac" for one, name in enumerate(domain)],
            "offset_s": np.where(number % 7 == 6, 10.0, 0.0),
            "sha256": [hashlib.sha256(f"{spec.seed}-{one}".encode()).hexdigest() for one in number],
            "domain": domain,
            "dataset": [f"{name}-{'ab'[one % 2]}" for one, name in enumerate(domain)],
            "recording": [f"{name}-{one - (one % 10 == 9)}" for one, name in enumerate(label)],
            "group": [None] * spec.clips,
            "speaker": [f"speaker {one % 20}" if speech else None for one, speech in enumerate(spoken)],
            "labels": [[name] if not speech else [] for name, speech in zip(label, spoken, strict=True)],
            "language": [name if speech else None for name, speech in zip(label, spoken, strict=True)],
            "text": [text if speech else None for text, speech in zip(texts, spoken, strict=True)],
            "licence": [LICENCES[one % 3 if one % 5 == 0 else 0] for one in number],
            "attribution": [f"Artist {one}" if one % 4 == 0 else None for one in number],
            "source_url": [f"https://example.org/{one}" if one % 3 == 0 else None for one in number],
            "codec": ["flac"] * spec.clips,
            "sample_rate": np.full(spec.clips, SAMPLE_RATE, np.uint32),
            "duration_s": duration,
            "valid_frames": (duration * cards.CARD.encoder.grid.frames_per_s).astype(np.uint32),
            "energy_db": (-25 - number % 20).astype(np.float32),
            "shard": np.zeros(spec.clips, np.uint32),
            "problem": [None] * spec.clips,
        }
    )
    clips = _hostile(clips) if spec.hostile else clips
    return clips.with_columns(pl.when(pl.col("clip") % 2 == 0).then("text").alias("text")) if spec.annotated else clips


def _hostile(clips: pl.DataFrame) -> pl.DataFrame:
    """Every text that reaches a page becomes one of the hostile ones, in some rows."""
    n = len(clips)

    def some(column: str, shift: int) -> pl.Series:
        kept = clips[column].to_list()
        return pl.Series(column, [HOSTILE[(i + shift) % len(HOSTILE)] if i % 3 == 0 else kept[i] for i in range(n)])

    labels = [[*old, HOSTILE[i % len(HOSTILE)]] if i % 2 else old for i, old in enumerate(clips["labels"].to_list())]
    texts = ("path", "dataset", "speaker", "language", "text", "licence", "attribution")
    addresses = pl.Series("source_url", ["javascript:alert(1)" if i % 3 == 0 else None for i in range(n)])
    changed = [some(name, shift) for shift, name in enumerate(texts)]
    return clips.with_columns(*changed, pl.Series("labels", labels, dtype=pl.List(pl.String)), addresses)


def _write_timed_labels(atlas: AtlasFolder, clips: pl.DataFrame, spec: Spec) -> None:
    timed = _alignments(clips, spec)
    if not spec.annotated:
        atlas.write_table(ALIGNMENTS, timed)
        return
    atlas.write_table(ALIGNMENTS, timed.filter(pl.col("clip") % 2 == 0, pl.col("clip") % 8 != 4))
    made = timed.filter(pl.col("clip") % 4 == 1).with_columns(
        score=pl.lit(0.9, pl.Float32), source=pl.lit("pocketsphinx")
    )
    atlas.write_table(ANNOTATIONS, made, "00000")
    atlas.write_table(TRANSCRIPTS, _transcripts(clips, made, spec), "00000")
    atlas.write_table(COLUMNS, _columns(clips), "00000")


def _columns(clips: pl.DataFrame) -> pl.DataFrame:
    """Three frames of every clip; those of music have no f0."""
    rows = [
        (clip, frame, -30.0 - frame, 0.5, -12.0, 1.0, 0.8, None if domain == "music" else 6.0)
        for clip, domain in clips.select("clip", "domain").iter_rows()
        for frame in range(3)
    ]
    return pl.DataFrame(rows, schema=dict(COLUMNS.columns), orient="row", strict=False)


def _transcripts(clips: pl.DataFrame, made: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """Of every other clip the corpus's, some without times; of the rest every second one is refused."""
    words = made.filter(tier="words").sort("clip", "start_s").group_by("clip", maintain_order=True)
    written = dict(words.agg(pl.col("label").str.join(" ")).iter_rows())
    rows = []
    for clip, text, language in clips.filter(domain="speech").select("clip", "text", "language").iter_rows():
        brought, refused = clip % 2 == 0, clip % 4 == 3
        said = text if brought else f"{written.get(clip, spec.texts[0] if spec.texts else 'Thank you')}."
        figures = (None, None) if brought else (-1.4, 0.7) if refused else (-0.3, 0.02)
        source, by = (CORPUS, CORPUS) if brought else (f"{STUDIED}tiny.en", None if refused else "pocketsphinx")
        by, misfit = (None, "misfit") if clip % 8 == 4 else (by, None)
        rows.append((clip, said, language, source, *figures, "no speech" if refused else None, by, misfit, clip))
    return pl.DataFrame(rows, schema=dict(TRANSCRIPTS.columns), orient="row")


def _alignments(clips: pl.DataFrame, spec: Spec) -> pl.DataFrame:
    """A phone every 0.2 s and a word every 0.8 s of all speech."""
    speech = clips.filter(domain="speech")
    rows = []
    for clip, duration in speech.select("clip", "duration_s").iter_rows():
        for tier, length, names in (("phones", 0.2, PHONES), ("words", 0.8, (*WORDS, *spec.texts[:2]))):
            for one in range(int(duration / length)):
                start = round(one * length, 3)
                rows.append((clip, tier, start, round(start + length, 3), names[(clip + one) % len(names)]))
    return pl.DataFrame(rows, schema=dict(ALIGNMENTS.columns), orient="row").sort(ALIGNMENTS.key)


def _corpus(clips: pl.DataFrame, spec: Spec) -> Corpus:
    names = tuple(name for domain in DOMAINS for name in LABELS[domain])
    return Corpus(
        clips=spec.clips,
        recordings=clips["recording"].n_unique(),
        frames=int(clips["valid_frames"].sum()),
        durations=clips["duration_s"].to_numpy(),
        domains=DOMAINS,
        datasets=tuple(clips["dataset"].unique().sort().to_list()[:12]),
        labels=tuple(spec.texts[i % len(HOSTILE)] if spec.hostile and i % 4 == 1 else n for i, n in enumerate(names)),
        kinds=tuple("language" if one < 8 else "label" for one in range(24)),
        timed=(("phones", PHONES), ("words", (*WORDS, *spec.texts[:2]))),
        annotated=spec.annotated,
    )


def _dictionary_card(shape: Shape, features: Features) -> DictionaryCard:
    made = control_card(shape.control_of) if shape.control_of else sae_card(sha256=digest_of(shape.name) * 4)
    return replace(
        made,
        identity=digest_of(f"{shape.name} at {shape.tap}")[:8],
        tap=shape.tap,
        features=shape.features,
        histogram_edges=tuple(float(f"{edge:.9g}") for edge in tables.EDGES),
        states={state: int((features.state == state).sum()) / shape.features for state in STATES},
    )


def _card(clips: pl.DataFrame, dictionaries: dict[str, DictionaryCard], spec: Spec) -> Card:
    taps = tuple(shape.tap for shape in spec.shapes() if shape.control_of is None)
    return replace(
        cards.CARD,
        title=f"Synthetic atlas {spec.texts[0] if spec.texts else ''}".strip(),
        fingerprint=digest_of(f"{spec!r}{' annotated' * spec.annotated}"),
        corpus=_corpus_card(clips),
        encoder=replace(cards.CARD.encoder, architecture={"layers": len(taps), "width": 16}, taps=taps),
        dictionaries=dictionaries,
    )


def _corpus_card(clips: pl.DataFrame) -> CorpusCard:
    domains = {}
    for domain in DOMAINS:
        some = clips.filter(domain=domain)
        frames = int(some["valid_frames"].sum())
        hours = round(cards.CARD.encoder.grid.seconds(frames) / 3600, 6)
        recordings = some["recording"].n_unique()
        domains[domain] = DomainCard(
            clips=len(some), recordings=recordings, valid_frames=frames, hours=hours, groups=None, largest_group=None
        )
    return replace(
        cards.CARD.corpus,
        clips=len(clips),
        recordings=clips["recording"].n_unique(),
        datasets=tuple(clips["dataset"].unique().sort()),
        domains=domains,
        valid_frames=int(clips["valid_frames"].sum()),
        hash=digest_of(repr(clips["sha256"].to_list())),
    )


def _write_media(atlas: AtlasFolder, clips: pl.DataFrame) -> None:
    """A tone a domain and duration, and its picture; clips share the bytes and have files of their own."""
    made: dict[tuple[str, float], tuple[bytes, bytes]] = {}
    rows = []
    columns = clips.select("clip", "sha256", "offset_s", "domain", "duration_s", "licence")
    for clip, sha256, offset_s, domain, duration_s, licence in columns.iter_rows():
        key = window_key(sha256, offset_s, duration_s)
        if (domain, duration_s) not in made:
            pitch = 220 * 2.0 ** DOMAINS.index(domain)
            made[domain, duration_s] = (_sound(pitch, duration_s), _picture(pitch, duration_s))
        sound, picture = made[domain, duration_s]
        allowed = licence != LICENCES[2]
        if allowed:
            atlas.write_bytes(sound_path(atlas.root, key), sound)
        atlas.write_bytes(picture_path(atlas.root, key), picture)
        told = (-3.0, duration_s, len(sound), None) if allowed else (None, duration_s, None, LICENCE)
        rows.append((clip, key, *told, len(picture)))
    atlas.write_table(MEDIA, pl.DataFrame(rows, schema=dict(MEDIA.columns), orient="row"), INDEX)


def _sound(pitch_hz: float, duration_s: float) -> bytes:
    """An MP3 of a tone that beats twice a second, so that one hears where one is; silence before it."""
    t = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.1 * np.sin(2 * np.pi * pitch_hz * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t))
    samples = np.concatenate([np.zeros(int(LEAD_S * SAMPLE_RATE)), tone])
    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="MP3", subtype="MPEG_LAYER_III")
    return file.getvalue()


def _picture(pitch_hz: float, duration_s: float) -> bytes:
    """A grey WebP of 80 bands, 50 columns a second, dark where it is loud: a line at the pitch, over noise."""
    columns = round(duration_s * COLUMNS_PER_S)
    band = np.arange(80)[::-1, None]
    line = 160 * np.exp(-(((band - pitch_hz / 30) / 2) ** 2)) * (0.6 + 0.4 * np.sin(np.arange(columns) / 4))
    noise = np.random.default_rng(0).uniform(0, 60, (80, columns)) * (1 - band / 100)
    file = io.BytesIO()
    Image.fromarray((235 - line - noise).clip(0, 255).astype(np.uint8)).save(file, "WEBP", quality=50)
    return file.getvalue()


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--features", type=int, default=1024)
    parser.add_argument("--dictionaries", type=int, default=1)
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--no-controls", action="store_true")
    parser.add_argument("--annotated", action="store_true")
    said = parser.parse_args()
    names = tuple(f"block{number}" for number in range(said.dictionaries))
    shown = {"seed": said.seed, "hostile": said.hostile, "annotated": said.annotated}
    spec = Spec(said.features, names, not said.no_controls, said.clips, **shown)
    print(json.dumps({"atlas": str(write_atlas(said.folder, spec)), "features": said.features, "dictionaries": names}))


if __name__ == "__main__":
    main()
