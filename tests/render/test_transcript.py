"""The transcript on the page of a clip: whose it is, what is not used, and which words lead to features."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from atlas.config.site import SiteConfig
from atlas.render.pages import clip
from atlas.render.parts import transcript
from atlas.render.parts.listed import Lister
from atlas.render.parts.spoken import TimedSound, texts_of, transcript_rows
from atlas.render.parts.transcript import FeaturePeak, TranscriptWord, transcript_of
from atlas.render.site import SiteAtlas, site_atlas
from atlas.schema import TRANSCRIPTS
from tests.render.sites import Parsed
from tests.synthetic import Spec, write_atlas

BROUGHT, WRITTEN, REFUSED = 0, 1, 3


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    folder = write_atlas(tmp_path_factory.mktemp("transcript"), Spec(features=16, clips=60, annotated=True))
    return site_atlas(folder, SiteConfig())


def test_a_transcript_says_who_wrote_it_and_who_placed_its_words(atlas: SiteAtlas) -> None:
    notes = {number: found.notes for number in (0, 1, 4) if (found := transcript_of(atlas, number, []))}

    assert notes == {
        0: ("text of the corpus", "words placed by the corpus"),
        1: ("written by Whisper tiny.en, the model under study", "words placed by pocketsphinx"),
        4: ("text of the corpus", "its words could not be placed: misfit"),
    }


def test_a_text_of_the_corpus_is_shown_where_its_words_could_not_be_placed(atlas: SiteAtlas) -> None:
    found = transcript_of(atlas, 4, [])

    assert found is not None
    assert found.words == (TranscriptWord(atlas.clip_rows[4]["text"]),)


def test_a_refused_transcript_is_told_and_not_shown(atlas: SiteAtlas) -> None:
    found = transcript_of(atlas, REFUSED, [])

    assert found is not None
    assert found.words == ()
    assert found.notes[1] == "not used: no speech"


def test_a_word_leads_to_the_feature_that_is_strongest_at_it(atlas: SiteAtlas) -> None:
    words = atlas.alignments.of(WRITTEN).filter(pl.col("tier") == "words").sort("start_s")
    feature = Lister(atlas).listed("block2", 6)
    found = transcript_of(atlas, WRITTEN, [FeaturePeak(feature, words["start_s"][1] + 0.1)])

    assert found is not None
    assert [word.text.rstrip(".") for word in found.words] == words["label"].to_list()
    assert found.words[1] == TranscriptWord(words["label"][1], "f/block2/6.html", "block2/6 phone i, also Chinese")
    assert {word.address for place, word in enumerate(found.words) if place != 1} == {None}


@pytest.mark.parametrize(
    ("text", "labels", "peak", "led"),
    [
        ("Mr. 25 has gone home again", "mister twenty five has gone home", "has", ["has"]),
        ("Mr. 25 has gone home again", "mister twenty five has gone home", "five", ["25"]),
        ("Mr. 25 has gone home", "mister 25 has gone home", "25", ["25"]),
        ("The well-known: office!", "the well known office", "known", ["well-known:"]),
        ("Don\u2019t go, office", "don't went office", "don't", ["Don\u2019t"]),
        ("Don\u2019t go, office", "don't went office", "went", []),
        ("so it is so", "so it was so", "was", []),
        ("so it is so", "so it was so", "it", ["it"]),
        ("twenty is so", "25 is so", "25", []),
        ("Guten Tag", "", "", []),
    ],
)
def test_words_lead_by_what_is_spoken_and_not_by_their_number(
    atlas: SiteAtlas, text: str, labels: str, peak: str, led: list[str]
) -> None:
    sounds = [TimedSound(start, start + 1, label, frozenset()) for start, label in enumerate(labels.split())]
    at_s = next((sound.start_s + 0.5 for sound in sounds if sound.text == peak), 0.5)
    words = transcript._words(text, sounds, [FeaturePeak(Lister(atlas).listed("block2", 6), at_s)])

    assert [word.text for word in words if word.address] == led
    assert " ".join(word.text for word in words) == text


def test_a_text_whose_words_are_not_those_with_times_is_shown_as_it_stands(atlas: SiteAtlas) -> None:
    feature = Lister(atlas).listed("block2", 6)
    found = transcript_of(atlas, BROUGHT, [FeaturePeak(feature, 0.1)])

    assert found is not None
    assert found.words == (TranscriptWord(atlas.clip_rows[BROUGHT]["text"]),)


def test_a_text_of_the_corpus_is_shown_where_nobody_was_asked_to_annotate(atlas: SiteAtlas, tmp_path: Path) -> None:
    bare = shutil.copytree(atlas.folder.root, tmp_path / "bare", ignore=shutil.ignore_patterns("transcripts"))
    found = transcript_of(site_atlas(bare, SiteConfig()), BROUGHT, [])
    texts = texts_of(site_atlas(bare, SiteConfig()))

    assert found is not None
    assert found.words == (TranscriptWord(atlas.clip_rows[BROUGHT]["text"]),)
    assert found.notes == ("text of the corpus", "words placed by the corpus")
    assert set(texts["clip"]) == set(atlas.clips.drop_nulls("text")["clip"])
    assert texts.columns == texts_of(atlas).columns == list(TRANSCRIPTS.columns)


def test_a_hostile_transcript_comes_out_as_text(tmp_path: Path) -> None:
    spec = Spec(features=16, clips=60, annotated=True, hostile=True)
    atlas = site_atlas(write_atlas(tmp_path, spec), SiteConfig())
    pages = [Parsed(str(text)) for _, text in clip.pages(atlas)]
    said = [row["text"] for row in transcript_rows(atlas).values() if row["problem"] is None and row["text"]]

    assert any("<script>alert(1)" in text for text in said)
    assert any("What is spoken" in page.said for page in pages)
    for page in pages:
        assert page.crossed == []
        assert all(attributes.get("src") for tag, attributes in page.elements if tag == "script")
        assert not any("onerror" in attributes for _, attributes in page.elements)
