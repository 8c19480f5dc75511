"""What happens to every scene alike, whatever it holds: mixture, room, microphone, noise and level.

All of it is drawn without a look at the class. Levels are those of the frames in which something is heard (within 30 dB
of the loudest), so that a click and a chord of the same level are about as loud.
"""

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from tools.demo.scenes.rooms import draw_room
from tools.demo.scenes.scene import Samples
from tools.demo.scenes.signals import Wave, bins_hz, noise, period, phase, soft_band, tone, turned, unit
from tools.demo.scenes.worlds import Draws

FRAME = 400  # samples, 25 ms
HEARD_DB = 30.0
CEILING = 0.97
MAINS_HZ, SUPPLY_HZ = 50.0, 3_150.0


def heard_rms(wave: Wave | Samples) -> float:
    """The root of the mean power of the frames that are heard."""
    frames = wave[: len(wave) // FRAME * FRAME].reshape(-1, FRAME) if len(wave) >= FRAME else wave[None]
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    return float(np.sqrt(power[power >= power.max() * 10 ** (-HEARD_DB / 10)].mean()))


def mixed(first: Samples, second: Samples, level_db: float) -> Wave:
    """Two sources, the second so much louder than the first; as long as the first."""
    result = first.astype(np.float64) / max(heard_rms(first), 1e-9)
    fits = min(len(first), len(second))
    result[:fits] += second[:fits] * (10 ** (level_db / 20) / max(heard_rms(second), 1e-9))
    return result


def finished(wave: Wave, draws: Draws, buzzes: bool) -> Samples:
    """Send a take through a room and a microphone, add noise, and set its level."""
    wave = _recorded(wave, draw_room(draws), draws.below("microphone"))
    wave = wave + _noise(len(wave), draws.below("noise"))
    if buzzes:
        wave = wave + _mains_buzz(len(wave), draws.below("buzz"))
    level_db = draws.number("level_db", -35.0, -12.0)
    return limited(wave * 10 ** (level_db / 20))


def limited(wave: Wave) -> Samples:
    """Peaks above a half bend towards the ceiling and never reach it."""
    size = np.abs(wave)
    room = CEILING - 0.5
    bent = 0.5 + room * np.tanh((size - 0.5) / room)
    return (np.sign(wave) * np.where(size > 0.5, bent, size)).astype(np.float32)


def _recorded(wave: Wave, room: Wave, draws: Draws) -> Wave:
    """Room and microphone; the level heard becomes 1."""
    size = next_fast_len(len(wave) + len(room), real=True)
    spectrum = rfft(wave, size) * rfft(room, size) * _response(bins_hz(size), draws)
    heard = np.asarray(irfft(spectrum, size)[: len(wave)])
    heard /= max(heard_rms(heard), 1e-9)
    if draws.chance("clips", 0.25):
        limit = draws.ratio("clips_at", 1.8, 5.0)
        heard = np.tanh(heard / limit)
        heard /= max(heard_rms(heard), 1e-9)
    return heard


def _response(hz: Wave, draws: Draws) -> Wave:
    """The gain of a microphone: a band, a slope and one broad peak or dip."""
    octave = np.log2(np.maximum(hz, 30.0) / 1_000)
    decibels = draws.number("slope_db", -2.0, 2.0) * octave
    centre = np.log2(draws.ratio("peak_hz", 250.0, 5_000.0) / 1_000)
    decibels += draws.number("peak_db", -8.0, 8.0) * np.exp(-((octave - centre) ** 2))
    high_hz = draws.ratio("top_hz", 3_400.0, 7_000.0) if draws.chance("narrow", 0.3) else 7_800.0
    return np.asarray(10 ** (decibels / 20) * soft_band(hz, draws.ratio("bottom_hz", 25.0, 220.0), high_hz))


def _noise(samples: int, draws: Draws) -> Wave:
    """Noise of one of the usual colours, so much quieter than a level of 1."""
    slope_db = {"white": 0.0, "pink": -3.0, "brown": -6.0}[draws.one("kind", ("white", "pink", "brown"))]
    slope_db += draws.number("slope_db", -0.8, 0.8)
    snr_db = draws.number("snr_db", 5.0, 40.0)
    return noise(draws.random, samples, slope_db, low_hz=40.0) * 10 ** (-snr_db / 20)


def _mains_buzz(samples: int, draws: Draws) -> Wave:
    """A badly shielded cable: the hum of the mains and the thin whine of its supply, whose pitches never change."""
    number = np.arange(1.0, 60.0)
    amplitudes = np.where(number % 2 == 1, 1.0, 0.5) / number ** draws.number("slope", 0.7, 1.2)
    hum = turned(period(amplitudes), phase(MAINS_HZ, samples, draws.random.random()))
    whine = tone(SUPPLY_HZ, samples) * draws.ratio("whine", 0.3, 0.6)
    return unit(hum + whine) * 10 ** (draws.number("level_db", -12.0, -4.0) / 20)
