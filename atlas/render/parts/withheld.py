"""What may not be published of a corpus: `[media] redistribute` covers words as it covers sound.

A timed label may be a whole sentence, so one that such clips alone have tells what is spoken in them. The name of a
feature stays: a word or phone at the peaks of many recordings.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

import polars as pl

from atlas.media.plan import allowed_of
from atlas.reading.experiments import experiment_table
from atlas.reading.tables import Atlas
from atlas.render.site import SiteAtlas
from atlas.schema import ALIGNMENTS, HALLUCINATION_RUNS
from atlas.schema.media import LICENCE
from atlas.speech.symbols import convention_of, ipa_of
from atlas.speech.tiers import PHONES, WORDS, kind_of
from atlas.speech.words import word_label

Name = tuple[str, str]
"a tier and a label"


@lru_cache(maxsize=4)
def hidden_clips(atlas: SiteAtlas) -> frozenset[int]:
    """Clips whose licence the config of today does not name, or did not when sounds were made."""
    clips = atlas.clips
    allowed = allowed_of(clips["licence"].drop_nulls().unique(), atlas.media.redistribute)
    hidden = ~pl.col("licence").fill_null("").is_in(allowed) | (pl.col("reason") == LICENCE).fill_null(False)
    return frozenset(clips.filter(hidden)["clip"])


@lru_cache(maxsize=4)
def hidden_labels(atlas: SiteAtlas) -> frozenset[Name]:
    """The timed labels that files leave out."""
    return _labels_alone_in(atlas, hidden_clips(atlas))


@lru_cache(maxsize=4)
def unread_labels(atlas: Atlas) -> frozenset[Name]:
    """The same for pages, which show of each clip what was decided when media were made."""
    return _labels_alone_in(atlas, atlas.clips.filter(pl.col("reason") == LICENCE)["clip"].to_list())


def without(rows: pl.DataFrame, labels: Collection[Name]) -> pl.DataFrame:
    """The rows of a table (tier, label, ...) but for those of some labels."""
    if not labels:
        return rows
    left_out = pl.DataFrame(sorted(labels), schema={"tier": pl.String, "label": pl.String}, orient="row")
    return rows.join(left_out, on=["tier", "label"], how="anti", maintain_order="left")


def without_tokens(atlas: SiteAtlas, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of `effect_tokens` that may be shown."""
    return rows.filter([may_be_shown(atlas, token) for token in rows["token"]])


def may_be_shown(atlas: SiteAtlas, token: str) -> bool:
    """Whether a token that a readout wrote is said in a clip that may be read, as far as texts and labels tell.

    Of a hidden clip no table has what a readout wrote, so that nothing but the words of other clips is known to be no
    secret. Where nothing is hidden, every token may be shown.
    """
    words = readable_words(atlas)
    return words is None or _folded(token) in words


@lru_cache(maxsize=4)
def readable_words(atlas: SiteAtlas) -> frozenset[str] | None:
    """The words and phones of texts and timed labels of the clips that may be read; None where all may."""
    hidden = hidden_clips(atlas)
    if not hidden:
        return None
    shown = ~pl.col("clip").is_in(sorted(hidden))
    words = set[str]()
    for texts in (atlas.clips, atlas.transcripts):
        words.update(_words_of(texts.filter(shown)["text"]))
    for spans in (_brought(atlas), atlas.annotations):
        for (tier,), rows in spans.filter(shown).partition_by("tier", as_dict=True).items():
            labels = rows["label"].unique().to_list()
            words.update(_words_of(labels), (_folded(name) for names in _names(tier, labels) for _, name in names))
    return frozenset(words)


def silence_may_be_read(atlas: SiteAtlas) -> bool:
    """Whether what a model writes where nobody speaks may be shown: one such text may be of a single clip."""
    hidden = atlas.clips.filter(pl.col("clip").is_in(sorted(hidden_clips(atlas))))["domain"].unique()
    tried = experiment_table(atlas, HALLUCINATION_RUNS.name)["domains"]
    return not any(domain in domains for domains in tried for domain in hidden)


def _words_of(texts: Iterable[str | None]) -> Iterator[str]:
    return (_folded(word) for text in texts if text for word in text.split())


def _folded(written: str) -> str:
    """As tokens of effects are: without case, and without the spaces and punctuation around it."""
    return word_label(written.strip())


def _labels_alone_in(atlas: Atlas, clips: Collection[int]) -> frozenset[Name]:
    """The tiers and labels that no other clip has, by all names that tables have for them; silence is none."""
    if not clips:
        return frozenset()
    inside, elsewhere = set[Name](), set[Name]()
    within = pl.col("clip").is_in(list(clips))
    for spans in (_brought(atlas), atlas.annotations):
        ends = [within.any().alias("inside"), (~within).any().alias("elsewhere")]
        held = spans.filter(pl.col("label") != "").group_by("tier", "label").agg(ends)
        for (tier,), rows in held.partition_by("tier", as_dict=True).items():
            names = dict(zip(rows["label"], _names(tier, rows["label"].to_list()), strict=True))
            for found, where in ((inside, "inside"), (elsewhere, "elsewhere")):
                found.update(*(names[label] for label in rows.filter(where)["label"]))
    return frozenset(inside - elsewhere)


def _brought(atlas: Atlas) -> pl.DataFrame:
    """The timed labels of the corpus."""
    path = atlas.folder.path(ALIGNMENTS)
    return atlas.folder.read_table(ALIGNMENTS) if path.exists() else ALIGNMENTS.empty()


def _names(tier: str, labels: list[str]) -> Iterator[set[Name]]:
    """What each label of a tier is called: as it is written, and as words and phones of several sources are."""
    kind = kind_of(tier)
    convention = convention_of(labels) if kind == PHONES else None
    for label in labels:
        name = word_label(label) if kind == WORDS else ipa_of(label, convention) if kind == PHONES else None
        yield {(tier, label), (kind or tier, name or label)}
