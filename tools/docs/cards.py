"""`python -m tools.docs.cards TITLE=ATLAS ...`: the cards of dictionaries, as docs/statistics.md shows them.

ATLAS is the folder of a finished atlas. What is written is what its pages show: the figures that tell a dictionary from
its controls, of all features and of as many as the controls have.
"""

from collections.abc import Iterator
from pathlib import Path

import click

import atlas
from atlas.reading.tables import Atlas
from atlas.render.parts.cards import CONTROL_WORDS, HEADLINE, CardValue, card_figures, drawn_count
from atlas.render.parts.conclusions import conclusions

CARDS = Path(__file__).parent / "statistics-cards.md"


def cards(title: str, made: Atlas) -> Iterator[str]:
    """The lines of one atlas: of each dictionary that has controls, its conclusions and its table."""
    yield f"### {title}\n"
    for name, card in made.dictionaries.items():
        controls = made.controls_of(name)
        if card.control_of or not controls:
            continue
        drawn = drawn_count(made, name)
        yield f"{' '.join(conclusions(made, name))}\n"
        heads = [f"{name}, {card.features:,} features", *([f"{drawn} of them"] if drawn else [])]
        heads += [CONTROL_WORDS[kind] for kind in controls]
        yield f"| figure | {' | '.join(heads)} |"
        yield f"|---|{'---|' * len(heads)}"
        for figure in card_figures(made, name):
            if figure.definition.key.partition("/")[0] in HEADLINE:
                values = [figure.value, *([figure.drawn] if drawn else []), *figure.controls]
                yield f"| {figure.definition.name} | {' | '.join(map(_told, values))} |"
        yield ""


def _told(value: CardValue) -> str:
    text = f"{value.text} of {value.among}" if value.among else value.text
    return f"{text} ({value.interval})" if value.interval else text


@click.command()
@click.argument("atlases", nargs=-1, required=True)
def main(atlases: tuple[str, ...]) -> None:
    """Write the cards of these atlases."""
    pairs = [one.partition("=") for one in atlases]
    lines = [line for title, _, folder in pairs for line in cards(title, atlas.open(folder))]
    CARDS.write_text("\n".join(lines), encoding="utf-8")
    click.echo(f"tools/docs/{CARDS.name}; now run `python -m tools.docs`")


if __name__ == "__main__":
    main()
