"""Exact effects in Whisper tiny.en on real speech: against a plain recomputation, and of no change at all."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from atlas.annotate.whisper_words import find_writer
from atlas.audio.samples import read_sound
from atlas.dictionaries.neurons import identity
from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Edit, ablated, isotropic
from atlas.effects.outcomes import outcomes
from atlas.effects.passes import ROWS, edited_batches
from atlas.encoders.catalogue import find_source
from atlas.measure.codes import Coder
from atlas.measure.threads import Threads
from atlas.readouts.whisper_decoder import WhisperDecoder
from atlas.schema.effects import DOWNSTREAM, KL, TRANSCRIPT

REAL = Path(__file__).resolve().parents[3] / "shared/real"
CHECKPOINT, SPEECH = REAL / "models/whisper-tiny.en.pt", REAL / "corpus/speech"
TAP, WIDTH, FRAMES = "encoder.blocks.2", 384, 1500

pytestmark = [
    pytest.mark.skipif(not CHECKPOINT.is_file(), reason="the real weights are not beside the project: ../shared/real"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # whisper's, of its vocabulary
]


@pytest.fixture(scope="module")
def model() -> TappedModel:
    torch.manual_seed(0)
    encoder = find_source(str(CHECKPOINT)).load(torch.device("cpu"), torch.float32)
    readout = WhisperDecoder(find_writer(str(CHECKPOINT)).load(torch.device("cpu")))
    units = identity(WIDTH).with_threshold(torch.tensor(1.5))
    return TappedModel(encoder, readout, TAP, Coder(units, FRAMES, Threads(1)))


@pytest.fixture(scope="module")
def inputs(model: TappedModel) -> tuple[Tensor, int]:
    sound = next(path for path in sorted(SPEECH.iterdir()) if "mfa" not in path.name)
    samples, _ = read_sound(str(sound), 0.0, 8.0).for_encoder(16_000)
    return model.encoder.prepare(samples), len(samples) // 320


@pytest.fixture(scope="module")
def clip(model: TappedModel, inputs: tuple[Tensor, int]) -> TappedClip:
    return model.tapped(*inputs, "en")


def changes_by_hook(model: TappedModel, inputs: Tensor, clip: TappedClip, edit: Edit) -> np.ndarray:
    """One whole forward pass without the edit, and one with it, by a hook on the tap."""
    assert isinstance(model.readout, WhisperDecoder)
    whisper = model.readout.model
    tokenizer = model.readout.words.tokenizer("en")
    start = tokenizer.sot_sequence_including_notimestamps
    given = torch.tensor([[*start, *clip.utterance.tokens]])
    added = torch.zeros(FRAMES, WIDTH)
    added[torch.from_numpy(edit.frames)] = edit.change

    def logprobs() -> Tensor:
        spelt = whisper(inputs[None], given)[0].double().log_softmax(-1)
        return torch.stack([spelt[len(start) - 1 + place, token] for place, token in enumerate(clip.utterance.tokens)])

    with torch.no_grad():
        before = logprobs()
        hook = whisper.encoder.blocks[2].register_forward_hook(lambda _module, _inputs, output: output + added)
        after = logprobs()
        hook.remove()
    return (after - before).numpy()


def test_effects_equal_a_plain_recomputation(model: TappedModel, inputs: tuple[Tensor, int], clip: TappedClip) -> None:
    strongest = np.argsort([-clip.firing(model.dictionary, int(one)).values.sum() for one in clip.active.features])[:3]
    edits = [ablated(clip.firing(model.dictionary, int(clip.active.features[place]))) for place in strongest]
    frames = np.arange(40, 60)
    edits.append(Edit(frames, 20 * isotropic(WIDTH, np.random.default_rng(0)).expand(len(frames), -1)))
    (batch,) = edited_batches(model, clip, edits)

    assert len(clip.utterance.tokens) > 4
    for row, edit in enumerate(edits, start=1):
        expected = changes_by_hook(model, inputs[0], clip, edit)
        assert np.abs(expected).max() > 1e-3
        assert batch.heard.changes(row) == pytest.approx(expected, abs=1e-4)


def test_no_change_is_the_unedited_row_to_the_bit(model: TappedModel, clip: TappedClip) -> None:
    nothing = Edit(np.arange(clip.valid), torch.zeros(clip.valid, WIDTH))
    something = ablated(clip.firing(model.dictionary, int(clip.active.features[0])))
    (batch,) = edited_batches(model, clip, [something, *[nothing] * (ROWS - 2)])

    for row in range(2, ROWS):
        assert not batch.heard.changes(row).any()
        assert torch.equal(batch.encoded[row], batch.encoded[0])
        found = outcomes(batch.heard, row, nothing.frames, reach=10)
        assert (found[KL], found[DOWNSTREAM], found[TRANSCRIPT]) == (0, 0, 0)
    assert batch.heard.changes(1).any()
