"""Frame grids: how many frames a sound has, and which moment each stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.schema.grid import FrameGrid

WHISPER = FrameGrid(rate_hz=16_000, hop=320, field=1_040, centre=160, partial=True)
RAW = FrameGrid(rate_hz=16_000, hop=320, field=400, centre=200, partial=False)
FINE = FrameGrid(rate_hz=24_000, hop=320, field=512, centre=256, partial=False)

GRIDS = st.builds(
    lambda rate_hz, hop, more, partial: FrameGrid(
        rate_hz=rate_hz, hop=hop, field=hop + more, centre=(hop + more) // 2, partial=partial
    ),
    st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100]),
    st.sampled_from([160, 256, 320, 512, 640]),
    st.integers(0, 400),
    st.booleans(),
)


def test_partial_frames_are_counted_up_and_whole_ones_down() -> None:
    samples = (0, 1, 319, 320, 321, 399, 400, 719, 720, 480_000)

    assert [WHISPER.frames_of(number) for number in samples] == [0, 1, 1, 1, 2, 2, 2, 3, 3, 1500]
    assert [RAW.frames_of(number) for number in samples] == [0, 0, 0, 0, 0, 0, 1, 1, 2, 1499]


def test_seconds_and_middles_are_those_of_the_rate() -> None:
    frames = np.array([0, 1, 75])

    assert (WHISPER.frames_per_s, RAW.frames_per_s, FINE.frames_per_s) == (50, 50, 75)
    assert (WHISPER.seconds(75), FINE.seconds(75)) == (1.5, 1.0)
    assert (WHISPER.shortest_s, RAW.shortest_s) == (0.02, 0.025)
    assert WHISPER.middles_s(frames).tolist() == [0.01, 0.03, 1.51]
    np.testing.assert_allclose(RAW.middles_s(frames), [0.0125, 0.0325, 1.5125])
    np.testing.assert_allclose(FINE.middles_s(frames), [256 / 24_000, 576 / 24_000, 24_256 / 24_000])


@given(GRIDS, st.integers(0, 5_000))
def test_the_frame_at_the_middle_of_a_frame_is_itself(grid: FrameGrid, frame: int) -> None:
    (middle_s,) = grid.middles_s(np.array([frame]))

    assert grid.frames_at(np.array([middle_s])).tolist() == [frame]
    assert grid.first_from(float(middle_s)) == frame
    assert grid.first_from(float(middle_s) + 0.1 / grid.frames_per_s) == frame + 1


@given(GRIDS, st.integers(0, 100_000))
def test_as_many_frames_as_samples_allow(grid: FrameGrid, samples: int) -> None:
    frames = grid.frames_of(samples)

    if grid.partial:
        assert (frames - 1) * grid.hop < samples <= frames * grid.hop
    elif frames:
        assert (frames - 1) * grid.hop + grid.field <= samples < frames * grid.hop + grid.field
    else:
        assert samples < grid.field


@pytest.mark.parametrize(("time_s", "frame"), [(0.0, 0), (0.01, 0), (0.0100001, 1), (0.03, 1), (0.07, 3), (0.5, 25)])
def test_a_border_at_a_middle_takes_that_frame(time_s: float, frame: int) -> None:
    assert WHISPER.first_from(time_s) == frame


def test_a_grid_says_what_it_is() -> None:
    assert str(RAW) == "16000 Hz, hop 320, field 400, centre 200, whole frames"
