"""What a card says of corpora that are not like the demo's: small, without labels, of one domain, or huge."""

import numpy as np

from atlas.analyse.naming.controls import OwnFigures
from tests.analyse.carding import figures_in, findings_in
from tests.analyse.making import Clip, World, world

LABELS = ("siren", "dog", "rain", "door", "bell", "wind")


def labelled(recordings: int, labels: int = len(LABELS), datasets: int = 1) -> list[Clip]:
    """Each recording has one of the labels; the rest of LABELS are nobody's."""
    return [
        Clip(f"r{number:05d}", dataset=f"set{number % datasets}", labels=[LABELS[number // datasets % labels]])
        for number in range(recordings)
    ]


def hears(clips: list[Clip], noise: float = 0.1) -> World:
    """Feature i fires on the label of its number, and softly anywhere; the last one fires by chance."""
    random = np.random.default_rng(5)
    has = np.array([[label in clip.labels for clip in clips] for label in LABELS])
    values = has * random.uniform(1, 2, has.shape) + random.uniform(0, noise, has.shape)
    return world(clips, np.vstack([values, random.uniform(0, 1, len(clips))]))


def kinds(figures: OwnFigures, figure: str) -> dict[str, float | None]:
    return {of: value for (name, of), value in figures.items() if name == figure}


def test_ten_recordings_name_nothing_and_say_why() -> None:
    made = hears(labelled(10, labels=5))
    found = findings_in(made)
    assert not found["named_by"].is_in(["label", "peaks", "leaning"]).any()
    assert set(found["null_reason"]) == {"no labels"}
    figures = figures_in(made)
    assert figures["named", ""] is None
    assert not kinds(figures, "labels_found")
    assert {label.null_reason for kind in made.kinds for label in kind.labels} == {
        "fewer than 5 recordings that are long enough to test"
    }


def test_without_labels_the_figures_of_labels_are_absent_and_never_0() -> None:
    made = hears([Clip(f"r{number}") for number in range(60)])
    figures = figures_in(made)
    for figure in ("labels_tested", "labels_found", "label_phi", "label_f1", "label_probe", "peak_named"):
        assert not kinds(figures, figure)
    assert [figures[figure, ""] for figure in ("named", "named_label", "named_peaks", "labelled")] == [None] * 4
    assert figures["fvu", ""] is not None


def test_under_five_labels_are_counted_without_means() -> None:
    few, enough = (figures_in(hears(labelled(120, labels=labels))) for labels in (4, 5))
    assert kinds(few, "labels_found") == {"label": 4}
    assert kinds(enough, "labels_found") == {"label": 5}
    for figure in ("label_phi", "label_f1", "label_probe", "label_probe_permuted"):
        assert not kinds(few, figure)
        assert kinds(enough, figure)["label"] is not None


def test_in_one_domain_nothing_is_specialised_and_no_share_is_told() -> None:
    made = hears(labelled(120, datasets=2))
    assert findings_in(made)["domain"].is_null().all()
    assert not kinds(figures_in(made), "specialised")
    two = [
        Clip(clip.recording, "music" if number % 2 else "sound", clip.dataset, clip.labels)
        for number, clip in enumerate(labelled(120, datasets=2))
    ]
    assert set(kinds(figures_in(hears(two)), "specialised")) == {"music", "sound"}


def test_of_many_recordings_all_is_significant_and_phi_decides() -> None:
    clips = labelled(6000)
    random = np.random.default_rng(7)
    has = np.array([["siren" in clip.labels for clip in clips]])
    shy = random.random(has.shape) < 0.25 + 0.1 * has  # fires on 35 % of sirens and on 25 % of others
    sharp = has & (random.random(has.shape) < 0.9)
    made = world(clips, np.vstack([shy, sharp]) * random.uniform(1, 2, (2, len(clips))))
    found = findings_in(made)
    assert found.select("named_by", "label", "null_reason").rows() == [
        ("leaning", "siren", "weak"),
        ("label", "siren", None),
    ]


def test_permuted_labels_are_not_found() -> None:
    clips = labelled(240, datasets=2)
    order = np.random.default_rng(3).permutation(len(clips))
    shuffled = [
        Clip(clip.recording, clip.domain, clip.dataset, clips[other].labels)
        for clip, other in zip(clips, order, strict=True)
    ]
    true = hears(clips)
    permuted = World(world(shuffled, np.zeros((1, 240))).clips, *_recordings(shuffled), true.peaks, true.features)
    assert kinds(figures_in(true), "labels_found") == {"label": 6}
    figures = figures_in(permuted)
    assert kinds(figures, "labels_tested") == {"label": 6}
    assert kinds(figures, "labels_found") == {"label": 0}
    assert figures["named_label", ""] == 0


def _recordings(clips: list[Clip]) -> tuple[object, object]:
    made = world(clips, np.zeros((1, len(clips))))
    return made.recordings, made.kinds
