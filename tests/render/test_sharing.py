"""`data/citing.js` and `atlas.sty`: what they say of the site; papers in LaTeX, whose links are read from the PDF."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atlas.config.site import CiteConfig, SiteConfig
from atlas.render.pages import sharing
from atlas.render.site import SiteAtlas
from atlas.render.templating import site_of
from tests.render.sites import opened
from tests.synthetic import Spec

SPEC = Spec(features=48, clips=60)
BASE = "https://u~me.github.io/a_b/100%25/"
SETTINGS = SiteConfig(base_url=BASE, redirects={"old_2": "block2"})
CITE = CiteConfig.model_validate({"authors": ["Doe, Jane"], "year": 2026, "doi": "10.5281/zenodo.1"})
PAPER = r"""\documentclass{article}
\usepackage[qr]{atlas}
\usepackage[colorlinks]{hyperref}
\begin{document}
\section{About \feature{block2}{0}}
\feature{block2}{1} \feature[the sound s, z]{block2}{2} \feature[label={a, b = c}]{old_2}{3}

\feature[qr]{block2}{4} \feature[qr=2cm]{block2-random}{5}

Note.\footnote{See \feature{block2}{6}.} \feature[$x=1$ \emph{on}]{block2}{7}
\feature{nope}{8} \feature{block2}{99}
\end{document}
"""


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> SiteAtlas:
    return replace(opened(tmp_path_factory.mktemp("atlas"), SPEC, SETTINGS), cite=CITE)


def said(atlas: SiteAtlas) -> dict[str, Any]:
    """What scripts get."""
    text = str(dict(sharing.pages(atlas))["data/citing.js"])
    match = re.fullmatch(r"\(window\.atlas = window\.atlas \|\| \{\}\)\.citing = (.+);\n", text)
    assert match
    content: dict[str, Any] = json.loads(match[1])
    return content


def test_scripts_know_whose_features_a_site_shows(atlas: SiteAtlas) -> None:
    content = said(atlas)
    cards, figures = atlas.card.dictionaries, atlas.figures_by_name

    assert content["dictionaries"] == {
        "block2": [
            cards["block2"].identity,
            48,
            "data/vectors/block2.safetensors",
            "f/block2/{feature}.json",
            figures["block2"],
        ],
        "block2-random": [
            cards["block2-random"].identity,
            48,
            None,
            "f/block2-random/{feature}.json",
            figures["block2-random"],
        ],
    }
    assert f"{cards['block2'].identity}-{figures['block2']}" == atlas.fingerprint("block2")
    assert (content["base"], content["archive"]) == (BASE, "https://doi.org/10.5281/zenodo.1")
    assert content["entry"].startswith("@misc{doe2026synthetic-\x03,\n")
    assert "  title = {{\x01}},\n" in content["entry"]
    assert "  url = {\x02}\n" in content["entry"]
    assert content["reference"].startswith("Doe, Jane (2026). \x01. In: Synthetic atlas. \x02")


def patterns(atlas: SiteAtlas) -> list[str]:
    return [json for *_, json, _ in said(atlas)["dictionaries"].values()]


def test_the_json_of_a_feature_is_a_file_or_lies_in_a_shard(atlas: SiteAtlas) -> None:
    packed = replace(atlas, settings=SiteConfig(packed=True))
    bare = replace(atlas, settings=SiteConfig(packed=True, stubs=False))

    assert patterns(packed) == ["p/block2/{shard}.json.gz", "f/block2-random/{feature}.json"]
    assert patterns(bare) == ["p/block2/{shard}.json.gz", "p/block2-random/{shard}.json.gz"]


def test_vectors_of_controls_are_offered_with_all_tables_alone(atlas: SiteAtlas) -> None:
    everything = replace(atlas, settings=SiteConfig(tables="all"))

    assert all(vectors for _, _, vectors, *_ in said(everything)["dictionaries"].values())


def package(atlas: SiteAtlas) -> str:
    return sharing.latex_package(atlas, site_of(atlas))


def test_the_package_has_the_address_and_every_fingerprint(atlas: SiteAtlas) -> None:
    text = package(atlas)

    assert rf"\gdef\atlas@base{{{BASE}}}" in text
    for name in atlas.names:
        assert rf"\atlas@dictionary{{{name}}}{{{atlas.fingerprint(name)}}}{{48}}" in text
    assert r"\atlas@former{old_2}{block2}" in text
    assert "@TITLE@" not in text


def test_a_title_cannot_leave_its_comment(atlas: SiteAtlas) -> None:
    card = replace(atlas.card, title="A\n\\undefined\r\u2028 @BASE@")

    assert package(replace(atlas, card=card)).splitlines()[0] == "% atlas.sty of the atlas: A \\undefined @BASE@"


def compiled(folder: Path, engine: str, paper: str, style: str) -> str:
    """What the engine says of a paper; skips the test where there is none."""
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed; on Debian: apt-get install texlive-latex-recommended texlive-luatex")
    (folder / "paper.tex").write_text(paper, encoding="utf-8")
    (folder / "atlas.sty").write_text(style, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    return re.sub(r"\n(?:\(atlas\) +)?", "", done.stdout.decode(errors="replace"))  # TeX breaks lines after 79 letters


def links_of(pdf: Path) -> list[str]:
    """Every address that the PDF links, in order; one that is broken over lines once."""
    reader = pytest.importorskip("pypdf").PdfReader(pdf)
    actions = [annotation.get_object().get("/A", {}) for page in reader.pages for annotation in page.get("/Annots", ())]
    return list(dict.fromkeys(str(action["/URI"]) for action in actions if "/URI" in action))


@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_features_of_a_paper_are_links_that_carry_their_fingerprint(
    atlas: SiteAtlas, tmp_path: Path, engine: str
) -> None:
    told = compiled(tmp_path, engine, PAPER, package(atlas))
    names = ["block2"] * 5 + ["block2-random"] + ["block2"] * 3
    expected = [
        f"{BASE}f/{name}/{number}.html?v={atlas.fingerprint(name)}"
        for name, number in zip(names, [0, 1, 2, 3, 4, 5, 6, 7, 99], strict=True)
    ]

    assert "There is no dictionary nope; there are block2, block2-random" in told
    assert "block2 has features from 0 to 47, and none of number 99" in told
    if shutil.which("kpsewhich") and not subprocess.run(["kpsewhich", "qrcode.sty"], capture_output=True).stdout:
        assert "The package qrcode is not installed" in told
    assert sorted(links_of(tmp_path / "paper.pdf")) == sorted(expected)
    outline = pytest.importorskip("pypdf").PdfReader(tmp_path / "paper.pdf").outline
    assert outline[0].title == "About block2/0"


def test_a_package_without_an_address_prints_texts_and_says_why(atlas: SiteAtlas, tmp_path: Path) -> None:
    paper = PAPER.replace("[qr]", "", 1).replace("[colorlinks]", "")
    told = compiled(tmp_path, "pdflatex", paper, package(replace(atlas, settings=SiteConfig())))

    assert "set [site] base_url in its config" in told
    assert r"Codes need \usepackage[qr]{atlas}; there is a link instead" in told
    assert links_of(tmp_path / "paper.pdf") == []
    assert "block2/1" in pytest.importorskip("pypdf").PdfReader(tmp_path / "paper.pdf").pages[0].extract_text()


def test_another_package_s_command_of_that_name_is_left_alone(atlas: SiteAtlas, tmp_path: Path) -> None:
    paper = r"""\documentclass{article}\newcommand\feature[1]{mine #1}\usepackage{atlas}\begin{document}
    \feature{own} \atlasfeature{block2}{1}\end{document}"""
    told = compiled(tmp_path, "pdflatex", paper, package(atlas))

    assert r"\feature is another package's; \atlasfeature links features" in told
    assert len(links_of(tmp_path / "paper.pdf")) == 1
