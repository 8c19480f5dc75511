"""`python -m tools.demo.captions ATLAS`: explanations of the demo's features by a program that knows what was planted.

The program gets what a captioning model gets: the clips in which a feature fires most, and silent ones. It does not
hear them, but knows what was planted in each, and says what those that fire have in common and the silent ones lack.
Then it is asked of held-out clips, and scored like any model. ATLAS is the folder of the demo's tables.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

import click

import atlas
from atlas.demo.embedded import FILES
from atlas.explain.answer_keys import AnswerKey, score
from atlas.explain.bundle import chosen_features, snippets
from atlas.explain.snippets import CaptionSnippet, CaptionSnippets
from atlas.reading.tables import Atlas

CAPTIONS = FILES / "explanations.jsonl"
AUTHOR = "a program that knows what was planted"
FEATURES = 60  # of each dictionary, those of surest labels first

Planted = Mapping[int, Set[str]]
"""clip -> what was planted in it"""


def planted_in(made: Atlas) -> dict[int, set[str]]:
    """What the corpus says of each clip: its labels, its language, its domain."""
    rows = made.clips.select("clip", "labels", "language", "domain").iter_rows()
    return {
        clip: {*(labels or ()), *([f"{language} speech"] if language else []), domain}
        for clip, labels, language, domain in rows
    }


def captions(made: Atlas, features: Sequence[tuple[str, int]]) -> Iterator[dict[str, object]]:
    """A row for each feature that can be scored."""
    planted = planted_in(made)
    for heard in snippets(made, features):
        common = in_common(heard, planted)
        if common is None or not heard.held_out:
            continue
        share = sum(common in planted[snippet.clip] for snippet in heard.firing)
        yield {
            "dictionary": heard.dictionary,
            "feature": heard.feature,
            "author": AUTHOR,
            "text": f"{common}, planted in {share} of the {len(heard.firing)} clips where it fires most",
            "score": round(detection_score(heard, common, planted), 3),
        }


def in_common(heard: CaptionSnippets, planted: Planted) -> str | None:
    """What most of the firing clips have, and fewest of the silent ones; None where nothing is more frequent."""
    firing, quiet = ([planted[snippet.clip] for snippet in some] for some in (heard.firing, heard.quiet))

    def excess(word: str) -> tuple[float, str]:
        return _share(word, firing) - _share(word, quiet), word

    best = max(map(excess, set().union(*firing)), default=(0.0, ""))
    return best[1] if best[0] > 0 else None


def detection_score(heard: CaptionSnippets, caption: str, planted: Planted) -> float:
    """Balanced accuracy on held-out clips of naming those with the caption: the AUROC of that answer."""
    names = {str(number): snippet for number, snippet in enumerate(heard.held_out)}
    key = AnswerKey(heard.dictionary, heard.feature, {name: _fires(snippet) for name, snippet in names.items()})
    return score(key, {name for name, snippet in names.items() if caption in planted[snippet.clip]})


def _fires(snippet: CaptionSnippet) -> bool:
    return snippet.share > 0


def _share(word: str, clips: Sequence[Set[str]]) -> float:
    return sum(word in clip for clip in clips) / len(clips) if clips else 0.0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Write the explanations that the demo brings along."""
    made = atlas.open(folder)
    rows = []
    for name, card in made.dictionaries.items():
        if not card.control_of:
            rows += list(captions(made, chosen_features(made, [name], FEATURES)))
    CAPTIONS.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    scores = [float(str(row["score"])) for row in rows]
    click.echo(f"{len(rows)} explanations, mean score {sum(scores) / len(scores):.3f}")


if __name__ == "__main__":
    main()
