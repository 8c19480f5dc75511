"""Figures for papers: what stands in them, in every format, and what is said where one cannot be drawn."""

import io
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pypdf import PdfReader

from atlas.cli import main
from atlas.config.site import SiteConfig
from atlas.publish.figures import named, pdf_of, png_of, svg_of
from atlas.render.figure.drawing import POINTS_A_MM, FigureLook, PaperFigure, figure_of
from atlas.render.figure.metrics import fitted, width_of, wrapped
from atlas.render.figure.panels import scaled
from atlas.render.numbers import plain
from atlas.render.pages.feature import feature_view
from atlas.render.site import SiteAtlas
from atlas.render.templating import site_of
from atlas.schema.media import picture_path
from tests.render.sites import opened
from tests.synthetic import Spec, write_atlas

BASE = "https://example.org/atlas/"
SPEC = Spec(features=48, clips=48, annotated=True)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return opened(tmp_path_factory.mktemp("figures"), SPEC, SiteConfig(base_url=BASE))


def feature_in(atlas: SiteAtlas, state: str) -> int:
    """The first feature of a state."""
    return int(atlas.table("features", "block2").filter(pl.col("state") == state)["feature"][0])


def texts(figure: PaperFigure) -> list[str]:
    """Each text of the figure, in order."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(figure.drawn).iter(f"{SVG}text")]


def test_a_figure_shows_what_the_page_of_its_feature_shows(atlas: SiteAtlas) -> None:
    live = feature_in(atlas, "live")
    view = feature_view(atlas, site_of(atlas), atlas.dictionary("block2", live, live + 1), live)
    figure = figure_of(atlas, [("block2", live)], FigureLook())
    shown = texts(figure)
    pictures = [node.get("href", "") for node in ElementTree.fromstring(figure.drawn).iter(f"{SVG}image")]

    assert shown[0] == fitted(view.title, 8, 140)
    assert [text for text in shown if text.startswith("peak ")] == [
        f"peak {example.value}" for example in view.groups[0].examples[:3]
    ]
    assert len(pictures) == 3
    assert all(picture.startswith("data:image/png;base64,") for picture in pictures)
    assert view.evidence is not None
    assert [bar.value for bar in view.evidence.bars if bar.value not in shown] == []
    assert "".join(shown[-2:]).endswith(f"example.org/atlas/f/block2/{live}.html?v={atlas.fingerprint('block2')}")


def test_words_stand_under_the_traces_and_never_on_each_other(atlas: SiteAtlas) -> None:
    features = [("block2", number) for number in range(24)]
    tree = ElementTree.fromstring(figure_of(atlas, features, FigureLook(columns=4)).drawn)
    lines: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for place, cell in enumerate(tree.findall(f"{SVG}g")):
        for node in cell.iter(f"{SVG}text"):
            if {"word", "phone"} & set(node.get("class", "").split()):
                half = width_of("".join(node.itertext()), 6) / 2
                middle = float(node.get("x", ""))
                lines.setdefault((place, node.get("y", "")), []).append((middle - half, middle + half))

    assert lines, "some feature is heard in speech"
    for spans in lines.values():
        assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_a_pdf_is_as_wide_as_a_column_with_its_text_and_its_link(atlas: SiteAtlas) -> None:
    live = feature_in(atlas, "live")
    content = pdf_of(figure_of(atlas, [("block2", live)], FigureLook()))
    (page,) = PdfReader(io.BytesIO(content)).pages
    (annotation,) = [reference.get_object() for reference in page["/Annots"]]

    assert float(page.mediabox.width) == pytest.approx(85 * POINTS_A_MM, abs=0.01)
    assert f"example.org/atlas/f/block2/{live}.html" in page.extract_text()
    assert "Active frames by value" in page.extract_text()
    assert annotation["/A"]["/URI"] == f"{BASE}f/block2/{live}.html?v={atlas.fingerprint('block2')}"
    left, bottom, right, top = map(float, annotation["/Rect"])
    assert 0 <= left < right <= page.mediabox.width
    assert 0 <= bottom < top < 20


def test_each_feature_of_a_grid_has_its_letter_and_its_link(atlas: SiteAtlas) -> None:
    features = [("block2", number) for number in (1, 2, 3)]
    figure = figure_of(atlas, features, FigureLook(columns=2))
    first, second, third = figure.links

    assert [text for text in texts(figure) if re.fullmatch(r"\([a-z]\)", text)] == ["(a)", "(b)", "(c)"]
    assert [link.address.partition("?")[0] for link in figure.links] == [f"{BASE}f/block2/{n}.html" for n in (1, 2, 3)]
    assert figure.width == pytest.approx(177 * POINTS_A_MM)
    assert first.top == second.top < third.top
    assert first.left == third.left < second.left


def test_a_png_has_the_size_of_print_and_a_white_ground(atlas: SiteAtlas) -> None:
    picture = Image.open(io.BytesIO(png_of(figure_of(atlas, [("block2", 1)], FigureLook(width_mm=100)))))

    assert picture.width == pytest.approx(100 / 25.4 * 600, abs=1)
    assert picture.info["dpi"] == pytest.approx((600, 600), abs=0.1)
    assert picture.getpixel((picture.width - 1, picture.height - 1)) == (255, 255, 255)


@pytest.mark.parametrize("convert", [pdf_of, svg_of, png_of])
def test_a_figure_that_is_drawn_again_has_the_same_bytes(atlas: SiteAtlas, convert: object) -> None:
    assert callable(convert)
    drawn = {convert(figure_of(atlas, [("block2", 1)], FigureLook())) for _ in range(4)}

    assert len(drawn) == 1


def test_an_svg_says_its_size_in_millimetres(atlas: SiteAtlas) -> None:
    figure = figure_of(atlas, [("block2", 1)], FigureLook())
    root = ElementTree.fromstring(svg_of(figure))

    assert root.get("width") == "85mm"
    assert root.get("viewBox") == f"0 0 {plain(figure.width)} {plain(figure.height)}"


def test_of_a_dead_feature_the_figure_says_so(atlas: SiteAtlas) -> None:
    figure = figure_of(atlas, [("block2", feature_in(atlas, "dead"))], FigureLook())

    assert "This feature never fires on this corpus." in texts(figure)
    assert "<image" not in figure.drawn


def test_what_labels_say_is_escaped_and_fits(tmp_path: Path) -> None:
    atlas = opened(tmp_path, Spec(features=48, clips=48, annotated=True, hostile=True), SiteConfig(base_url=BASE))
    figure = figure_of(atlas, [("block2", number) for number in range(48)], FigureLook(columns=4))

    assert "<script" not in figure.drawn
    assert [text for text in texts(figure) if width_of(text, 6) > 85 * POINTS_A_MM] == []
    assert pdf_of(figure).startswith(b"%PDF")


def test_a_clip_without_a_picture_leaves_a_blank_that_says_so(tmp_path: Path) -> None:
    atlas = opened(tmp_path, SPEC)
    live = feature_in(atlas, "live")
    clip = atlas.examples("block2", live).filter(pl.col("group") == "top", pl.col("rank") == 1)["clip"][0]
    picture_path(tmp_path, atlas.clip_rows[clip]["key"]).unlink()

    assert texts(figure_of(atlas, [("block2", live)], FigureLook())).count("no spectrogram of this clip") == 1


def test_an_address_is_broken_behind_its_slashes() -> None:
    address = "a-long-name.example.org/with/folders/f/block2/1234.html?v=ab12cd34-99ee88ff"

    lines = wrapped(address, 6, 120)

    assert "".join(lines) == address
    assert all(width_of(line, 6) <= 120 for line in lines)
    assert all(line[-1] in "/?" for line in lines[:-1])


def test_a_path_in_other_units_is_the_same_outline() -> None:
    assert scaled("M0 100v-50h10v25h10v25", 0.5, 0.1, 3, 2) == "M3 12v-5h5v2.5h5v2.5"


CONFIG = """title = "T"
[corpus]
folders = { speech = "." }
[encoder]
model = "tiny.en"
[[dictionary]]
name = "block2"
tap = "encoder.blocks.2"
kind = "identity"
density = 0.01
"""


def run(folder: Path, *arguments: str, spec: Spec = SPEC, site: str = "") -> Result:
    """The command on a made-up atlas."""
    write_atlas(folder / "atlas", spec)
    config = folder / "config.toml"
    config.write_text(CONFIG + site)
    return CliRunner().invoke(main, ["figure", str(config), *arguments, "--out", str(folder / "atlas")])


def test_the_command_says_what_it_drew_and_that_there_is_no_address(tmp_path: Path) -> None:
    to = tmp_path / "fig.pdf"
    result = run(tmp_path, "block2/1", "block2/1", "-o", str(to))

    assert result.exit_code == 0, result.output
    assert re.fullmatch(rf"figure     1 feature, 85 x \d+ mm, \d+ kB; it is {re.escape(str(to))}\n", result.stdout)
    assert (
        result.stderr == "the figure has no address: set [site] base_url in the config to where the site is published\n"
    )
    assert PdfReader(to).metadata == {"/Title": f"{opened_title(tmp_path)}: block2/1"}


def opened_title(folder: Path) -> str:
    from atlas.reading.opening import open_atlas

    return open_atlas(folder / "atlas").title


def test_of_a_control_without_a_page_it_is_said_what_its_address_shows(tmp_path: Path) -> None:
    site = f'[site]\nbase_url = "{BASE}"\n'
    result = run(tmp_path, "block2-random/47", "-o", str(tmp_path / "fig.svg"), site=site)

    assert result.exit_code == 0, result.output
    assert "block2-random/47: a direction of a control, whose page at this address says little more" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("block2/48", "-o", "fig.pdf"), "block2/48: block2 has features from 0 to 47"),
        (("other/1", "-o", "fig.pdf"), "other/1: expected a dictionary, a slash and a number"),
        (("block2/²", "-o", "fig.pdf"), "block2/²: block2 has features from 0 to 47"),
        (("block2/1", "-o", "fig.eps"), "fig.eps: a figure is written as .pdf, .svg or .png"),
        (("block2/1", "-o", "nowhere/fig.pdf"), "nowhere/fig.pdf: cannot be written (No such file or directory)"),
        (("block2/1", "-o", "fig.pdf", "--width-mm", "50"), "--width-mm 50: leaves 50 mm for a feature"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run(tmp_path, *arguments)

    assert result.exit_code == 1
    assert said in result.stderr
    assert not list(tmp_path.glob("fig.*"))


def test_an_atlas_without_pictures_is_refused_and_the_stage_is_named(tmp_path: Path) -> None:
    result = run(tmp_path, "block2/1", "-o", str(tmp_path / "fig.pdf"), spec=Spec(features=48, clips=48, media=False))

    assert result.exit_code == 1
    assert "there are no spectrograms, and a figure shows them; `atlas media CONFIG` makes them" in result.stderr


def test_every_mistaken_name_is_told_at_once(atlas: SiteAtlas) -> None:
    with pytest.raises(Exception, match=r"(?s)block2/99.*block9/1"):
        named(atlas, ["block2/1", "block2/99", "block9/1"])
