"""What instruments and sounds are made of: noises, curves, envelopes, tones, resonances; all at one rate, in numpy."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import lfilter

from tools.demo.scenes.scene import RATE_HZ, Samples

Wave = NDArray[np.float64]  # [samples]

TABLE = 2_048  # samples of one period
TOP_HZ = 7_200.0  # no harmonic above


def seconds(samples: int) -> Wave:
    """The time of each of so many samples."""
    return np.arange(samples) / RATE_HZ


def samples_of(time_s: float) -> int:
    return max(1, round(time_s * RATE_HZ))


def noise(random: Generator, samples: int, slope_db: float = 0.0, low_hz: float = 20.0, high_hz: float = 8_000) -> Wave:
    """Noise of unit power between two frequencies with a slope in dB an octave: -3 is pink, -6 is brown."""
    size = next_fast_len(samples, real=True)
    spectrum = rfft(random.standard_normal(size, np.float32))
    hz = bins_hz(size)
    gain = np.maximum(hz, 20.0) ** (slope_db / 6.02)
    gain *= soft_band(hz, low_hz, high_hz)
    return unit(irfft(spectrum * gain, size)[:samples])


def bins_hz(size: int) -> Wave:
    """The frequencies of the real Fourier transform of so many samples."""
    return np.asarray(np.arange(size // 2 + 1) * (RATE_HZ / size), np.float64)


def soft_band(hz: Wave, low_hz: float, high_hz: float) -> Wave:
    """The gain of a band whose edges fall by 24 dB an octave."""
    with np.errstate(divide="ignore"):
        return np.asarray(1 / np.sqrt((1 + (low_hz / np.maximum(hz, 1e-3)) ** 8) * (1 + (hz / high_hz) ** 8)))


def filtered(wave: Wave, low_hz: float, high_hz: float) -> Wave:
    """A wave between two frequencies, without shift in time."""
    size = next_fast_len(len(wave) + RATE_HZ // 10, real=True)
    gain = soft_band(bins_hz(size), low_hz, high_hz)
    return np.asarray(irfft(rfft(wave, size) * gain, size)[: len(wave)])


def resonance(wave: Wave, hz: float, width_hz: float) -> Wave:
    """A wave through one resonator, about as loud at its frequency as before."""
    radius = np.exp(-np.pi * width_hz / RATE_HZ)
    angle = 2 * np.pi * hz / RATE_HZ
    gain = (1 - radius) * np.sqrt(1 - 2 * radius * np.cos(2 * angle) + radius * radius)
    return np.asarray(lfilter([gain], [1.0, -2 * radius * np.cos(angle), radius * radius], wave))


def unit(wave: Wave) -> Wave:
    """A wave with the power of one."""
    return wave / max(float(np.sqrt(np.mean(np.square(wave)))), 1e-9)


def wander(random: Generator, samples: int, rate_hz: float) -> Wave:
    """A smooth random curve of about unit spread that turns so many times a second."""
    points = int(samples / RATE_HZ * rate_hz) + 4
    knots = random.standard_normal(points) * 1.2
    places = np.arange(samples) * (rate_hz / RATE_HZ) + random.random()
    left = places.astype(np.intp)
    share = places - left
    share = share * share * (3 - 2 * share)
    return np.asarray(knots[left] * (1 - share) + knots[left + 1] * share)


def phase(hz: Wave | float, samples: int, start: float = 0.0) -> Wave:
    """Periods passed at each sample, for a frequency that may change."""
    steps = np.broadcast_to(np.asarray(hz, np.float64) / RATE_HZ, samples)
    return np.cumsum(steps) + start


def tone(hz: Wave | float, samples: int, start: float = 0.0) -> Wave:
    return np.sin(2 * np.pi * phase(hz, samples, start))


def period(amplitudes: Wave) -> Wave:
    """One period whose harmonics have these amplitudes, with phases that keep it flat."""
    number = np.arange(1, len(amplitudes) + 1)
    spectrum = np.zeros(TABLE // 2 + 1, np.complex128)
    count = min(len(amplitudes), TABLE // 2 - 1)
    spectrum[1 : count + 1] = (amplitudes * np.exp(1j * np.pi * number * number / max(count, 1)))[:count]
    return unit(irfft(spectrum, TABLE))


def harmonics(hz: float) -> Wave:
    """The numbers of the harmonics that fit below the top."""
    return np.arange(1.0, max(2, int(TOP_HZ / hz) + 1))


def turned(table: Wave, phases: Wave) -> Wave:
    """A period read at these phases."""
    places = np.mod(phases, 1.0) * TABLE
    left = places.astype(np.intp) % TABLE
    share = places - np.floor(places)
    return np.asarray(table[left] * (1 - share) + table[(left + 1) % TABLE] * share)


def decay(samples: int, time_s: float) -> Wave:
    """Falls to 1/e in a time, after a start too short to click."""
    curve = np.exp(-np.arange(samples) / (time_s * RATE_HZ))
    start = min(16, samples)
    curve[:start] *= np.linspace(0, 1, start)
    return faded(curve, 0.0, min(0.01, samples / RATE_HZ / 4))


def faded(wave: Wave | Samples, in_s: float, out_s: float) -> Wave:
    """A wave with rounded slopes at its ends."""
    result = wave.astype(np.float64)
    first, last = (min(samples_of(time_s), len(wave)) for time_s in (in_s, out_s))
    result[:first] *= np.sin(np.linspace(0, np.pi / 2, first)) ** 2
    result[len(wave) - last :] *= np.cos(np.linspace(0, np.pi / 2, last)) ** 2
    return result


def add(out: Wave, event: Wave, at_s: float) -> None:
    """Add an event to a longer wave; what does not fit is lost."""
    start = round(at_s * RATE_HZ)
    skipped = max(0, -start)
    fits = min(len(event) - skipped, len(out) - max(0, start))
    if fits > 0:
        out[max(0, start) : max(0, start) + fits] += event[skipped : skipped + fits]


def moments(random: Generator, length_s: float, interval_s: float, spread: float) -> Wave:
    """Times that follow each other in an interval, a share of which is random; the first comes soon."""
    count = int(length_s / interval_s * 2) + 4
    gaps = interval_s * (1 + spread * random.uniform(-1, 1, count))
    times = np.cumsum(gaps) - gaps[0] + random.uniform(0, min(interval_s, 0.3))
    return np.asarray(times[times < length_s])


def arrivals(random: Generator, length_s: float, rate_hz: float) -> Wave:
    """Times that know nothing of each other, so many a second on average."""
    return np.sort(random.uniform(0, length_s, random.poisson(length_s * rate_hz)))
