"""`python tests/parity/opening.py FOLDER`: what `exporting` wrote, opened by the libraries that it was written for.

`datasets` loads each table and decodes its sounds (by torchcodec, which needs the libraries of FFmpeg), and a stretch
must sound as it does in its clip; `embedding-atlas` turns the map into its application. It runs in an environment of
its own, not under pytest, and imports nothing of ours. The exit status is 1 if anything is not as it should be.
"""

import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

RATE_HZ = 16_000
SOUNDS = 12
PACKAGES = ("datasets", "torchcodec", "embedding-atlas")


def main(folder: Path) -> int:
    """Open all, print what is wrong, and return the exit status."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache")}
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    faults = [*dataset_faults(folder / "huggingface"), *map_faults(folder)]
    print("\n".join(faults) if faults else "all tables, sounds and the map open as they should")
    return 1 if faults else 0


def dataset_faults(folder: Path) -> Iterator[str]:
    from datasets import Audio, load_dataset

    tables = {name: load_dataset(str(folder), name, split="train") for name in ("features", "examples", "clips")}
    for name, table in tables.items():
        print(f"datasets: {name}, {len(table):,} rows, {len(table.column_names)} columns")
        if not len(table):
            yield f"{name}: no rows"
    for name in ("examples", "clips"):
        if not isinstance(tables[name].features["audio"], Audio):
            yield f"{name}: audio is {tables[name].features['audio']}, not Audio"
            return
    clips = {row["clip"]: row for row in tables["clips"]}
    heard = tables["examples"].filter(lambda audio: audio is not None, input_columns=["audio"])
    for row in heard.select(range(min(SOUNDS, len(heard)))):
        yield from stretch_faults(row, clips[row["clip"]])
    print(f"datasets: {min(SOUNDS, len(heard))} sounds decoded, of {len(heard):,} examples that have one")


def stretch_faults(example: dict, clip: dict) -> Iterator[str]:
    """Whether the sound of an example has its stretch, at the second that it says, like the clip's."""
    where = f"{example['dictionary']}/{example['feature']} {example['rank']}"
    sounds = [row["audio"].get_all_samples() for row in (example, clip)]
    if any(sound.sample_rate != RATE_HZ for sound in sounds):
        yield f"{where}: not at {RATE_HZ} Hz"
    length = round((example["end_s"] - example["start_s"]) * RATE_HZ)
    starts = (example["audio_start_s"], clip["audio_start_s"] + example["start_s"])
    one, other = (sound.data[0, round(start * RATE_HZ) :][:length] for sound, start in zip(sounds, starts, strict=True))
    if len(one) != length or len(other) != length:
        yield f"{where}: {len(one)} and {len(other)} samples, where {length} were expected"
        return
    one, other = one - one.mean(), other - other.mean()
    likeness = float(one @ other / (one.norm() * other.norm()))
    if likeness < 0.999:
        yield f"{where}: its stretch is not the clip's, correlation {likeness:.3f}"


def map_faults(folder: Path) -> Iterator[str]:
    from click.testing import CliRunner
    from embedding_atlas.cli import main as embedding_atlas

    columns = ["--x", "x", "--y", "y", "--text", "text", "--neighbors", "neighbors"]
    arguments = [str(folder / "map.parquet"), *columns, "--pagerank", "--export-application", str(folder / "app")]
    result = CliRunner().invoke(embedding_atlas, arguments)
    if result.exit_code:
        yield f"embedding-atlas: {result.exception!r}"
        return
    told = json.loads((folder / "app/data/metadata.json").read_text(encoding="utf-8"))["props"]["data"]
    print(f"embedding-atlas: {told}")
    if told.get("neighbors") != "neighbors" or told.get("projection") != {"x": "x", "y": "y"}:
        yield f"embedding-atlas: columns taken as {told}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
