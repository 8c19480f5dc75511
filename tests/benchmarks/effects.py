"""What the stage `effects` takes a clip and a pass, beside what these must take: listening, screening, exact edits.

A complete Whisper of tiny's size with random weights, whose four blocks each have a dictionary of 3,072 features. What
is said of a clip is given, as random weights say nothing that ends. Everything is on one thread, as in the stage, so
seconds are those of a core, which other processes change little; and what is compared runs in turn in one process.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor
from whisper.model import ModelDimensions, Whisper

from atlas.audio import draws
from atlas.config.loading import load_config
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.design import PlannedEdit
from atlas.effects.edit_sets import EditMaker
from atlas.effects.edits import Covariance
from atlas.effects.hearing import Hearing, one_thread
from atlas.effects.label_words import LabelledSpan, SpokenLabel
from atlas.effects.ledger import WantedEdit
from atlas.effects.measuring import ClipKnowledge, ClipMeasurer
from atlas.effects.passes import ROWS
from atlas.effects.screening import Directions, controls_first_order, first_order, gradients
from atlas.effects.utterances import utterance_bytes
from atlas.measure.run import Run
from atlas.pipeline import STAGES, Options
from atlas.readouts.base import Utterance
from atlas.readouts.whisper_decoder import WhisperDecoder
from atlas.schema.effects import ABLATE, DECOY
from atlas.speech.tiers import WORDS
from atlas.store import AtlasFolder
from tests.benchmarks.world import Bench, write_corpus, write_dictionary

DIMENSIONS = ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4)
BENCH = Bench("tiny.en, 4 taps x 3,072", DIMENSIONS, (0, 1, 2, 3), 3072)  # type: ignore[arg-type]
EDITED = "block2"
CLIPS, ROUNDS, TOKENS, BATCHES = 3, 3, 25, 4
SCREENING_LIMIT, PASS_LIMIT = 4.0, 1.3
BUDGET, WORKERS = 12_000, 2


@dataclass(frozen=True)
class EffectsWorld:
    """What is loaded once."""

    hearing: Hearing
    decoder: WhisperDecoder
    maker: EditMaker
    directions: Mapping[str, Directions]


def write_complete(path: Path) -> Path:
    """Random weights whose activations follow the sound rather than the position."""
    torch.manual_seed(0)
    state = Whisper(DIMENSIONS).state_dict()
    for name in ("encoder.positional_embedding", "decoder.positional_embedding"):
        state[name] = 0.01 * torch.randn_like(state[name])
    torch.save({"dims": vars(DIMENSIONS), "model_state_dict": state}, path)
    return path


def write_effects_config(folder: Path, corpus: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = write_complete(folder / "whole.pt")
    checkpoint = write_dictionary(folder / "sae", DIMENSIONS.n_audio_state, BENCH.features, BENCH.k)
    lines = [
        'title = "bench effects"',
        f'[corpus]\nfolders = {{ speech = "{corpus}" }}',
        f'[encoder]\nmodel = "{model}"',
        "[calibrate]\nwindows = 2",
        "[effects]",
    ]
    for block in BENCH.blocks:
        lines += [
            "[[dictionary]]",
            f'name = "block{block}"\ntap = "encoder.blocks.{block}"\ncheckpoint = "{checkpoint}"\ncontrol = false',
        ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def said_of(number: int, valid: int) -> Utterance:
    """Tokens evenly over a clip; the last is the end."""
    random = np.random.default_rng(number)
    borders = np.linspace(0, valid, TOKENS + 1).astype(np.int64)
    tokens = (*map(int, random.integers(1_000, 20_000, TOKENS - 1)), 50_256)
    frames = np.stack([borders[:-1], borders[1:]], axis=1)
    return Utterance(tokens=tokens, texts=(" word",) * (TOKENS - 1) + ("",), frames=frames, language="en")


def loaded(root: Path) -> EffectsWorld:
    corpus = write_corpus(root / "flac-effects", CLIPS, "flac", 16_000, 1)
    run = Run(load_config(write_effects_config(root / "effects", corpus)), AtlasFolder(root / "effects/out"), _CPU, 1)
    for name in ("index", "calibrate"):
        STAGES[name].do(run, Options(force=True))
    hearing = Hearing.of(run, [f"block{block}" for block in BENCH.blocks])
    for number, clip in hearing.clips.items():
        hearing.kept.write(hearing.content(number), utterance_bytes(said_of(number, clip.valid)))
    clips = hearing.tapped(next(iter(hearing.clips)))
    varying = {name: Covariance.of(clip.x[: clip.valid]) for name, clip in clips.items()}
    model = hearing.models[EDITED]
    assert isinstance(model.readout, WhisperDecoder), "of a complete checkpoint"
    maker = EditMaker(
        name=EDITED,
        dictionary=model.dictionary,
        grid=run.grid,
        covariance=varying[EDITED],
        high_values=np.ones(BENCH.features, np.float32),
        means={},
    )
    directions = {name: Directions.of(one, hearing.taps[name]) for name, one in varying.items()}
    return EffectsWorld(hearing, model.readout, maker, directions)


_CPU = torch.device("cpu")


def timed(work: Callable[[], object]) -> float:
    """Seconds of a core."""
    started = time.process_time()
    work()
    return time.process_time() - started


def encoder_and_codes(world: EffectsWorld, number: int) -> float:
    """What the scan does of a clip besides its statistics, decoding left out."""
    return timed(lambda: world.hearing.coded(number, world.hearing.activations(number)))


def screening(world: EffectsWorld, number: int) -> float:
    """All features of all taps, with their controls; the encoder and the codes counted in."""
    hearing = world.hearing

    def screen() -> None:
        found = hearing.activations(number)
        clips, utterance = hearing.coded(number, found), hearing.utterance(number, found)
        slopes = gradients(hearing.encoder, world.decoder, list(hearing.taps.values()), found, utterance)
        for name, model in hearing.models.items():
            first_order(model, clips[name], slopes[model.tap])
            controls_first_order(model, clips[name], slopes[model.tap], world.directions[name])

    return timed(screen)


def measurer_of(world: EffectsWorld, number: int, text: str | None = None) -> ClipMeasurer:
    """Every feature has a label; text: of the corpus, or None."""
    hearing = world.hearing
    hash64 = int(draws.clip_hashes(hearing.run.clips)[number])
    clip = hearing.tapped(number)[EDITED]
    spans = (LabelledSpan(0.0, 1.0, WORDS, "word"),)
    about = ClipKnowledge(number=number, hash64=hash64, text=text, language=None, spans=spans)
    labels = dict.fromkeys(range(BENCH.features), SpokenLabel(WORDS, "word"))
    model = hearing.models[EDITED]
    return ClipMeasurer(model=model, maker=world.maker, labels=labels, languages={}, clip=clip, about=about)


def text_of(world: EffectsWorld) -> str:
    """As many tokens as are heard, but others."""
    text = " ".join(["word"] * (TOKENS - 1))
    assert len(world.decoder.words.tokenizer("en").encode(f" {text}")) == TOKENS - 1
    return text


def wanted_of(clip: TappedClip) -> Sequence[WantedEdit]:
    """Whole batches of ablations and decoys, of features that are active in the clip."""
    pairs = BATCHES * (ROWS - 1) // 2
    features = clip.active.features[np.linspace(0, len(clip.active.features) - 1, pairs).astype(int)]
    return [WantedEdit(PlannedEdit(0, int(one), edit), False) for one in features for edit in (ABLATE, DECOY)]


@torch.no_grad()
def bare(model: TappedModel, decoder: WhisperDecoder, clip: TappedClip, given: Tensor) -> None:
    """The layers after the tap and the decoder, on rows that lie ready, and nothing else."""
    rows, entering = clip.rows(ROWS)
    for _ in range(BATCHES):
        decoder.model.decoder(given, model.encoder.resume(model.tap, rows, entering))


def listening(world: EffectsWorld, number: int) -> tuple[float, float]:
    """Seconds of a greedy transcript, and of a token of it: random weights seldom stop before the longest."""
    found = world.hearing.activations(number)
    last = f"encoder.blocks.{BENCH.blocks[-1]}"
    with torch.no_grad():
        encoded = world.hearing.encoder.resume(last, found[last])
    heard: list[Utterance] = []
    seconds = timed(lambda: heard.extend(world.decoder.listen(encoded, [world.hearing.clips[number].valid], ["en"])))
    return seconds, seconds / len(heard[0].tokens)


def effects_lines(root: Path) -> Iterator[str]:
    """The table: each piece of work beside what it must take, and medians of ratios, round by round."""
    with one_thread():
        world = loaded(root)
        number = next(iter(world.hearing.clips))
        model, measurer = world.hearing.models[EDITED], measurer_of(world, number)
        texted = measurer_of(world, number, text_of(world))
        assert texted.reference is not None, "the text is asked about, too"
        given = torch.tensor([50_257, 50_362, *measurer.clip.utterance.tokens[:-1]]).expand(ROWS, -1)
        wanted = wanted_of(measurer.clip)
        found: dict[str, list[float]] = {}
        for turn in range(ROUNDS + 1):
            took = {
                "encoder": encoder_and_codes(world, number),
                "screening": screening(world, number),
                "bare": timed(lambda: bare(model, world.decoder, measurer.clip, given)),
                "edits": timed(lambda: measurer.rows(wanted)),
                "texted": timed(lambda: texted.rows(wanted)),
            }
            for name, seconds in took.items() if turn else ():  # the first turn warms everything up
                found.setdefault(name, []).append(seconds)
        listen_s, token_s = listening(world, number)
    yield from _table(found, len(wanted), listen_s, token_s)


def _table(found: Mapping[str, Sequence[float]], edits: int, listen_s: float, token_s: float) -> Iterator[str]:
    ms = {name: 1000 * statistics.median(seconds) for name, seconds in found.items()}
    screened = _ratio(found, "screening", "encoder")
    yield f"effects, {BENCH.name}; clips of 30 s, {TOKENS} tokens, {ROUNDS} rounds, one thread, fp32"
    yield f"  {'listening':<12} {1000 * listen_s:8.0f} ms of a core a clip, {1000 * token_s:.1f} a token"
    yield (
        f"  {'screening':<12} {ms['screening']:8.0f} ms a clip; encoder and codes {ms['encoder']:.0f};"
        f" ratio {screened:.2f} of at most {SCREENING_LIMIT:g}"
    )
    for name, words in (("edits", "exact pass"), ("texted", "with a text")):
        yield (
            f"  {words:<12} {ms[name] / edits:8.0f} ms; layers after the tap and decoder"
            f" {ms['bare'] / edits:.0f}; ratio {_ratio(found, name, 'bare'):.2f} of at most {PASS_LIMIT:g}"
        )
    minutes = BUDGET * ms["texted"] / edits / 1000 / WORKERS / 60
    yield f"  the default budget, edits with a text alone, on {WORKERS} such cores: {minutes:.0f} min of at most 60"


def _ratio(found: Mapping[str, Sequence[float]], name: str, floor: str) -> float:
    return statistics.median(one / other for one, other in zip(found[name], found[floor], strict=True))


def effects(root: Path) -> None:
    """Print the table."""
    for line in effects_lines(root):
        click.echo(line)
