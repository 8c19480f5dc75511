"""Whisper's encoder: taps of one pass, its own log-mel, precisions, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
import whisper
from whisper.model import AudioEncoder

from atlas.encoders.whisper import Dimensions, WhisperEncoder, find_source, log_mel, tap_widths
from atlas.errors import AtlasError

SMALL = Dimensions(n_mels=80, n_audio_ctx=100, n_audio_state=16, n_audio_head=2, n_audio_layer=3)
WINDOW = 100 * 320
REAL = Path(__file__).resolve().parents[3] / "shared/real"


@pytest.fixture(scope="module")
def module() -> AudioEncoder:
    torch.manual_seed(0)
    return SMALL.build()


@pytest.fixture(scope="module")
def checkpoint(module: AudioEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "encoder.pt"
    dims = {name: getattr(SMALL, name) for name in Dimensions.__dataclass_fields__}
    state = {f"encoder.{name}": value for name, value in module.state_dict().items()}
    torch.save({"dims": dims | {"n_vocab": 7}, "model_state_dict": state | {"decoder.ln.bias": torch.ones(1)}}, path)
    return path


def loaded(checkpoint: Path, dtype: torch.dtype = torch.float32) -> WhisperEncoder:
    return find_source(str(checkpoint)).load(torch.device("cpu"), dtype)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(samples) * 0.1).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 160, 400, 7777, WINDOW - 1, WINDOW])
@pytest.mark.parametrize("mels", [80, 128])
def test_the_log_mel_is_whispers_own(samples: int, mels: int) -> None:
    sound = noise(samples)
    theirs = whisper.log_mel_spectrogram(whisper.pad_or_trim(torch.from_numpy(sound), WINDOW), mels).numpy()
    np.testing.assert_allclose(log_mel(sound, WINDOW, mels), theirs, atol=2e-5)


def test_the_log_mel_of_silence_is_whispers_own() -> None:
    theirs = whisper.log_mel_spectrogram(torch.zeros(WINDOW), 80).numpy()
    np.testing.assert_array_equal(log_mel(np.zeros(50, np.float32), WINDOW, 80), theirs)


def test_every_tap_of_one_pass_is_what_a_pass_by_hand_gives(module: AudioEncoder, checkpoint: Path) -> None:
    encoder = loaded(checkpoint)
    mel = encoder.prepare(noise(9999))[None]
    taps = ["encoder.conv2", "encoder.blocks.0", "encoder.blocks.1.attn_ln", "encoder.blocks.1.mlp.1"]
    taps += ["encoder.blocks.1.mlp", "encoder.blocks.2", "encoder.ln_post"]
    with torch.inference_mode():
        conv1 = torch.nn.functional.gelu(module.conv1(mel))
        conv2 = module.conv2(conv1)
        x = torch.nn.functional.gelu(conv2).permute(0, 2, 1) + module.positional_embedding
        outputs = [conv2.permute(0, 2, 1), x := module.blocks[0](x)]
        block = module.blocks[1]
        outputs.append(block.attn_ln(x))
        middle = x + block.attn(block.attn_ln(x))[0]
        hidden = torch.nn.functional.gelu(block.mlp[0](block.mlp_ln(middle)))
        outputs += [hidden, block.mlp[2](hidden)]
        outputs += [x := module.blocks[2](block(x)), module.ln_post(x)]

    found = encoder.activations(mel, taps)

    assert all(torch.allclose(found[tap], output, atol=1e-5) for tap, output in zip(taps, outputs, strict=True))
    assert tap_widths(SMALL, taps) == {tap: output.shape[2] for tap, output in zip(taps, outputs, strict=True)}


def test_the_pass_stops_after_the_last_tap(checkpoint: Path) -> None:
    encoder = loaded(checkpoint)
    ran: list[int] = []
    for number, block in enumerate(encoder.module.blocks):
        block.register_forward_hook(lambda *_, number=number: ran.append(number))

    encoder.activations(encoder.prepare(noise(100))[None], ["encoder.blocks.1", "encoder.blocks.0"])

    assert ran == [0, 1]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 0.1), (torch.float16, 0.02)])
def test_a_lower_precision_gives_nearly_the_same(checkpoint: Path, dtype: torch.dtype, tolerance: float) -> None:
    exact, rough = (loaded(checkpoint, kind) for kind in (torch.float32, dtype))
    mel = exact.prepare(noise(WINDOW))[None]
    ours, theirs = (one.activations(mel, ["encoder.ln_post"])["encoder.ln_post"] for one in (exact, rough))

    assert theirs.dtype == torch.float32
    assert float((ours - theirs).abs().max()) < tolerance


def test_no_decoder_is_held_in_memory(checkpoint: Path) -> None:
    assert not any("decoder" in name for name, _ in loaded(checkpoint).module.named_parameters())


@pytest.mark.parametrize("tap", ["encoder.blocks.3", "blocks", "decoder.blocks.0", "encoder.conv1", "encoder.blocks"])
def test_a_tap_that_does_not_exist_lists_those_that_do(tap: str) -> None:
    with pytest.raises(AtlasError, match=r"there are encoder.conv2, encoder.blocks.N for N from 0 to 2"):
        tap_widths(SMALL, [tap])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a readable checkpoint"),
        (b"hello" * 100, "not a"),
        ({"weights": torch.zeros(2)}, "not a Whisper checkpoint; expected `dims` and `model_state_dict`"),
    ],
)
def test_what_is_no_checkpoint_is_told(tmp_path: Path, content: object, words: str) -> None:
    path = tmp_path / "encoder.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(AtlasError, match=words):
        find_source(str(path)).dimensions()


def test_weights_that_are_not_numbers_are_told(checkpoint: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    content["model_state_dict"]["encoder.conv1.bias"][0] = torch.nan
    torch.save(content, tmp_path / "nan.pt")
    with pytest.raises(AtlasError, match=r"NaN or infinite weights in conv1.bias"):
        loaded(tmp_path / "nan.pt")


def test_a_name_that_nobody_knows_lists_those_known() -> None:
    with pytest.raises(AtlasError, match=r"neither a file nor a name that openai-whisper knows \(tiny.en"):
        find_source("gigantic")


def test_the_real_encoder_is_read() -> None:
    path = REAL / "models/whisper-tiny.en.encoder.pt"
    if not path.exists():
        pytest.skip("the real weights are not beside the project: ../shared/real")
    encoder = loaded(path)

    assert encoder.dimensions == Dimensions(80, 1500, 384, 6, 4)
    assert encoder.dimensions.window_s == 30.0
    assert sum(parameter.numel() for parameter in encoder.module.parameters()) + 1500 * 384 == 8_208_384


def test_weights_are_kept_where_openai_whisper_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots: list[str] = []

    def download(_url: str, root: str, in_memory: bool) -> str:
        roots.append(root)
        return f"{root}/tiny.en.pt"

    monkeypatch.setattr(whisper, "_download", download)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_source("tiny.en").path == tmp_path / "whisper/tiny.en.pt"
    monkeypatch.delenv("XDG_CACHE_HOME")
    find_source("tiny.en")

    assert roots == [str(tmp_path / "whisper"), str(Path.home() / ".cache/whisper")]
