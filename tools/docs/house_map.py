"""docs/house.md: which room of the package does what, from the first sentence of each module."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_ABOVE = """# The house

*The map below is made from the code by `make docs-reference`: a line is what a module says of itself.*

A batch job listens to a corpus through an audio model and its sparse autoencoders, measures every feature once, and writes
a folder of tables. A second half turns those tables into a site. What is measured and how it is shown meet in one
place: the tables.

```
 config.toml
     |
  index      corpus -> clips                      (decode check, duration, loudness, content hash, shards)
  annotate   clips -> words, phones and acoustics where the corpus brings none   (optional)
  calibrate  a sample -> thresholds, scales       (at most 200 windows, by content hash)
  scan       clips -> codes -> states, peaks      (one encoder pass for all taps, shard by shard)
  merge      states -> features, histograms, examples, mel, vectors, card
  analyse    tables -> domains, labels, neighbours, map, controls, findings
  effects    findings + clips -> what features do to what the model says   (optional; needs the model again)
  media      examples -> sounds, spectrograms
  ------------------------------------------------------------------- the tables
  render     tables -> pages, charts, search index
```

## Four contracts

| contract | where | what holds for every implementation |
|---|---|---|
| encoder | `encoders/base.py` | a grid of frames in seconds; a clip's frames are the same alone and in a batch |
| state | `measure/states.py` | any split of the corpus, merged in any order, gives the same bytes |
| stage | `stages.py` | equal inputs and keys mean nothing to do; killed anywhere, it goes on |
| card | `schema/card.py` | what an atlas is, with one reader and one check of its version |

## Rules that tests hold

- `analyse`, `explain`, `media`, `reading`, `render` and `publish` never reach torch; the measuring half never reaches Jinja2 or Altair.
- In each half a module imports only from what stands above it in the list in `tests/test_architecture.py`. No cycles.
- What crosses from one half to the other is data with a schema: figures, kinds, names, flags. Sentences are made where they are shown.
- Each column has an entry in `schema/figures/`, each threshold stands once in `schema/thresholds.py`.
- `atlas --help` and a mistake in a config cost no heavy import.
- A class name stands for one thing; a file is at most 350 lines, a function at most 50.

## The map
"""


def house_map() -> str:
    """The page."""
    return _ABOVE + "\n".join(_rooms()) + "\n"


def _rooms() -> Iterator[str]:
    package = ROOT / "atlas"
    yield "\n### `atlas`\n"
    yield from _lines(package)
    for folder in sorted(path.parent for path in package.rglob("__init__.py") if path.parent != package):
        yield f"\n### `{folder.relative_to(ROOT)}`\n\n{sentence_of(folder / '__init__.py')}\n"
        yield from _lines(folder)


def _lines(folder: Path) -> Iterator[str]:
    modules = [path for path in sorted(folder.glob("*.py")) if path.stem not in ("__init__", "__main__")]
    if modules:
        yield "| module | |\n|---|---|"
    for path in modules:
        yield f"| `{path.name}` | {sentence_of(path)} |"


def sentence_of(path: Path) -> str:
    """The first paragraph of a module's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")
