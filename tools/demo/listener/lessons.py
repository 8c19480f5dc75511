"""The loss: how wrong the heads are about a batch.

Each taught block answers for every valid frame: which phone it is, and which tags its clip has. Phones have times in
the truth, and a feature that is shown on a time axis should fire where its phone is, so frames are judged one by one;
CTC alone lets the network spell anywhere in the neighbourhood. It is kept at a small weight on the last block. In a
second course, what a block puts out shall be the echo of its answers, each along a direction of its own, and little
else: so a dictionary has single directions to find, as it supposes, and the demo's truth can be found in it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.demo.listener.network import Answers
from tools.demo.listener.targets import spelling
from tools.demo.listener.trainingset import NOT_VALID, Batch

NO_PHONE_WEIGHT = 0.2  # most frames of the corpus have no phone
TAGS_WEIGHT = 0.25  # against phones, of a frame's loss summed over tags
SPELLING_WEIGHT = 0.1


def loss_of(answers: list[Answers], spelled: Tensor, batch: Batch, echo: float = 0.0) -> Tensor:
    """The loss of a batch: the mean over taught blocks, and the spelling of the last.

    echo: the weight of that lesson.
    """
    losses = [_phone_loss(one, batch) + TAGS_WEIGHT * _tag_loss(one, batch) for one in answers]
    if echo:
        losses += [echo * astray(one, batch) for one in answers]
    return sum(losses, torch.zeros(())) / len(answers) + SPELLING_WEIGHT * _spelling_loss(spelled, batch)


def _phone_loss(answers: Answers, batch: Batch) -> Tensor:
    weights = torch.ones(answers.phones.shape[-1])
    weights[0] = NO_PHONE_WEIGHT
    return F.cross_entropy(answers.phones.transpose(1, 2), batch.phones, weights, ignore_index=NOT_VALID)


def _tag_loss(answers: Answers, batch: Batch) -> Tensor:
    valid = (batch.phones != NOT_VALID).float()
    wanted = batch.tags[:, None].expand_as(answers.tags)
    losses = F.binary_cross_entropy_with_logits(answers.tags, wanted, reduction="none").sum(-1)  # [windows, frames]
    by_window = (losses * valid).sum(1) / valid.sum(1)
    return by_window.mean()


def astray(answers: Answers, batch: Batch) -> Tensor:
    """How far what a block puts out on valid frames, around its mean, is from its echo: 1 less their cosine."""
    valid = batch.phones != NOT_VALID
    heard, echo = answers.heard[valid], answers.echo[valid]
    return 1 - F.cosine_similarity((heard - heard.mean(0)).flatten(), (echo - echo.mean(0)).flatten(), dim=0)


def _spelling_loss(spelled: Tensor, batch: Batch) -> Tensor:
    """CTC over the windows in which somebody speaks."""
    words = [spelling(phones.numpy()) for phones in batch.phones.clamp(min=0)]
    speaking = [row for row, word in enumerate(words) if len(word)]
    if not speaking:
        return spelled.sum() * 0
    logs = F.log_softmax(spelled[speaking], -1).transpose(0, 1)
    lengths = (batch.phones[speaking] != NOT_VALID).sum(1)
    targets = torch.cat([torch.from_numpy(words[row]) for row in speaking])
    return F.ctc_loss(logs, targets, lengths, torch.tensor([len(words[row]) for row in speaking]), zero_infinity=True)
