"""The words of a bundle: what a captioning model is asked, and what its README says. No labels: those would lead."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from atlas.explain.snippets import CaptionSnippet
from atlas.formatting import percent

"stands for the explanation in the question about held-out clips"

_EXPLAIN = """\
An audio model was taken apart into features. A feature is a detector: at each moment it is silent or active, more or \
less strongly. Listen to the sounds below and find out what one feature detects.

It is active in these. A strength is a share of the strongest that it ever was; times are where it is strong.
{firing}

It stays silent in these.
{quiet}

Say in one sentence of at most 20 words what can be heard where it is active and not where it is silent. Name the \
sound, not the files. If they have nothing in common that you can hear, answer: no common sound. Answer with the \
sentence alone.
"""

_DETECT = """\
A feature of an audio model is described as follows: {text}

In which of these clips would it be active?
{clips}

Answer with the names of those clips alone, separated by spaces. It may be any number of them.
"""

README = """\
# Features to be explained

`prompts.jsonl` has a line for each feature, which names sounds by their path in this folder. To explain features with
any model that listens:

1. Ask `prompt`, with the sounds that `audio` lists. The answer is the `text`.
2. In a new conversation, ask `detect` with that text in the place of {text}, and with the sounds that `held_out` lists.
   The names in the answer are what it `fires` in. This step is optional, and left out where `detect` is null.
3. Write a line for each feature into `answers.jsonl`, in this folder:

       {"dictionary": "block2", "feature": 1234, "author": "your-model 1.0", "text": "a siren", "fires": ["clip2"]}

`atlas import explanations ATLAS answers.jsonl` takes them into the atlas. Where a line says `fires`, it is scored by
balanced accuracy against `key.jsonl`, which no model should see: .5 is chance, 1 is perfect. A feature has at most ten
held-out clips, so that one score says little and the mean of many says much. A model's answers replace what the same
`author` said of the same dictionary before.

The sounds are cut from the corpus whatever its licences allow. They are for use on this machine: do not pass them on.
"""


def explanation(firing: Mapping[str, CaptionSnippet], quiet: Mapping[str, CaptionSnippet]) -> str:
    """What is asked first; sounds by the names of their files."""
    active = "\n".join(f"- {name}: {_where(snippet)}" for name, snippet in firing.items())
    silent = "\n".join(f"- {name}" for name in quiet) or "- (there is no such sound)"
    return _EXPLAIN.replace("{firing}", active).replace("{quiet}", silent)


def detection(held_out: Sequence[str]) -> str:
    """What is asked then; `{text}` is left for the explanation."""
    return _DETECT.replace("{clips}", "\n".join(f"- {Path(name).stem}: {name}" for name in held_out))


def _where(snippet: CaptionSnippet) -> str:
    spans = ", ".join(f"{start_s:.2f} to {end_s:.2f} s" for start_s, end_s in snippet.spans)
    return f"strength {percent(snippet.share)}, at {spans}" if spans else f"strength {percent(snippet.share)}"
