"""The laws of the contract, over every family, and a second one with another grid: what `encoders/base.py` promises."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from atlas.encoders import catalogue
from atlas.encoders.base import EncoderSource, window_frames
from atlas.errors import AtlasError
from atlas.measure.listening import ClipSource, listen
from tests import tiny, waves

LENGTHS = (1, 319, 320, 321, 399, 400, 719, 720, 16_000, 40_001)
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Family:
    """A model to write, taps of it with their widths, and a tap that it lacks."""

    file: str
    write: Callable[[Path], None]
    taps: dict[str, int]
    absent: str
    last: str
    inside: tuple[str, ...] = ()


FAMILIES = {
    "whisper": Family(
        "encoder.pt",
        tiny.write_encoder,
        {"encoder.conv2": 64, "encoder.blocks.0.mlp.0": 256, "encoder.ln_post": 64},
        "encoder.blocks.2",
        "encoder.ln_post",
        ("encoder.blocks.0", "encoder.blocks.0.attn", "encoder.blocks.1.mlp.1", "encoder.blocks.1.mlp"),
    ),
    "waves": Family("encoder.waves", waves.write_encoder, waves.WIDTHS, "layers.2", "layers.1"),
    "fine waves": Family(
        "fine.waves",
        lambda path: waves.write_encoder(path, waves.FINE_GRID),
        waves.WIDTHS,
        "encoder.blocks.0",
        "layers.1",
    ),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FAMILIES", (*catalogue.FAMILIES, waves.WAVES))


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


@pytest.fixture
def source(family: Family, tmp_path: Path) -> EncoderSource:
    family.write(tmp_path / family.file)
    return catalogue.find_source(str(tmp_path / family.file))


def noise(samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(samples).standard_normal(samples)).astype(np.float32)


def test_a_source_says_what_it_is(family: Family, source: EncoderSource) -> None:
    assert source.name == family.file
    assert len(source.sha256) == 64
    assert source.load(CPU, torch.float32).grid == source.grid
    assert source.load(CPU, torch.float32).frames == window_frames(source)
    assert all(isinstance(value, int) for value in source.architecture().values())


def test_a_clip_has_the_frames_of_the_grid_and_taps_their_widths(family: Family, source: EncoderSource) -> None:
    encoder, taps = source.load(CPU, torch.float32), tuple(family.taps)
    assert source.widths(taps) == family.taps

    seen = []
    for samples in (*LENGTHS, round(source.window_s * source.grid.rate_hz)):
        frames = source.grid.frames_of(samples)
        if not frames:
            continue
        outputs = encoder.activations(encoder.prepare(noise(samples))[None], taps)
        expected = window_frames(source) if source.padded else frames
        assert {tap: tuple(x.shape) for tap, x in outputs.items()} == {
            tap: (1, expected, width) for tap, width in family.taps.items()
        }
        assert all(x.dtype == torch.float32 for x in outputs.values())
        assert frames <= window_frames(source)
        seen.append(frames)
    assert seen == sorted(seen)
    assert seen[-1] == window_frames(source)


def test_a_clip_is_heard_alike_alone_and_in_a_batch(family: Family, source: EncoderSource) -> None:
    encoder, taps = source.load(CPU, torch.float32), tuple(family.taps)
    sounds = [noise(16_000), np.roll(noise(16_000), 5_000), 0.5 * noise(16_000)]
    inputs = [encoder.prepare(sound) for sound in sounds]

    together = encoder.activations(torch.stack(inputs), taps)

    for number, one in enumerate(inputs):
        alone = encoder.activations(one[None], taps)
        for tap in taps:
            torch.testing.assert_close(together[tap][number], alone[tap][0], rtol=1e-4, atol=1e-5)


def test_the_bits_of_a_clip_do_not_depend_on_its_company(
    family: Family, source: EncoderSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clips of several lengths, heard by four at a time as on a GPU, in the order of their numbers."""
    encoder = source.load(CPU, torch.float32)
    many = replace(encoder, batch=4) if isinstance(encoder, waves.WaveEncoder) else encoder
    monkeypatch.setattr(many, "batch", 4) if many is encoder else None
    rate_hz = source.grid.rate_hz
    clips = []
    for number, samples in enumerate((9_000, 9_000, 12_345, 9_000, 9_000, 9_000)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, noise(samples + number)[:samples], rate_hz, "FLOAT")
        valid = source.grid.frames_of(samples)
        clips.append(
            ClipSource(
                number=number,
                path=path.name,
                file=str(path),
                offset_s=0.0,
                duration_s=samples / rate_hz,
                valid=valid,
                hash64=number,
                recording=number,
            )
        )

    def heard(chosen: list[ClipSource]) -> dict[int, torch.Tensor]:
        found = {}
        for batch in listen(many, chosen, tuple(family.taps), 1):
            for row, clip in enumerate(batch.clips):
                assert batch.mels[row].shape == (clip.valid, 80)
                found[clip.number] = torch.cat([x[row, : clip.valid] for x in batch.activations.values()], dim=1)
        return found

    everything = heard(clips)
    assert list(everything) == [0, 1, 2, 3, 4, 5]
    for chosen in ([0], [2], [1, 3], [4, 2, 5]):
        for number, x in heard([clips[number] for number in chosen]).items():
            assert torch.equal(x, everything[number])


def test_a_tap_that_does_not_exist_is_refused_with_those_that_do(family: Family, source: EncoderSource) -> None:
    with pytest.raises(AtlasError, match=f"tap '{family.absent}' does not exist .*there are {next(iter(family.taps))}"):
        source.widths([*family.taps, family.absent])


def test_a_family_is_found_by_its_prefix_or_the_kind_of_its_file(tmp_path: Path) -> None:
    waves.write_encoder(tmp_path / "copy.bin")
    waves.write_encoder(tmp_path / "encoder.waves")

    assert isinstance(catalogue.find_source(f"waves:{tmp_path / 'copy.bin'}"), waves.WaveSource)
    assert isinstance(catalogue.find_source(str(tmp_path / "encoder.waves")), waves.WaveSource)
    with pytest.raises(AtlasError, match="neither a file nor a name that openai-whisper knows"):
        catalogue.find_source("gigantic")


def test_going_on_from_a_tap_ends_where_the_whole_pass_does(family: Family, source: EncoderSource) -> None:
    encoder, taps = source.load(CPU, torch.float32), tuple(family.taps)
    inputs = torch.stack([encoder.prepare(noise(16_000)), encoder.prepare(noise(16_000)[::-1].copy())])
    whole = encoder.activations(inputs, [family.last])[family.last]
    for tap in (*taps, *family.inside):
        beside = encoder.resumed_with(tap)
        found = encoder.activations(inputs, [name for name in (tap, beside) if name])
        ended = encoder.resume(tap, found[tap], found[beside] if beside else None)

        torch.testing.assert_close(ended, whole, rtol=0, atol=1e-5)


def test_a_change_behind_a_tap_is_what_a_pass_with_the_change_gives(family: Family, source: EncoderSource) -> None:
    """Against the plain way: the whole pass once more, with a hook that changes the tap."""
    encoder, taps = source.load(CPU, torch.float32), (*family.taps, *family.inside)
    inputs = torch.stack([encoder.prepare(noise(16_000))])
    module = encoder.module if hasattr(encoder, "module") else None
    if module is None:
        pytest.skip("the second family has no hooks")
    for tap in taps:
        beside = encoder.resumed_with(tap)
        found = encoder.activations(inputs, [name for name in (tap, beside) if name])
        change = torch.randn(found[tap].shape, generator=torch.Generator().manual_seed(1))

        def add(
            _module: object, _inputs: object, output: Tensor | tuple[Tensor, ...], change: Tensor = change
        ) -> object:
            if isinstance(output, tuple):
                return (output[0] + change, *output[1:])
            return output + (change.transpose(1, 2) if output.shape != change.shape else change)

        hook = module.get_submodule(tap.removeprefix("encoder.")).register_forward_hook(add)
        plain = encoder.activations(inputs, [family.last])[family.last]
        hook.remove()
        resumed = encoder.resume(tap, found[tap] + change, found[beside] if beside else None)

        torch.testing.assert_close(resumed, plain, rtol=0, atol=1e-4)


def test_rows_without_a_change_end_alike_to_the_bit(family: Family, source: EncoderSource) -> None:
    """Where batches have one shape: what an edit of nothing gives is what the unedited row gives."""
    encoder = source.load(CPU, torch.float32)
    inputs = torch.stack([encoder.prepare(noise(16_000))])
    for tap in (*family.taps, *family.inside):
        beside = encoder.resumed_with(tap)
        found = encoder.activations(inputs, [name for name in (tap, beside) if name])
        rows = found[tap].expand(8, -1, -1).clone()
        rows[1::2] += 1
        ended = encoder.resume(tap, rows, found[beside].expand(8, -1, -1) if beside else None)

        assert all(torch.equal(ended[row], ended[0]) for row in (2, 4, 6))
        assert all(torch.equal(ended[row], ended[1]) for row in (3, 5, 7))


def test_taps_come_in_the_order_in_which_they_are_computed(family: Family, source: EncoderSource) -> None:
    """Whoever asks in whatever order: what comes later follows from what comes first."""
    encoder, taps = source.load(CPU, torch.float32), (*family.taps, *family.inside)
    inputs = torch.stack([encoder.prepare(noise(16_000))])
    order = list(encoder.activations(inputs, taps))

    assert sorted(order) == sorted(taps)
    assert list(encoder.activations(inputs, taps[::-1])) == order
    for place, tap in enumerate(order):
        beside = encoder.resumed_with(tap)
        found = encoder.activations(inputs, [name for name in (tap, beside) if name])
        later = order[place + 1 :]
        _, passed = encoder.trace(tap, found[tap], found[beside] if beside else None, later)
        assert sorted(passed) == sorted(later)


def test_what_is_passed_on_the_way_is_what_the_taps_give_in_one_graph(family: Family, source: EncoderSource) -> None:
    """The gradients of one pass, against those of a pass for each tap; and against finite differences."""
    encoder, taps = source.load(CPU, torch.float32), (*family.taps, *family.inside)
    inputs = torch.stack([encoder.prepare(noise(16_000))])
    besides = [beside for tap in taps if (beside := encoder.resumed_with(tap))]
    found = {tap: x.clone() for tap, x in encoder.activations(inputs, (*taps, *besides)).items()}
    order = [tap for tap in found if tap in taps]
    weights = torch.randn(found[family.last].shape, generator=torch.Generator().manual_seed(2))

    def ended(tap: str, x: Tensor) -> Tensor:
        beside = encoder.resumed_with(tap)
        return (encoder.resume(tap, x, found[beside] if beside else None) * weights).sum()

    first, *later = order
    x = found[first].clone().requires_grad_()
    beside = encoder.resumed_with(first)
    whole, passed = encoder.trace(first, x, found[beside] if beside else None, later)
    slopes = torch.autograd.grad((whole * weights).sum(), [x, *(passed[tap] for tap in later)])
    together = dict(zip(order, slopes, strict=True))

    for tap in order:
        alone = found[tap].clone().requires_grad_()
        (slope,) = torch.autograd.grad(ended(tap, alone), alone)
        direction = torch.nn.functional.normalize(slope.double(), dim=(0, 1, 2)).float() if slope.any() else slope
        step = 1e-2 * float(found[tap].norm())
        with torch.no_grad():
            risen = ended(tap, found[tap] + step * direction) - ended(tap, found[tap] - step * direction)

        if tap != first:
            torch.testing.assert_close(passed[tap].detach(), found[tap], rtol=0, atol=1e-5)
        torch.testing.assert_close(together[tap], slope, rtol=1e-4, atol=1e-5)
        assert float(risen) / (2 * step) == pytest.approx(float(slope.norm()), rel=0.1)
