"""What makes a lead over a control: two peaks or more, whatever their number, or more than a tenth of F1."""

import pytest

from atlas.render.parts.beyond import lead_margin


@pytest.mark.parametrize("peaks", range(8, 17))
def test_one_peak_more_is_no_lead_and_two_are_however_few_were_looked_at(peaks: int) -> None:
    for theirs in range(peaks - 1):
        assert (theirs + 1) / peaks - theirs / peaks < lead_margin(peaks) < (theirs + 2) / peaks - theirs / peaks


def test_a_tenth_of_f1_is_no_lead() -> None:
    assert 0.8 - 0.7 < lead_margin(None) < 0.81 - 0.7
