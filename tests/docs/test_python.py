"""What the documentation says of Python: every call is made, over the demo's atlas, and gives what is printed there."""

import doctest
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import atlas.door
from atlas.demo.embedded import CONFIG
from tools.docs.notebook import NOTEBOOK, notebook, text_outputs

DOCS = Path(__file__).resolve().parents[2] / "docs"
LARGEST_NOTEBOOK = 300_000


@pytest.fixture
def _beside_the_demo(demo_atlas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert demo_atlas.name == "demo-atlas"
    monkeypatch.chdir(demo_atlas.parent)


@pytest.mark.usefixtures("_beside_the_demo")
def test_every_call_in_the_guide_gives_what_the_guide_says() -> None:
    result = doctest.testfile(str(DOCS / "python.md"), module_relative=False, encoding="utf-8")

    assert result.failed == 0
    assert result.attempted > 20


@pytest.mark.usefixtures("_beside_the_demo")
@pytest.mark.parametrize("module", [atlas.door], ids=lambda module: module.__name__)
def test_every_call_in_a_docstring_gives_what_it_says(module: ModuleType) -> None:
    result = doctest.testmod(module)

    assert (result.failed, result.attempted > 2) == (0, True)


@pytest.mark.usefixtures("_beside_the_demo")
def test_the_notebook_shows_what_its_cells_give() -> None:
    kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    again = notebook()

    assert [cell["source"] for cell in kept["cells"]] == [cell["source"] for cell in again["cells"]]
    assert list(text_outputs(kept)) == list(text_outputs(again))
    assert NOTEBOOK.stat().st_size < LARGEST_NOTEBOOK
    assert NOTEBOOK.read_text(encoding="utf-8").count("data:audio/mpeg;base64,") == 3


def test_published_sound_is_the_sound_of_the_corpus_to_the_sample(demo_atlas: Path) -> None:
    published, exact = atlas.door.open(demo_atlas), atlas.door.open(demo_atlas, config=CONFIG)
    audible = published.clips.filter("audio")["clip"].to_list()
    assert len(audible) > 3
    for number in audible[:4]:
        here, there = exact.clip(number), published.clip(number)
        assert (here.sound.source, there.sound.source) == ("corpus", "media")
        assert len(here.samples) == len(there.samples)
        fits = {shift: _correlation(here.samples, np.roll(there.samples, shift)) for shift in (-1, 0, 1)}
        assert max(fits, key=fits.__getitem__) == 0
        assert fits[0] > 0.9


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one[1:-1], other[1:-1])[0, 1])
