"""`atlas export explain` and back: what is to be heard is what it says, and any model's answers come home scored."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile
from click.testing import CliRunner

from atlas.audio.samples import MEL_GRID, RATE_HZ, read_sound
from atlas.cli import main
from atlas.config.loading import load_config
from atlas.corpus.locate import locate
from atlas.errors import AtlasError
from atlas.explain import bundle as explain_bundle
from atlas.explain.answer_keys import read_key
from atlas.explain.bundle import chosen_features, export_bundle, named_features
from atlas.explain.explanations import import_explanations
from atlas.explain.snippets import DrawableClip, drawable_clips, snippets_of, spans_of
from atlas.reading import opening
from atlas.reading.opening import open_atlas
from atlas.reading.tables import Atlas
from atlas.schema import CLIPS, EXAMPLES, EXPLANATIONS, FEATURES, FINDINGS, LABELS, PEAKS
from atlas.schema.thresholds import QUIET_WITHIN_DB
from atlas.store import AtlasFolder
from tests import cards
from tests.analyse.tabling import siren, table
from tests.cards import sae_card

DICTIONARY = "last"


@pytest.fixture(scope="module")
def folder(tiny_atlas: Path, tmp_path_factory: pytest.TempPathFactory) -> AtlasFolder:
    """A copy of the tiny atlas, which may be written to."""
    copy = tmp_path_factory.mktemp("bundled") / "atlas"
    shutil.copytree(tiny_atlas, copy, ignore=shutil.ignore_patterns("work", ".done"))
    return AtlasFolder(copy)


@pytest.fixture(scope="module")
def atlas(folder: AtlasFolder) -> Atlas:
    return open_atlas(folder.root)


@pytest.fixture(scope="module")
def features(folder: AtlasFolder) -> list[tuple[str, int]]:
    """Features that fire in many clips, in few and in nearly all, and one that peaks within a cut of a long file."""
    known = folder.read_table(FEATURES, DICTIONARY).filter(pl.col("clips_active") > 2).sort("clips_active")
    numbers = known["feature"].to_list()
    cuts = folder.read_table(CLIPS).filter(pl.col("offset_s") > 0)["clip"].to_list()
    firsts = folder.read_table(EXAMPLES, DICTIONARY).filter(pl.col("group") == "top", pl.col("rank") == 1)
    places = dict(firsts.select("feature", "clip").rows())
    cut = next(number for number in numbers[1:-1] if places[number] in cuts)
    chosen = (numbers[len(numbers) // 2], numbers[0], numbers[-1], cut)
    return [(DICTIONARY, number) for number in dict.fromkeys(chosen)]


@pytest.fixture(scope="module")
def bundle(
    atlas: Atlas, features: list[tuple[str, int]], tiny_config: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    corpus = load_config(tiny_config).corpus
    out = tmp_path_factory.mktemp("bundle") / "explain"
    export_bundle(atlas, out, features, lambda path: locate(corpus, path), lambda _: None)
    return out


def files_of(bundle: Path) -> dict[str, bytes]:
    """All files of a bundle, but for the answers that were put there."""
    files = (path for path in sorted(bundle.rglob("*")) if path.is_file() and path.name != "answers.jsonl")
    return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in files}


def prompts(bundle: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bundle / "prompts.jsonl").read_text(encoding="utf-8").splitlines()]


def fires_in(folder: AtlasFolder, feature: int) -> set[int]:
    rows = pl.read_parquet(sorted((folder.root / PEAKS.name / DICTIONARY).glob("*.parquet")))
    return set(rows.filter(pl.col("feature") == feature)["clip"].to_list())


def test_a_line_a_feature_names_sounds_that_are_there(bundle: Path, features: list[tuple[str, int]]) -> None:
    told = prompts(bundle)
    assert [(one["dictionary"], one["feature"]) for one in told] == features
    named = {name for one in told for name in (*one["audio"], *one["held_out"])}
    assert named == {str(path.relative_to(bundle)) for path in bundle.rglob("*.wav")}
    assert {path.name for path in bundle.iterdir()} == {"README.md", "audio", "key.jsonl", "prompts.jsonl"}
    for one in told:
        assert all(name in one["prompt"] for name in one["audio"])
        assert one["detect"] is None or "{text}" in one["detect"]
        assert all(name in (one["detect"] or "") for name in one["held_out"])
        assert not any(name in one["prompt"] for name in one["held_out"])


def test_what_is_held_out_is_half_firing_half_silent_and_of_other_recordings(
    folder: AtlasFolder, features: list[tuple[str, int]]
) -> None:
    heard = drawable_clips(folder.read_table(CLIPS))
    examples = folder.read_table(EXAMPLES, DICTIONARY)
    held_out = 0
    for name, feature in features:
        fires = fires_in(folder, feature)
        found = snippets_of((name, feature), examples.filter(pl.col("feature") == feature), fires, heard, 50.0)
        tested = {one.clip for one in found.held_out if one.share}
        silent = {one.clip for one in found.held_out if not one.share}
        assert len(tested) == len(silent)
        assert tested <= fires
        assert not silent & fires
        recordings = [heard[one.clip].recording for one in found.held_out]
        shown = {heard[one.clip].recording for one in (*found.firing, *found.quiet)}
        assert len(set(recordings)) == len(recordings)
        assert not shown & set(recordings)
        assert found.firing[0].share == 1
        held_out += len(found.held_out)
    assert held_out >= 8


def test_a_sound_is_the_stretch_of_the_corpus_that_the_table_names(
    bundle: Path, folder: AtlasFolder, features: list[tuple[str, int]], tiny_config: Path
) -> None:
    clips, corpus = folder.read_table(CLIPS), load_config(tiny_config).corpus
    examples = folder.read_table(EXAMPLES, DICTIONARY)
    for name, feature in features:
        top = examples.filter(pl.col("feature") == feature, pl.col("group") == "top", pl.col("rank") == 1)
        row = top.join(clips, on="clip").row(0, named=True)
        whole = read_sound(locate(corpus, row["path"])).samples
        start, end = (round((row["offset_s"] + row[key]) * RATE_HZ) for key in ("start_s", "end_s"))
        written, rate_hz = soundfile.read(bundle / f"audio/{name}-{feature}/fires1.wav", dtype="float32")
        assert rate_hz == RATE_HZ
        assert np.abs(written - whole[start:end][: len(written)]).max() < 2**-15
        assert 0 <= (end - start) - len(written) < MEL_GRID.hop  # the last frame of a clip may be begun only


def answers(bundle: Path, listen: Any, author: str) -> str:
    """What a model writes that explains each feature and calls the clips that it is asked about."""
    lines = []
    for one in prompts(bundle):
        row = {"dictionary": one["dictionary"], "feature": one["feature"], "author": author, "text": "it hums"}
        if one["held_out"]:
            row["fires"] = [Path(name).stem for name in one["held_out"] if listen(one, name)]
        lines.append(json.dumps(row))
    return "\n".join(lines)


def test_answers_come_back_scored_and_replace_those_of_before(bundle: Path, folder: AtlasFolder) -> None:
    key = read_key(bundle)
    assert key

    def loud(prompt: dict[str, Any], name: str) -> bool:
        samples, _ = soundfile.read(bundle / name)
        return bool(np.sqrt(np.mean(samples**2)) > 0.05)

    def knows(prompt: dict[str, Any], name: str) -> bool:
        return key[prompt["dictionary"], prompt["feature"]].clips[Path(name).stem]

    models = {"loudness": loud, "oracle": knows, "contrary": lambda *asked: not knows(*asked), "yes": lambda *_: True}
    for author, listen in models.items():
        (bundle / "answers.jsonl").write_text(answers(bundle, listen, author), encoding="utf-8")
        import_explanations(folder, bundle / "answers.jsonl", lambda _: None)
    found = folder.read_table(EXPLANATIONS)
    assert len(found) == len(models) * len(prompts(bundle))
    scores = found.filter(pl.col("score").is_not_null())
    assert scores["feature"].n_unique() == len(key)
    by_author = {author: set(scores.filter(author=author)["score"].to_list()) for author in models}
    assert (by_author["oracle"], by_author["contrary"], by_author["yes"]) == ({1.0}, {0.0}, {0.5})
    for one in prompts(bundle):
        if one["held_out"]:
            truth = key[one["dictionary"], one["feature"]].clips
            right = [loud(one, name) == truth[Path(name).stem] for name in one["held_out"]]
            mine = scores.filter(author="loudness", feature=one["feature"])["score"].item()
            assert mine == pytest.approx(np.mean(right))  # as many fire as are silent
    assert import_explanations(folder, bundle / "answers.jsonl", lambda _: None).replaced == len(prompts(bundle))


def test_the_same_features_make_the_same_bundle(
    bundle: Path, atlas: Atlas, features: list[tuple[str, int]], tiny_config: Path, tmp_path: Path
) -> None:
    corpus = load_config(tiny_config).corpus
    export_bundle(atlas, tmp_path / "again", features, lambda path: locate(corpus, path), lambda _: None)
    first, again = (files_of(out) for out in (bundle, tmp_path / "again"))
    assert len(first) > 4 * len(features)
    assert list(again) == list(first)
    assert [name for name in first if again[name] != first[name]] == []


def test_a_feature_that_was_never_heard_is_left_out_and_said(
    folder: AtlasFolder, atlas: Atlas, tiny_config: Path, tmp_path: Path
) -> None:
    dead = folder.read_table(FEATURES, DICTIONARY).filter(pl.col("state") == "dead")["feature"][0]
    said: list[str] = []
    export_bundle(atlas, tmp_path / "out", [(DICTIONARY, dead)], lambda path: path, said.append)
    assert said[0].endswith("; 1 left out, as nothing was heard of them")
    assert (tmp_path / "out" / "prompts.jsonl").read_bytes() == b""


def test_a_folder_in_use_and_a_corpus_that_is_gone_are_told_in_a_sentence(
    folder: AtlasFolder, atlas: Atlas, features: list[tuple[str, int]], tmp_path: Path
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "answers.jsonl").write_text("")
    with pytest.raises(AtlasError, match="used: not empty; give --to a new folder"):
        export_bundle(atlas, tmp_path / "used", features, lambda path: path, lambda _: None)
    with pytest.raises(AtlasError, match="file not found; the corpus must be where it was when it was listened to"):
        export_bundle(atlas, tmp_path / "new", features, lambda path: str(tmp_path / path), lambda _: None)


def test_features_are_named_as_on_pages(folder: AtlasFolder, atlas: Atlas) -> None:
    assert named_features(atlas, ["last/3", "block0/255", "last/3"]) == [("last", 3), ("block0", 255)]
    sizes = {name: len(folder.read_table(FEATURES, name)) for name in ("last", "block0")}
    with pytest.raises(AtlasError) as error:
        named_features(atlas, ["last/9999", "7", "first/1", "block0/x"])
    assert str(error.value) == (
        f"--features: last/9999: expected a number from 0 to {sizes['last'] - 1};"
        " 7: expected one of block0, last, last-random, last-template, units, a slash and a number;"
        " first/1: expected one of block0, last, last-random, last-template, units, a slash and a number;"
        f" block0/x: expected a number from 0 to {sizes['block0'] - 1}"
    )


def test_by_default_the_surest_live_features_are_chosen(tmp_path: Path) -> None:
    folder = AtlasFolder(tmp_path)
    for name, low in (("a", 3.0), ("b", 5.0)):
        states = ["live", "live", "rare", "dense", "dead"]
        rows = [{"feature": n, "state": state, "recordings_active": 20 + n} for n, state in enumerate(states)]
        folder.write_table(FEATURES, table(FEATURES, rows, dictionary=name), name)
        labels = [siren(1, lift_low=low), siren(2, lift_low=9.0)]
        folder.write_table(LABELS, table(LABELS, labels, dictionary=name, kind="label"), name)
        best = [{"feature": n, "clip_kind": "label", "clip_label": "siren"} for n in (1, 2)] + [{"feature": 3}]
        folder.write_table(FINDINGS, table(FINDINGS, best, dictionary=name), name)
    own = {name: sae_card(features=5) for name in ("a", "b")}
    atlas = Atlas(folder, replace(cards.CARD, dictionaries=own))
    assert chosen_features(atlas, ["a", "b"], 5) == [("b", 1), ("a", 1), ("a", 3), ("b", 3), ("a", 0)]
    assert chosen_features(atlas, ["a"], 1) == [("a", 1)]


def test_no_control_is_chosen_from(tiny_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = '[[dictionary]]\nname = "frames"\ntap = "encoder.blocks.0"\nkind = "template"\nlike = "block0"\n'
    config = tiny_config.with_name("with-a-control.toml")
    config.write_text(f"{tiny_config.read_text(encoding='utf-8')}\n{control}", encoding="utf-8")
    asked: list[list[str]] = []
    monkeypatch.setattr(opening, "open_atlas", lambda root: root)
    monkeypatch.setattr(explain_bundle, "chosen_features", lambda atlas, names, count: asked.append(names))
    monkeypatch.setattr(explain_bundle, "export_bundle", lambda *given: None)
    result = CliRunner().invoke(main, ["export", "explain", str(config)])
    config.unlink()

    assert (result.exit_code, result.output) == (0, "")
    assert asked == [["last", "block0", "units"]]


def test_times_are_where_the_trace_is_above_half_of_its_own_peak() -> None:
    trace = np.zeros(151, np.uint8)
    trace[10:20], trace[60:61], trace[140:151] = 60, 100, 200
    assert spans_of(trace.tolist(), 50.0) == ((1.2, 1.22), (2.8, 3.02))
    trace[[80, 90, 100, 110]] = 199
    assert [start for start, _ in spans_of(trace.tolist(), 50.0)] == [1.2, 1.6, 1.8, 2.8]  # the longest, then the first
    assert spans_of([50] * 5 + [0] * 5 + [50], 50.0) == ((0.0, 0.22),)
    assert spans_of([50] * 5 + [0] * 6 + [50], 50.0) == ((0.0, 0.1), (0.22, 0.24))
    assert spans_of([0] * 151, 50.0) == ()


def drawable(clip: int, recording: str, dataset: str, energy_db: float) -> DrawableClip:
    return DrawableClip(
        clip=clip, hash64=clip, recording=recording, dataset=dataset, energy_db=energy_db, valid_frames=300
    )


def silent_for(like: DrawableClip, others: list[DrawableClip]) -> list[int]:
    """The silent clips that are drawn for two firing clips alike."""
    firing = [like, drawable(1, "second", like.dataset, like.energy_db)]
    rows = [
        {
            "feature": 0,
            "group": group,
            "rank": rank,
            "clip": clip,
            "start_s": 0.0,
            "end_s": 2.0,
            "peak": 1.0,
            "trace": [9],
        }
        for group, rank, clip in (("top", 1, 2), ("high", 1, 0), ("mid", 1, 1))
    ]
    heard = {one.clip: one for one in (*firing, drawable(2, "top", "x", 0.0), *others)}
    found = snippets_of(("d", 0), table(EXAMPLES, rows), {0, 1, 2}, heard, 50.0)
    assert all(one.end_s - one.start_s == 2.0 for one in found.held_out)
    return sorted(one.clip for one in found.held_out if not one.share)


def test_silent_clips_are_of_the_same_dataset_and_as_loud_where_there_are_any() -> None:
    like = drawable(0, "first", "street", -20.0)
    wanted = [drawable(n, f"r{n}", "street", -20.0 + QUIET_WITHIN_DB * (n - 10.5)) for n in (10, 11)]
    quieter = [drawable(n, f"r{n}", "street", -40.0) for n in (20, 21)]
    elsewhere = [drawable(n, f"r{n}", "lab", -20.0) for n in (30, 31)]
    same = [drawable(n, "first", "street", -20.0) for n in (40, 41)]  # of a recording that is heard already
    assert silent_for(like, [*elsewhere, *quieter, *wanted, *same]) == [10, 11]
    assert silent_for(like, [*elsewhere, *quieter, *same]) == [20, 21]
    assert silent_for(like, [*elsewhere, *same]) == [30, 31]
    assert silent_for(like, same) == []
