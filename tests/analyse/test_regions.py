"""Regions of the map, and whether features of one name gather on it, held against a few plain lines."""

import numpy as np
import pytest

from atlas.analyse.regions import NameAgreement, agreement, regions


def groups(spread: float, count: int = 12) -> tuple[np.ndarray, list[str]]:
    """Four names, each around a corner."""
    rng = np.random.default_rng(0)
    corners = np.repeat([[-0.7, -0.7], [0.7, -0.7], [-0.7, 0.7], [0.7, 0.7]], count, axis=0)
    return corners + rng.normal(scale=spread, size=corners.shape), list(np.repeat(["a", "b", "c", "d"], count))


def test_a_region_is_where_a_name_is_densest() -> None:
    places, names = groups(0.02)
    strays = np.array([[0.0, 0.0]] * 2)  # too few, and elsewhere

    found = regions(np.concatenate([places, strays]), [*names, "a", "e"])

    assert {region.name for region in found} == {"a", "b", "c", "d"}
    own = next(region for region in found if region.name == "a")
    assert (own.x, own.y, own.features) == (pytest.approx(-0.7, abs=0.02), pytest.approx(-0.7, abs=0.02), 12)


def test_names_that_lie_among_others_have_no_region() -> None:
    rng = np.random.default_rng(1)

    assert regions(rng.normal(scale=0.02, size=(400, 2)), [str(number % 10) for number in range(400)]) == []


def test_the_more_telling_region_comes_first() -> None:
    places, names = groups(0.01)
    more = np.repeat([[0.0, 0.0]], 30, axis=0)

    found = regions(np.concatenate([places, more]), [*names, *["e"] * 30])

    assert found[0].name == "e"
    assert [region.weight for region in found] == sorted((region.weight for region in found), reverse=True)


def test_without_names_there_is_nothing() -> None:
    assert regions(np.empty((0, 2)), []) == []
    assert agreement(np.empty((0, 2)), []) is None
    assert agreement(np.zeros((1, 2)), ["a"]) is None


def test_agreement_is_the_share_of_the_ten_nearest_and_what_shuffling_gives() -> None:
    rng = np.random.default_rng(2)
    places, names = rng.normal(size=(60, 2)), [str(number % 3) for number in range(60)]

    found = agreement(places, names)

    distances = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(distances, np.inf)
    code = np.array(names)
    share = np.mean(code[np.argsort(distances, axis=1)[:, :10]] == code[:, None])
    pairs = [code[i] == code[j] for i in range(60) for j in range(60) if i != j]
    assert found == NameAgreement(60, pytest.approx(share), pytest.approx(np.mean(pairs)))


def test_features_at_one_place_are_each_other_s_nearest() -> None:
    found = agreement(np.zeros((30, 2)), ["a"] * 30)

    assert found == NameAgreement(30, 1.0, 1.0)


@pytest.mark.parametrize(
    ("named", "share", "structured"), [(200, 0.3, True), (200, 0.16, True), (200, 0.14, False), (49, 0.1, True)]
)
def test_a_layout_has_structure_where_names_gather_or_too_few_are_named_to_tell(
    named: int, share: float, structured: bool
) -> None:
    assert NameAgreement(named, share, 0.1).structured is structured
