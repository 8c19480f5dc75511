"""A clip of an atlas with its sound: from the corpus where that is at hand, else from the atlas's own media."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import soundfile

from atlas.errors import AtlasError, AudioProblem
from atlas.schema.media import BUDGET, LEAD_S, LICENCE

if TYPE_CHECKING:
    from atlas.audio.samples import Samples

Locate = Callable[[str], str]
"""from `clips.path` to the file"""

DROPPED = 529  # samples that libmpg123 leaves out at the beginning of a file with an Info tag
_REASONS = {LICENCE: "its licence does not allow that", BUDGET: "[media] budget_mb was reached"}


@dataclass(frozen=True, slots=True)
class ClipSound:
    """Decoded samples, and where they come from."""

    samples: "Samples"  # [samples], mono
    rate_hz: int
    source: Literal["corpus", "media"]
    "media: MP3 of 24 kb/s with its change of loudness undone"


@dataclass(frozen=True, eq=False)
class AtlasClip:
    """One clip."""

    number: int
    row: Mapping[str, Any]
    "its row of `Atlas.clips`"
    corpus_file: str | None
    media_file: Path | None

    def __repr__(self) -> str:
        length = self.row["problem"] or f"{self.row['duration_s']:.2f} s"
        return f"<clip {self.number}: {self.row['path']}, {length}, {self.row['domain']}>"

    @property
    def samples(self) -> "Samples":
        """The sound, mono, at `sound.rate_hz`."""
        return self.sound.samples

    @cached_property
    def sound(self) -> ClipSound:
        """The sound, exact from the corpus where the atlas was opened with its config; else as it was published."""
        if self.row["problem"] is not None:
            raise AtlasError(f"clip {self.number} ({self.row['path']}): cannot be heard: {self.row['problem']}")
        if self.corpus_file is not None:
            return self._from_corpus(self.corpus_file)
        if self.media_file is not None:
            return self._from_media(self.media_file)
        reason = _REASONS.get(self.row["reason"], "no example uses the clip, or `atlas media` has not run")
        raise AtlasError(
            f"clip {self.number} ({self.row['path']}): its sound is not in the atlas, as {reason}; where the corpus is"
            " at hand, open the atlas with config="
        )

    def _from_corpus(self, file: str) -> ClipSound:
        from atlas.audio.samples import RATE_HZ, read_sound  # here, as its compiler takes a second to import

        try:
            samples = read_sound(file, self.row["offset_s"], self.row["duration_s"]).samples
        except AudioProblem as problem:
            raise AtlasError(
                f"clip {self.number} ({file}): {problem}; open the atlas without config= to hear what it holds itself"
            ) from None
        return ClipSound(samples, RATE_HZ, "corpus")

    def _from_media(self, file: Path) -> ClipSound:
        try:
            decoded, rate_hz = soundfile.read(file, dtype="float32")
        except (soundfile.LibsndfileError, OSError) as error:
            raise AtlasError(f"{file}: cannot be decoded ({error}); run `atlas media` again") from None
        first = round(LEAD_S * rate_hz) - DROPPED
        length = round(self.row["duration_s"] * rate_hz)
        gain = np.float32(10 ** (self.row["gain_db"] / 20))
        return ClipSound(decoded[first : first + length] / gain, rate_hz, "media")
