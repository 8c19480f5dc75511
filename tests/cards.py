"""Made-up cards: what an atlas of one small dictionary says of itself, less what a test changes."""

from dataclasses import replace
from typing import Any

from atlas.digests import digest_of
from atlas.schema.card import (
    CARD_VERSION,
    BaselinesCard,
    CalibrationCard,
    Card,
    CorpusCard,
    DictionaryCard,
    DisplayCard,
    DomainCard,
    EncoderCard,
)
from atlas.schema.grid import FrameGrid
from atlas.schema.remarks import Doubt, Fact

SAE = DictionaryCard(
    tap="encoder.blocks.0",
    kind="sae",
    control_of=None,
    recognised="BatchTopKSAE",
    sha256=digest_of("sae") * 4,
    identity=digest_of("sae")[:8],
    width=16,
    features=1024,
    selection="threshold",
    k=16,
    threshold=2.04879,
    decoder_norm_min=0.999906,
    decoder_norm_max=1.00012,
    l0=16.9,
    l0_calibration=17.2,
    calibration=CalibrationCard(windows=200, frames=32834, unmatched_densities=0),
    fvu=0.122219,
    baselines=BaselinesCard(
        components=17, templates=1024, frames=8192, fvu_sample=0.118, fvu_pca=0.403, fvu_pursuit=0.153
    ),
    frames_clamped=0,
    histogram_edges=(1.0, 2.0, 4.0),
    facts=(Fact("format", {"name": "dictionary_learning"}), Fact("architecture", {"name": "BatchTopKSAE"})),
    doubts=(Doubt("half_precision", {"types": ("float16",)}),),
    states={"dead": 0.1, "rare": 0.2, "dense": 0.0, "live": 0.7},
)
CARD = Card(
    version=CARD_VERSION,
    title="Made up",
    tool="audio-feature-atlas 0",
    fingerprint=digest_of("made up"),
    builds=("torch 2.13.0+cpu, cpu AVX512, float32",),
    config={"corpus": {"manifest": "manifest.csv", "alignments": "alignments.tsv"}},
    corpus=CorpusCard(
        clips=600,
        problems=0,
        recordings=540,
        group=None,
        datasets=("read",),
        domains={
            "speech": DomainCard(
                clips=600, recordings=540, valid_frames=180_000, hours=1.0, groups=None, largest_group=None
            )
        },
        valid_frames=180_000,
        hash=digest_of("corpus"),
        matched_s=2.4,
        mean_mel_db=tuple(round(55 - band / 5, 3) for band in range(80)),
    ),
    encoder=EncoderCard(
        model="encoder.pt",
        sha256=digest_of("encoder") * 4,
        window_s=30.0,
        padded=True,
        grid=FrameGrid(rate_hz=16_000, hop=320, field=1_040, centre=160, partial=True),
        architecture={"mels": 80, "width": 16, "layers": 1},
        taps=("encoder.blocks.0",),
    ),
    display=DisplayCard(
        frames_per_s=50,
        bands=80,
        floor_db=-100.0,
        top_hz=8000,
        patch_frames=50,
        patch_steps_a_db=2,
        patch_no_sound=255,
    ),
    dictionaries={"block0": SAE},
)


def sae_card(**changes: Any) -> DictionaryCard:
    """The card of an autoencoder."""
    return replace(SAE, **changes)


def control_card(of: str, **changes: Any) -> DictionaryCard:
    """The card of the random control of a dictionary."""
    seed = Fact("seed", {"seed": 0})
    blank = {"k": None, "threshold": None, "fvu": None, "sha256": "", "doubts": (), "facts": (seed,)}
    blank["baselines"] = BaselinesCard(null_reason="rebuilds_nothing")
    return replace(SAE, **(blank | {"kind": "random", "recognised": "random", "control_of": of} | changes))
