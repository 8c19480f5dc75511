"""`atlas train` on the tiny world: what it leaves, that it goes on, that nothing but the config decides the bytes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from atlas.cli import main
from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.load import load_dictionary
from atlas.dictionaries.selection import active_values
from atlas.errors import AtlasError
from atlas.measure.run import Run
from atlas.schema.remarks import Fact
from atlas.train import run as training
from atlas.train.frames import ActivationReader
from atlas.train.learner import Learner
from atlas.train.run import train
from tests.building import replaced

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60

CONFIG = """\
[corpus]
manifest = "manifest.csv"
root = "{world}/corpus"

[encoder]
model = "{world}/encoder.pt"

[training]
steps = 30
batch_frames = 128
buffer_frames = 10000
learning_rate = 1e-3
held_out = 0.2
dead_frames = 1000
report_steps = 10

[[train]]
name = "block0"
tap = "encoder.blocks.0"
k = 6
features = 96

[[train]]
name = "last"
tap = "encoder.ln_post"
kind = "top_k"
k = 4
expansion = 2
nested = [32, 80]

[[train]]
name = "last-l1"
tap = "encoder.ln_post"
kind = "l1"
l1 = 0.1
expansion = 2
seed = 1
"""
CLIPS = 20
NAMES = ("block0", "last", "last-l1")


@pytest.fixture(scope="module")
def config(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every other clip of the tiny world, all of which fit the buffer, and an autoencoder of each kind."""
    path = tmp_path_factory.mktemp("train") / "small.toml"
    lines = (tiny_config.parent / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines()
    (path.parent / "manifest.csv").write_text("\n".join(lines[::2]) + "\n", encoding="utf-8")
    path.write_text(CONFIG.format(world=tiny_config.parent.as_posix()), encoding="utf-8")
    return path


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """On busy cores the threads of torch wait for each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "cores", lambda: 1)
        yield


@pytest.fixture(scope="module")
def trained(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a training that nothing disturbed leaves."""
    out = tmp_path_factory.mktemp("trained") / "out"
    train(config, out, "cpu")
    return out


def weights(out: Path) -> dict[str, bytes]:
    """All that is left of each autoencoder."""
    return {
        f"{name}/{file}": (out / name / file).read_bytes()
        for name in NAMES
        for file in ("ae.pt", "config.json", "log.jsonl")
    }


def atlas(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def log(out: Path, name: str) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / name / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def training_of(config: Path, out: Path) -> training.Training:
    settings = training.load_train_config(config)
    run = Run(settings.measured(), training.AtlasFolder(out), torch.device("cpu"), 1)
    return training.Training(settings, run, lambda _: None)


def test_the_command_says_how_well_each_does_and_what_to_write_into_a_config(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = atlas("train", config, "--out", out, "--device", "cpu"), atlas("train", config, "--out", out)
    last = {name: log(out, name)[-1] for name in NAMES}
    fits = [
        f"           {name}: FVU {last[name]['held_out_fvu']:.3f} at L0 {last[name]['held_out_l0']:.1f} held out,"
        f" {last[name]['dead']:.1%} dead; in {out / name}"
        for name in NAMES
    ]
    blocks = [
        f'\n[[dictionary]]\nname = "{name}"\ntap = "{tap}"\ncheckpoint = "{out.as_posix()}/{name}/ae.pt"'
        for name, tap in zip(NAMES, ("encoder.blocks.0", "encoder.ln_post", "encoder.ln_post"), strict=True)
    ]
    said = "\n".join([*fits, *blocks, ""])

    assert (first.exit_code, second.exit_code, second.stderr) == (0, 0, "")
    heading, _, rest = first.stdout.partition("\n")
    assert re.fullmatch(r"train      30 steps in [\d.]+ (s|min); 5 of 20 recordings held out", heading)
    assert rest == said
    assert second.stdout == f"train      was done before; 5 of 20 recordings held out\n{said}"
    problem, *reports = first.stderr.splitlines()
    assert problem == "1 clip with a `problem` in clips.parquet, left out"
    assert len(reports) == 9
    assert reports[0].startswith("block0 after 10 of 30 steps: loss ")


def test_without_out_the_folder_is_named_after_the_config(
    config: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert atlas("train", config, "--device", "cpu").exit_code == 0
    assert weights(tmp_path / "small-sae") == weights(trained)


def test_with_force_what_was_trained_is_trained_again(config: Path, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "out")
    result = atlas("train", config, "--out", tmp_path / "out", "--device", "cpu", "--force")

    assert result.stdout.startswith("train      30 steps in ")
    assert weights(tmp_path / "out") == weights(trained)


def test_a_device_that_is_not_there_is_refused(config: Path, tmp_path: Path) -> None:
    assert "--device 'warp'" in atlas("train", config, "--out", tmp_path / "out", "--device", "warp").stderr


def test_equal_configs_leave_equal_bytes_and_no_checkpoint(config: Path, trained: Path, tmp_path: Path) -> None:
    train(config, tmp_path, "cpu")

    assert weights(tmp_path) == weights(trained)
    assert not (tmp_path / "checkpoint.pt").exists()


@pytest.mark.parametrize("reports", [1, 3, 5, 9])
def test_a_training_that_stops_at_a_report_goes_on_to_the_same_bytes(
    config: Path, trained: Path, tmp_path: Path, reports: int
) -> None:
    said: list[str] = []

    def stop(line: str) -> None:
        said.append(line)
        if len(said) == reports:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path, "cpu", echo=stop)
    rest: list[str] = []
    train(config, tmp_path, "cpu", echo=rest.append)

    assert weights(tmp_path) == weights(trained)
    assert len(rest) == 9 - (reports - 1) // 3 * 3  # reports since the last checkpoint are made again


def test_a_training_that_is_killed_goes_on_to_the_same_bytes(config: Path, tmp_path: Path) -> None:
    longer = replaced(config, ("steps = 30", "steps = 300"), ("report_steps = 10", "report_steps = 25"))
    out, whole = tmp_path / "out", tmp_path / "whole"
    script = "from atlas.train import run; run.cores = lambda: 1; from atlas.cli import main; main()"
    command = [sys.executable, "-c", script, "train", str(longer), "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while not (out / "checkpoint.pt").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "it ended before it was killed"
    assert (out / "checkpoint.pt").exists()
    said: list[str] = []
    train(longer, out, "cpu", echo=said.append)
    train(longer, whole, "cpu")

    assert 0 < len(said) < 36
    assert weights(out) == weights(whole)


def test_reports_and_a_cache_change_no_byte_of_the_weights(config: Path, trained: Path, tmp_path: Path) -> None:
    other = replaced(config, ("report_steps = 10", "report_steps = 7\ncache = true"), name="cached.toml")
    train(other, tmp_path, "cpu")
    kept = sorted((tmp_path / "activations").rglob("*.npy"))
    for name in NAMES:
        assert (tmp_path / name / "ae.pt").read_bytes() == (trained / name / "ae.pt").read_bytes()
    assert len(kept) == CLIPS


def test_kept_activations_are_read_and_not_heard_again(
    config: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = replaced(config, ("report_steps = 10", "report_steps = 10\ncache = true"), name="cached.toml")
    train(cached, tmp_path, "cpu")
    monkeypatch.setattr(Run, "encoder", lambda run: pytest.fail("an encoder was loaded"))
    train(cached, tmp_path, "cpu", force=True)

    assert weights(tmp_path) == weights(trained)


def test_a_corpus_larger_than_the_buffer_is_heard_again_and_gives_other_batches(
    config: Path, trained: Path, tmp_path: Path
) -> None:
    small = replaced(config, ("buffer_frames = 10000", "buffer_frames = 1500"), name="buffer.toml")
    train(small, tmp_path, "cpu")

    assert log(tmp_path, "last")[-1]["held_out_fvu"] < 0.6
    assert weights(tmp_path).keys() == weights(trained).keys()
    assert weights(tmp_path) != weights(trained)


def test_several_taps_come_from_one_encoder_pass(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, ...]] = []
    plain = training.ActivationReader.load

    def load(self: ActivationReader, clips: list[object], *rest: object) -> object:
        heard.append((self.taps, len(clips)))
        return plain(self, clips, *rest)

    monkeypatch.setattr(training.ActivationReader, "load", load)
    train(config, tmp_path, "cpu")

    assert {taps for taps, _ in heard} == {("encoder.blocks.0", "encoder.ln_post")}
    assert sum(clips for _, clips in heard) == CLIPS


def test_autoencoders_on_one_tap_learn_as_each_would_alone(config: Path, trained: Path, tmp_path: Path) -> None:
    text = config.read_text(encoding="utf-8")
    alone = config.with_name("alone.toml")
    alone.write_text(text.partition("[[train]]")[0] + "[[train]]" + text.split("[[train]]")[3], encoding="utf-8")
    train(alone, tmp_path, "cpu")

    assert (tmp_path / "last-l1/ae.pt").read_bytes() == (trained / "last-l1/ae.pt").read_bytes()


@pytest.mark.parametrize(("name", "rule"), [("block0", "threshold"), ("last", "top_k"), ("last-l1", "threshold")])
def test_what_is_saved_is_read_back_with_the_trainers_own_codes(
    config: Path, trained: Path, name: str, rule: str
) -> None:
    """On held-out frames, in raw units; and the figures of the last report are those of the file."""
    settings = training.load_train_config(config)
    run = Run(settings.measured(), training.AtlasFolder(trained), torch.device("cpu"), 1)
    entry = next(entry for entry in settings.train if entry.name == name)
    course = training.Training(settings, run, lambda _: None)
    x = ActivationReader(run, [entry.tap], cache=False).load(course.split.held_out)[entry.tap]
    saved = DictionaryConfig(name=name, tap=entry.tap, checkpoint=str(trained / name / "ae.pt"))
    dictionary = load_dictionary(saved, run.widths[entry.tap])
    codes = active_values(dictionary, dictionary.pre_activations(x), len(x))
    rebuilt = codes @ dictionary.decoder + dictionary.offset
    report = log(trained, name)[-1]
    spread = (x - x.mean(dim=0)).double().square().sum()

    assert dictionary.selection.rule == rule
    assert dictionary.doubts == ()
    assert float((codes > 0).sum() / len(codes)) == pytest.approx(report["held_out_l0"], abs=0.01)
    assert float((rebuilt - x).double().square().sum() / spread) == pytest.approx(report["held_out_fvu"], rel=1e-4)
    torch.testing.assert_close(dictionary.decoder_norm, torch.ones(dictionary.n))


def test_the_settings_beside_the_weights_name_class_tap_and_figures(trained: Path) -> None:
    told = json.loads((trained / "block0/config.json").read_text(encoding="utf-8"))

    assert told["trainer"] == {
        "trainer_class": "atlas train",
        "dict_class": "BatchTopKSAE",
        "activation_dim": 64,
        "dict_size": 96,
        "k": 6,
        "auxk_alpha": 0.03125,
        "lr": 0.001,
        "steps": 30,
        "batch_size": 128,
        "seed": 0,
        "device": "cpu",
        "lm_name": "encoder.pt",
        "submodule_name": "encoder.blocks.0",
    }
    assert told["report"] == log(trained, "block0")[-1]


def test_nested_beginnings_are_told_to_readers(trained: Path) -> None:
    told = json.loads((trained / "last/config.json").read_text(encoding="utf-8"))
    read = DictionaryConfig(name="last", tap="encoder.ln_post", checkpoint=str(trained / "last/ae.pt"))

    assert told["trainer"]["group_sizes"] == [32, 48, 48]
    assert Fact("nested_groups", {"sizes": (32, 48, 48)}) in load_dictionary(read, 64).facts


def test_the_log_has_a_line_a_report(trained: Path) -> None:
    for name in NAMES:
        rows = log(trained, name)
        assert [row["step"] for row in rows] == [10, 20, 30]
        assert rows[-1]["held_out_fvu"] < rows[0]["held_out_fvu"]
        assert 0 <= rows[-1]["dead"] < 1


def test_a_changed_config_stops_and_names_the_change_until_it_is_forced(config: Path, tmp_path: Path) -> None:
    train(config, tmp_path, "cpu")
    before = weights(tmp_path)
    other = replaced(config, ("learning_rate = 1e-3", "learning_rate = 2e-3"), ("k = 4", "k = 5"))
    with pytest.raises(AtlasError) as caught:
        train(other, tmp_path, "cpu")

    assert str(caught.value) == (
        f"{tmp_path}: train.last.k was 4, is 5; training.learning_rate was 0.001, is 0.002. That would throw away what"
        " was trained: use --force to do so, or another --out"
    )
    assert weights(tmp_path) == before
    assert train(other, tmp_path, "cpu", force=True).seconds is not None
    assert weights(tmp_path).keys() == before.keys()
    assert weights(tmp_path) != before


def test_a_forced_training_leaves_nothing_of_an_autoencoder_that_is_no_longer_named(
    config: Path, trained: Path, tmp_path: Path
) -> None:
    renamed = replaced(config, ('name = "block0"', 'name = "first"'), name="renamed.toml")
    train(renamed, tmp_path, "cpu")
    train(config, tmp_path, "cpu", force=True)

    assert weights(tmp_path) == weights(trained)
    assert not (tmp_path / "first").exists()


def test_a_forced_training_that_is_killed_early_leaves_no_state_to_go_on_from(
    config: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replaced(config, ("learning_rate = 1e-3", "learning_rate = 2e-3"), name="other-rate.toml")
    train(other, tmp_path, "cpu")

    def killed(path: Path, **_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path, "cpu", force=True)
    with pytest.raises(AtlasError, match=r"training\.learning_rate was 0\.002, is 0\.001"):
        train(config, tmp_path, "cpu")
    train(config, tmp_path, "cpu", force=True)

    assert weights(tmp_path) == weights(trained)


def test_a_buffer_larger_than_the_corpus_holds_it_once(config: Path, tmp_path: Path) -> None:
    large = replaced(config, ("buffer_frames = 10000", "buffer_frames = 1000000000000"), name="large.toml")
    train(large, tmp_path, "cpu")
    course = training_of(large, tmp_path)

    assert sorted(next(course._rounds())) == list(range(len(course.split.training)))


def test_the_folder_of_an_atlas_is_refused(config: Path, tiny_atlas: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_atlas, tmp_path / "atlas")
    (tmp_path / "atlas/.lock").touch()
    before = (tmp_path / "atlas/clips.parquet").read_bytes()
    with pytest.raises(AtlasError, match="atlas: holds an atlas, whose clips these would replace; give another --out"):
        train(config, tmp_path / "atlas", "cpu")

    assert (tmp_path / "atlas/clips.parquet").read_bytes() == before


def test_the_lines_for_a_config_are_toml_whatever_the_path(trained: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / 'odd"folder\\ü' / "ae.pt"
    block = training.TrainingOutcome("a", "t", checkpoint, training.HeldOutReport(**log(trained, "last")[-1])).block()

    assert tomllib.loads(block) == {"dictionary": [{"name": "a", "tap": "t", "checkpoint": str(checkpoint)}]}


def test_a_loss_that_turns_nan_stops_with_the_step_and_keeps_the_last_good_state(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Learner.step

    def poisoned(learner: Learner, raw: torch.Tensor) -> None:
        if learner.steps == 15:
            learner.model.offset.fill_(float("nan"))
        step(learner, raw)

    monkeypatch.setattr(Learner, "step", poisoned)
    with pytest.raises(AtlasError) as caught:
        train(config, tmp_path, "cpu")

    kept = f"the last good state is kept in {tmp_path / 'checkpoint.pt'}, and as NAME/ae.pt beside it"
    advice = "Try a smaller training.learning_rate, with --force or another --out"
    assert str(caught.value) == f"{tmp_path}: the loss of 'block0' is nan at step 16; {kept}. {advice}"
    states = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert all(state["steps"] == 10 for state in states.values())
    assert all(tensor.isfinite().all() for state in states.values() for tensor in state["model"].values())
    assert [[row["step"] for row in log(tmp_path, name)] for name in NAMES] == [[10]] * 3
    saved = [DictionaryConfig(name=name, tap="t", checkpoint=str(tmp_path / name / "ae.pt")) for name in NAMES]
    assert [load_dictionary(entry, 64).n for entry in saved] == [96, 128, 128]


def test_a_loss_that_breaks_before_the_first_report_says_that_nothing_is_kept(config: Path, tmp_path: Path) -> None:
    hot = replaced(config, ("learning_rate = 1e-3", "learning_rate = 1e13"), name="hot.toml")
    result = atlas("train", hot, "--out", tmp_path, "--device", "cpu")

    assert result.exit_code == 1
    assert "there was no checkpoint yet (training.report_steps = 10)" in result.stderr
    assert not (tmp_path / "checkpoint.pt").exists()


def test_domain_weights_shift_what_is_trained_on(config: Path, trained: Path, tmp_path: Path) -> None:
    weights_of = "domain_weights = { speech = 1, music = 0, sound = 2 }"
    weighed = replaced(config, ("report_steps = 10", f"report_steps = 10\n{weights_of}"), name="weighed.toml")
    train(weighed, tmp_path, "cpu")
    course = training_of(weighed, tmp_path)
    frames: Counter[str] = Counter()
    for place in chain.from_iterable(islice(course._rounds(), 20)):
        frames[course.split.domains[place]] += course.split.training[place].valid

    assert weights(tmp_path) != weights(trained)
    assert set(frames) == {"speech", "sound"}
    assert 1.95 < frames["sound"] / frames["speech"] < 2.05


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'tap = "encoder.blocks.0"',
            'tap = "encoder.blocks.7"',
            "tap 'encoder.blocks.7' does not exist in this encoder",
        ),
        ("k = 6\nfeatures = 96", "k = 6\nfeatures = 5", "block0: k is 6, but there are 5 features; make k smaller"),
        (
            "k = 6\nfeatures = 96",
            "k = 6\nnested = [6, 96]\nfeatures = 96",
            "block0: nested has 96, and there are 96 features in all; name fewer, the whole is always counted",
        ),
        (
            "batch_frames = 128",
            "batch_frames = 10000",
            "training.batch_frames: a step takes 10000 frames, but there are ",
        ),
        (
            "buffer_frames = 10000",
            "buffer_frames = 500",
            "and a buffer of 500 is sure to hold 127; make batches smaller",
        ),
        ("held_out = 0.2", "held_out = 0.00001", "training.held_out: with a share of 1e-05, none of the 20 recordings"),
        (
            "held_out = 0.2",
            "held_out = 0.2\ndomain_weights = { speech = 1, sound = 1 }",
            "training.domain_weights: name music too, which the corpus has; 0 leaves a domain out",
        ),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_sentence(
    config: Path, tmp_path: Path, old: str, new: str, told: str
) -> None:
    result = atlas("train", replaced(config, (old, new), name="bad.toml"), "--out", tmp_path / "out")

    assert result.exit_code == 1
    assert told in result.stderr
    assert not (tmp_path / "out/checkpoint.pt").exists()
