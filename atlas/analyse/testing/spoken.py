"""What is spoken at each frame of a corpus: words, phones in the IPA, classes of phones and edges of words.

Labels of the corpus and made ones are treated alike. Silence and noise are no labels. Phones are read as IPA whatever
a corpus writes them in, and words without case and punctuation, so that its own and made ones are the same labels.
"""

import numpy as np
import polars as pl

from atlas.analyse.testing.framelabels import FrameLabels, Longs, frame_labels
from atlas.analyse.testing.phrases import neighbourhoods, phrases
from atlas.analyse.testing.purity import ClipHalves, TierGroup
from atlas.audio import draws
from atlas.audio.units import clips_in_half_a
from atlas.schema.grid import FrameGrid
from atlas.schema.thresholds import NEIGHBOURS_OF_A_WORD
from atlas.speech.classes import CLASS_TIERS, classes_of
from atlas.speech.edges import EDGE_TIER, EDGES, edge_spans
from atlas.speech.symbols import convention_of, ipa_of, is_silence
from atlas.speech.tiers import PHONES, WORDS, kind_of
from atlas.speech.words import word_label

TEXTS = "texts"
_EVER_S = float(2**31)


def spoken_tiers(clips: pl.DataFrame, timed: pl.DataFrame, grid: FrameGrid) -> tuple[TierGroup, ...]:
    """clips: the table; timed: all timed labels, of the corpus and made.

    Tiers that no clip has are left out, and so are phones of which none can be read.
    """
    valid = clips["valid_frames"].to_numpy().astype(np.int64)
    words = _of_kind(timed, WORDS)
    names = {label: word_label(label) for label in words["label"].unique()}
    words = words.with_columns(pl.col("label").replace(names))
    phones = _of_kind(timed, PHONES)
    around, texts = _texts(clips, words, valid, grid)
    groups = []
    if len(words):
        edges = edge_spans(words, clips)
        layers = [edges.filter(pl.col("label") == edge) for edge in EDGES]
        groups.append(TierGroup(tiers=(frame_labels(WORDS, [words], valid, grid),), texts=around))
        groups.append(TierGroup(tiers=(frame_labels(EDGE_TIER, layers, valid, grid),), texts=texts))
    if len(phones) and (tiers := _phones_and_classes(phones, valid, grid)):
        groups.append(TierGroup(tiers=tiers, texts=texts))
    return tuple(groups)


def halves_of(clips: pl.DataFrame) -> ClipHalves:
    """The recordings of clips, and the half that each is dealt into."""
    hashes = draws.clip_hashes(clips)
    return ClipHalves(
        recording=clips["recording"].rank("dense").to_numpy().astype(np.int64),
        rank=np.argsort(np.argsort(hashes, kind="stable")),
        half_a=clips_in_half_a(clips),
    )


def _of_kind(timed: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The spans of all tiers of a kind, without silence; where a clip has two such tiers, of the first by name."""
    tiers = [tier for tier in timed["tier"].unique() if kind_of(tier) == kind]
    mine = timed.filter(pl.col("tier").is_in(tiers)).filter(pl.col("tier") == pl.col("tier").min().over("clip"))
    silent = [label for label in mine["label"].unique() if is_silence(label)]
    return mine.filter(~pl.col("label").is_in(silent))


def _texts(clips: pl.DataFrame, words: pl.DataFrame, valid: Longs, grid: FrameGrid) -> tuple[FrameLabels, FrameLabels]:
    """What counts once, layer by layer: of words, and of all else.

    A text is the neighbourhood of the word that is spoken; for all but words it is a clip's text where the corpus has
    one; and a clip without words is a text of its own. The other layers are phrases, by what sounds before and after.
    """
    whole = clips.select("clip", start_s=pl.lit(0.0), end_s=pl.lit(_EVER_S), label=pl.format("clip {}", "clip"))
    spans = words.select("clip", "start_s", "end_s", "label")
    around, alike = neighbourhoods(spans, NEIGHBOURS_OF_A_WORD), phrases(spans)
    of_corpus = clips.filter(pl.col("text").is_not_null()).select(
        "clip", start_s=pl.lit(0.0), end_s=pl.lit(_EVER_S), label=pl.col("text").str.to_lowercase()
    )
    rest = around.join(of_corpus, on="clip", how="anti")
    by_text = pl.concat([of_corpus, rest, whole.join(pl.concat([of_corpus, rest]), on="clip", how="anti")])
    by_words = pl.concat([around, whole.join(around, on="clip", how="anti")])
    first, second = (frame_labels(TEXTS, [exact, *alike], valid, grid) for exact in (by_words, by_text))
    return first, second


def _phones_and_classes(phones: pl.DataFrame, valid: Longs, grid: FrameGrid) -> tuple[FrameLabels, ...]:
    """Phones by their IPA, and each tier of classes; a label is read by what its own tier is written in.

    Nothing where no label is a phone that is known.
    """
    raw = frame_labels("", [phones.with_columns(pl.format("{} {}", "tier", "label").alias("label"))], valid, grid)
    names: dict[str, dict[str, str | None]] = {tier: {} for tier in (PHONES, *CLASS_TIERS)}
    for tier, labels in phones.group_by("tier").agg(pl.col("label").unique()).iter_rows():
        convention = convention_of(labels)
        for label in labels:
            classes = classes_of(label, convention)
            names[PHONES][f"{tier} {label}"] = ipa_of(label, convention)
            for kind in CLASS_TIERS:
                names[kind][f"{tier} {label}"] = getattr(classes, kind, None)
    tiers = (raw.renamed(tier, of_label) for tier, of_label in names.items())
    return tuple(tier for tier in tiers if tier.labels)
