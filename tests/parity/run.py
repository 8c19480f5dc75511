"""Our readers against the packages that write the checkpoints: dictionary_learning, SAELens and sparsify.

Each package builds small random autoencoders, saves them its own way and encodes; we load the same files and encode
the same inputs. What `atlas train` saves is held to dictionary_learning, whose layout it has. A table of the
differences is printed; the exit status is 1 if a value differs by more than 1e-5 or if an active set differs. AudioSAE
and FREUD are not packages: their formats are held to written references in tests/dictionaries. It runs in an
environment of its own, not under pytest.
"""

import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import torch
from dictionary_learning import dictionary as dl
from dictionary_learning.trainers import batch_top_k, matryoshka_batch_top_k, top_k
from dictionary_learning.trainers.gdm import GatedSAETrainer
from dictionary_learning.trainers.jumprelu import JumpReluTrainer
from dictionary_learning.trainers.standard import StandardTrainer
from dictionary_learning.training import trainSAE
from dictionary_learning.utils import load_dictionary as their_load_dictionary
from sae_lens import SAE
from sae_lens.saes import batchtopk_sae, gated_sae, jumprelu_sae, matryoshka_batchtopk_sae, standard_sae, topk_sae
from sparsify import SparseCoder, SparseCoderConfig
from torch import Tensor, nn

from atlas.config.dictionaries import DictionaryConfig
from atlas.dictionaries.load import load_dictionary
from atlas.dictionaries.selection import active_values
from atlas.store import AtlasFolder
from atlas.train.config import AutoencoderConfig, CourseConfig
from atlas.train.learner import Learner
from atlas.train.saved import save

D, N, K, FRAMES = 64, 512, 16, 300
TOLERANCE = 1e-5
PACKAGES = ("torch", "dictionary-learning", "sae-lens", "eai-sparsify")


@dataclass(frozen=True, slots=True)
class Case:
    """One autoencoder: its file, what the config says of it, and what its own package makes of an input."""

    package: str
    name: str
    checkpoint: Path
    encode: Callable[[Tensor], Tensor]
    "x: [frames, d] -> values [frames, n], multiplied by decoder norms"
    settings: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far two encodes of the same input lie apart."""

    case: Case
    difference: float
    sets_differ: int
    active_per_frame: float

    @property
    def agrees(self) -> bool:
        return self.difference <= TOLERANCE and self.sets_differ == 0 and self.active_per_frame > 0


def main() -> int:
    """Run every case, print the table, and return the exit status."""
    torch.manual_seed(0)
    x = torch.randn(FRAMES, D) + 0.3
    silent = io.StringIO()  # the packages report their progress, ours is the table
    with tempfile.TemporaryDirectory() as folder, torch.no_grad(), redirect_stdout(silent), redirect_stderr(silent):
        outcomes = [compare(case, x) for case in cases(Path(folder))]
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(f"{'package':<20} {'autoencoder':<46} {'largest difference':>18} {'sets differ':>11} {'L0':>7}")
    for outcome in outcomes:
        case = outcome.case
        print(
            f"{case.package:<20} {case.name:<46} {outcome.difference:>18.1e} {outcome.sets_differ:>11} "
            f"{outcome.active_per_frame:>7.1f}{'' if outcome.agrees else '  DIFFERS'}"
        )
    failed = sum(not outcome.agrees for outcome in outcomes)
    print(f"{len(outcomes)} autoencoders, {failed} of them read differently")
    return 1 if failed else 0


def compare(case: Case, x: Tensor) -> Outcome:
    config = DictionaryConfig(name="parity", tap="encoder.blocks.0", checkpoint=str(case.checkpoint), **case.settings)
    dictionary = load_dictionary(config, D)
    ours = active_values(dictionary, dictionary.pre_activations(dictionary.normalise(x)[0]), len(x))
    theirs = case.encode(x)
    return Outcome(
        case=case,
        difference=float((ours - theirs).abs().max()),
        sets_differ=int(((ours > 0) != (theirs > 0)).sum()),
        active_per_frame=float((theirs > 0).sum() / len(x)),
    )


def cases(folder: Path) -> Iterator[Case]:
    yield from dictionary_learning_cases(folder / "dictionary_learning")
    yield from trained_cases(folder / "trained")
    yield from trained_here_cases(folder / "trained_here")
    yield from saelens_cases(folder / "saelens")
    yield from saelens_training_cases(folder / "saelens_training")
    yield from sparsify_cases(folder / "sparsify")


def randomised(module: nn.Module) -> nn.Module:
    """Every parameter drawn anew, so that no norm is 1, no bias 0 and no threshold the default."""
    for name, parameter in module.named_parameters():
        if name == "threshold":
            parameter.copy_(torch.rand_like(parameter) + 0.3)
        else:
            parameter.normal_(std=D**-0.5 if parameter.ndim == 2 else 0.2)
            if name in ("W_dec", "decoder.weight"):
                shape = (-1, 1) if parameter.shape[0] == N else (1, -1)
                parameter.mul_(torch.linspace(0.3, 2.5, N).reshape(shape))
    return module


def dictionary_learning_cases(folder: Path) -> Iterator[Case]:
    """Every class, as its trainers save it, and encoded by its own loader."""
    classes = (
        dl.AutoEncoder(D, N),
        dl.AutoEncoderNew(D, N),
        dl.GatedAutoEncoder(D, N),
        dl.JumpReluAutoEncoder(D, N),
        top_k.AutoEncoderTopK(D, N, K),
        batch_top_k.BatchTopKSAE(D, N, K),
        matryoshka_batch_top_k.MatryoshkaBatchTopKSAE(D, N, K, [N // 4, N - N // 4]),
    )
    for autoencoder in map(randomised, classes):
        name = type(autoencoder).__name__
        threshold = dict(autoencoder.named_buffers()).get("threshold")
        if threshold is not None:
            threshold.fill_(0.9)
        place = folder / name
        place.mkdir(parents=True)
        torch.save(autoencoder.state_dict(), place / "ae.pt")
        config = {"trainer": {"dict_class": name, "activation_dim": D, "dict_size": N, "k": K}}
        (place / "config.json").write_text(json.dumps(config))
        yield Case("dictionary_learning", name, place / "ae.pt", dictionary_learning_encode(place))
    for name in ("BatchTopKSAE", "MatryoshkaBatchTopKSAE"):
        yield Case(
            "dictionary_learning",
            f"{name}, clip-wise",
            folder / name / "ae.pt",
            dictionary_learning_encode(folder / name, use_threshold=False),
            {"selection": "clip"},
        )


def dictionary_learning_encode(place: Path, **arguments: bool) -> Callable[[Tensor], Tensor]:
    """Their encode of what lies in `place`, multiplied by norms where their loader has not folded them."""
    theirs, _ = loaded_by_them(place)
    decoder = theirs.W_dec.T if hasattr(theirs, "W_dec") else theirs.decoder.weight
    return lambda x: theirs.encode(x, **arguments) * decoder.norm(dim=0)


def loaded_by_them(place: Path) -> tuple[nn.Module, dict[str, object]]:
    """Their loader, which knows no AutoEncoderNew; that one it loads by the class itself."""
    config = json.loads((place / "config.json").read_text())
    if config["trainer"]["dict_class"] == "AutoEncoderNew":
        return dl.AutoEncoderNew.from_pretrained(place / "ae.pt"), config
    return their_load_dictionary(str(place), "cpu")


def trained_cases(folder: Path) -> Iterator[Case]:
    """A few steps of real training on normalised activations, with checkpoints on the way."""
    shared = {"steps": 60, "activation_dim": D, "dict_size": N, "layer": 1, "lm_name": "none", "device": "cpu"}
    sparse = {**shared, "lr": 1e-3, "warmup_steps": 1, "decay_start": None}
    counted = {**sparse, "k": K, "threshold_start_step": 2}
    configs = (
        {**sparse, "trainer": StandardTrainer, "sparsity_warmup_steps": 1},
        {**sparse, "trainer": GatedSAETrainer, "sparsity_warmup_steps": 1},
        {**sparse, "trainer": JumpReluTrainer, "sparsity_warmup_steps": 1},
        {**counted, "trainer": top_k.TopKTrainer},
        {**counted, "trainer": batch_top_k.BatchTopKTrainer},
        {**counted, "trainer": matryoshka_batch_top_k.MatryoshkaBatchTopKTrainer, "group_fractions": [0.25, 0.75]},
    )
    with torch.enable_grad():
        trainSAE(
            [torch.randn(128, D) + 0.3 for _ in range(61)],
            [dict(config) for config in configs],
            steps=60,
            save_steps=[40],
            save_dir=str(folder),
            normalize_activations=True,
            device="cpu",
        )
    for number, config in enumerate(configs):
        place = folder / f"trainer_{number}"
        name = config["trainer"].__name__
        yield Case("dictionary_learning", f"trained by {name}", place / "ae.pt", dictionary_learning_encode(place))
        yield Case(
            "dictionary_learning",
            f"trained by {name}, at step 40",
            place / "checkpoints" / "ae_40.pt",
            dictionary_learning_encode_at(place, "checkpoints/ae_40.pt", folder / f"at_step_{number}"),
        )


def dictionary_learning_encode_at(place: Path, name: str, copy: Path) -> Callable[[Tensor], Tensor]:
    """Their encode of a checkpoint on the way, which their loader finds under the final name only."""
    copy.mkdir()
    (copy / "ae.pt").write_bytes((place / name).read_bytes())
    (copy / "config.json").write_bytes((place / "config.json").read_bytes())
    return dictionary_learning_encode(copy)


def trained_here_cases(folder: Path) -> Iterator[Case]:
    """What `atlas train` saves, on activations far from zero, as the loader of dictionary_learning reads it."""
    course = CourseConfig(steps=60, batch_frames=256, learning_rate=3e-3, dead_frames=2560)
    kinds: dict[str, dict[str, object]] = {
        "batch_top_k": {"k": K},
        "nested": {"k": K, "nested": (N // 4,)},
        "top_k": {"kind": "top_k", "k": K},
        "l1": {"kind": "l1", "l1": 0.05},
    }
    for name, settings in kinds.items():
        config = AutoencoderConfig(name=name, tap="encoder.blocks.0", features=N, **settings)
        learner = Learner(config, course, D, torch.device("cpu"))
        for _ in range(course.steps):
            learner.step(torch.randn(course.batch_frames, D) + 0.3)
        save(learner, learner.report(torch.randn(FRAMES, D) + 0.3), "none", AtlasFolder(folder))
        yield Case("atlas", f"trained as {name}", folder / name / "ae.pt", dictionary_learning_encode(folder / name))


def saelens_cases(folder: Path) -> Iterator[Case]:
    """Inference architectures with their input options, saved by save_model and read by their load_from_disk."""
    standard, config = standard_sae.StandardSAE, standard_sae.StandardSAEConfig
    plain = {"d_in": D, "d_sae": N}
    counted = {**plain, "k": K}
    variants = (
        ("standard", standard, config(**plain)),
        ("standard, no pre-bias", standard, config(**plain, apply_b_dec_to_input=False)),
        ("standard, layer_norm", standard, config(**plain, normalize_activations="layer_norm")),
        ("standard, constant_norm", standard, config(**plain, normalize_activations="constant_norm_rescale")),
        ("topk", topk_sae.TopKSAE, topk_sae.TopKSAEConfig(**counted)),
        ("topk, rescaled", topk_sae.TopKSAE, topk_sae.TopKSAEConfig(**counted, rescale_acts_by_decoder_norm=True)),
        ("jumprelu", jumprelu_sae.JumpReLUSAE, jumprelu_sae.JumpReLUSAEConfig(**plain)),
        ("gated", gated_sae.GatedSAE, gated_sae.GatedSAEConfig(**plain)),
    )
    for name, kind, settings in variants:
        place = folder / name
        randomised(kind(settings)).save_model(place)
        yield Case("SAELens", name, place / "sae_weights.safetensors", saelens_encode(place))
    yield flat_case(folder / "topk", folder / "flat")
    yield scaled_case(folder / "scaled", standard(config(**plain, normalize_activations="expected_average_only_in")))


def saelens_encode(place: Path) -> Callable[[Tensor], Tensor]:
    theirs = SAE.load_from_disk(place)
    rescaled = getattr(theirs.cfg, "rescale_acts_by_decoder_norm", False)
    return lambda x: theirs.encode(x) * (1.0 if rescaled else theirs.W_dec.norm(dim=1))


def flat_case(modern: Path, place: Path) -> Case:
    """The weights of a version 6 save under a config as version 5 wrote it."""
    place.mkdir()
    (place / "sae_weights.safetensors").write_bytes((modern / "sae_weights.safetensors").read_bytes())
    old = {"hook_point": "blocks.0.hook_resid_post", "activation_fn_str": "topk", "activation_fn_kwargs": {"k": K}}
    shared = {"d_in": D, "d_sae": N, "dtype": "float32", "normalize_activations": False, "model_name": "none"}
    (place / "cfg.json").write_text(json.dumps(old | shared))
    return Case("SAELens", "topk, flat config before 6.0", place / "sae_weights.safetensors", saelens_encode(place))


def scaled_case(place: Path, autoencoder: SAE) -> Case:
    """An input scale that lies beside the weights for us, and that they fold into theirs."""
    randomised(autoencoder).save_model(place)
    (place / "activation_scaler.json").write_text(json.dumps({"scaling_factor": 0.4}))
    theirs = SAE.load_from_disk(place)
    theirs.fold_activation_norm_scaling_factor(0.4)
    return Case(
        "SAELens",
        "standard, expected_average_only_in",
        place / "sae_weights.safetensors",
        lambda x: theirs.encode(x) * theirs.W_dec.norm(dim=1),
    )


def saelens_training_cases(folder: Path) -> Iterator[Case]:
    """Training saves of batch top-k, which we read as the JumpReLU that their inference save turns them into."""
    for rescaled in (False, True):
        shared = {"d_in": D, "d_sae": N, "k": K, "rescale_acts_by_decoder_norm": rescaled}
        nested = {**shared, "matryoshka_widths": [N // 4, N]}
        kinds = (
            batchtopk_sae.BatchTopKTrainingSAE(batchtopk_sae.BatchTopKTrainingSAEConfig(**shared)),
            matryoshka_batchtopk_sae.MatryoshkaBatchTopKTrainingSAE(
                matryoshka_batchtopk_sae.MatryoshkaBatchTopKTrainingSAEConfig(**nested)
            ),
        )
        for autoencoder in map(randomised, kinds):
            autoencoder.topk_threshold.fill_(0.7)
            name = f"{autoencoder.cfg.architecture()}{', rescaled' if rescaled else ''}"
            autoencoder.save_model(folder / name)
            autoencoder.save_inference_model(folder / f"{name} inference")
            encode = saelens_encode(folder / f"{name} inference")
            for suffix in ("", " inference"):
                file = folder / f"{name}{suffix}" / "sae_weights.safetensors"
                yield Case("SAELens", f"{name},{suffix or ' training'} save", file, encode)


def sparsify_cases(folder: Path) -> Iterator[Case]:
    """Both activations, transcoders and skip connections, saved and loaded by sparsify, whose eager code runs here."""
    variants = {
        "topk": SparseCoderConfig(k=K, num_latents=N),
        "topk, by expansion": SparseCoderConfig(k=K, expansion_factor=N // D),
        "groupmax": SparseCoderConfig(k=K, num_latents=N, activation="groupmax"),
        "transcoder": SparseCoderConfig(k=K, num_latents=N, transcode=True),
        "transcoder, skip": SparseCoderConfig(k=K, num_latents=N, transcode=True, skip_connection=True),
    }
    for name, config in variants.items():
        place = folder / name
        randomised(SparseCoder(D, config)).save_to_disk(place)
        yield Case("sparsify", name, place / "sae.safetensors", sparsify_encode(SparseCoder.load_from_disk(place)))


def sparsify_encode(coder: SparseCoder) -> Callable[[Tensor], Tensor]:
    def encode(x: Tensor) -> Tensor:
        values, indices, _ = coder.encode(x)
        return torch.zeros(len(x), N).scatter_(1, indices, values) * coder.W_dec.norm(dim=1)

    return encode


if __name__ == "__main__":
    sys.exit(main())
