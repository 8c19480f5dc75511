"""Exact effects: edits of a clip go through the layers after the tap and the readout, and are held against its own row.

Batches have one shape, and their first row is never edited. So an edit of nothing has no effect, to the last bit, and
what is measured does not depend on which edits go together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from atlas.effects.clips import TappedClip, TappedModel
from atlas.effects.edits import Edit
from atlas.effects.outcomes import Heard
from atlas.readouts.base import AttendingReadout, Utterance

ROWS = 8
"of a batch, the unedited one among them"


@dataclass(frozen=True, slots=True)
class EditedBatch:
    """Edits of a clip that went through the model together; the first row is the unedited clip."""

    encoded: Tensor
    "[rows, frames, width], what the encoder gives"
    heard: Heard


@torch.no_grad()
def edited_batches(
    model: TappedModel,
    clip: TappedClip,
    edits: Sequence[Edit],
    reference: Utterance | None = None,
) -> Iterator[EditedBatch]:
    """Edits in order, ROWS - 1 at a time; and a text of the corpus to ask about, too.

    An edit may make the model say what is no number: `Heard.finite` tells.
    """
    for start in range(0, len(edits), ROWS - 1):
        batch = edits[start : start + ROWS - 1]
        rows, entering = clip.rows(ROWS)
        for row, edit in enumerate(batch, start=1):
            rows[row, torch.from_numpy(edit.frames)] += edit.change.to(rows)
        device = model.encoder.device
        within = None if entering is None else entering.to(device)
        encoded = model.encoder.resume(model.tap, rows.to(device), within)
        yield EditedBatch(encoded, _heard(model, clip, encoded, reference))


def heard_edits(model: TappedModel, clip: TappedClip, edits: Sequence[Edit]) -> Iterator[tuple[Heard, int]]:
    """Of each edit, in order: what is said in its batch, and its row there."""
    for number, batch in enumerate(edited_batches(model, clip, edits)):
        rows = min(ROWS - 1, len(edits) - number * (ROWS - 1))
        yield from ((batch.heard, row) for row in range(1, rows + 1))


def _heard(model: TappedModel, clip: TappedClip, encoded: Tensor, reference: Utterance | None) -> Heard:
    readout, utterance = model.readout, clip.utterance
    if readout is None:
        return Heard.of(utterance, encoded, clip.valid)
    if reference is None or reference.tokens == utterance.tokens:
        said = readout.said(encoded, utterance)
        read = None if reference is None else said
    elif isinstance(readout, AttendingReadout):
        said, read = readout.said_of_both(encoded, utterance, reference)
    else:
        said, read = readout.said(encoded, utterance), readout.said(encoded, reference)
    return Heard.of(utterance, encoded, clip.valid, said, read)
