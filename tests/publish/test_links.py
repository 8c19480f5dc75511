"""Links of papers to an atlas: found in every format, and told apart: good, stale, broken."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.errors import DependencyError

from atlas.cli import main
from atlas.cli.papers import _ALLOWABLE
from atlas.config.site import SiteConfig
from atlas.errors import AtlasError
from atlas.publish.figures import pdf_of
from atlas.publish.papers.access import FolderSite, HostSite
from atlas.publish.papers.checking import check_papers
from atlas.publish.papers.judging import (
    ALIASED,
    ANOTHER,
    FIGURES_CHANGED,
    GOOD,
    MOVED,
    NO_DICTIONARY,
    NO_FEATURE,
    NO_PAGE,
    STATUSES,
    UNREACHABLE,
)
from atlas.publish.papers.labels import labels_of
from atlas.publish.papers.reading import references_in
from atlas.publish.papers.references import addresses_in, bases_of
from atlas.render.columns import columns_of, played_clips, read_tables
from atlas.render.figure.drawing import FigureLook, figure_of
from atlas.render.site import SiteAtlas
from tests.publish.papers import BASE, FORMER, pdf, published, served

BASES = bases_of([BASE])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteAtlas, Path]:
    """An atlas and its site."""
    folder = tmp_path_factory.mktemp("world")
    return published(folder), folder / "site"


@pytest.fixture
def site(world: tuple[SiteAtlas, Path]) -> Path:
    return world[1]


@pytest.fixture
def version(world: tuple[SiteAtlas, Path]) -> str:
    """What addresses of block2 carry today."""
    return world[0].fingerprint("block2")


def found(path: Path, text: str) -> list[tuple[str, str, str]]:
    """Place, page and version of each link of a paper."""
    path.write_text(text, encoding="utf-8")
    return [(one.place, one.path, one.version) for one in references_in(path, BASES)]


def statuses(tmp_path: Path, site: Path | str, *links: str, former: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Status and note of each link, in a Markdown paper."""
    paper = tmp_path / "paper.md"
    paper.write_text("\n".join(links), encoding="utf-8")
    checked = check_papers([paper], str(site), former)
    return [(finding.status, finding.note) for finding in checked.findings]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["links", *map(str, arguments)])


def test_latex_is_read_with_its_escapes_comments_and_broken_lines(tmp_path: Path) -> None:
    text = rf"""% {BASE}f/block2/1.html is a comment
\url{{{BASE}f/block2\_a/2.html?v=ab12cd34}} and \href{{{BASE}f/block2/3.html\#top-1}}{{it}}.
({BASE}f/block2/4.html), "{BASE}f/block2/5.html"; {BASE}d/a%20b.html, 50\% of % {BASE}f/block2/6.html
\url{{{BASE}f/%
  block2/7.html}}
\url{{https://example.org/else/f/block2/8.html}} \footnote{{{BASE}f/block2/9.html.}}
"""
    assert found(tmp_path / "paper.tex", text) == [
        ("2", "f/block2_a/2.html", "ab12cd34"),
        ("2", "f/block2/3.html", ""),
        ("3", "f/block2/4.html", ""),
        ("3", "f/block2/5.html", ""),
        ("3", "d/a b.html", ""),
        ("4", "f/block2/7.html", ""),
        ("6", "f/block2/9.html", ""),
    ]


def test_the_macros_of_the_package_are_read_with_the_fingerprints_beside_the_paper(tmp_path: Path) -> None:
    (tmp_path / "atlas.sty").write_text(
        "\\def\\atlas@dictionary#1#2#3{}\n\\atlas@dictionary{block2}{ab12cd34-99ee88ff}{1234}\n\\atlas@former{old_2}{block2}\n"
    )
    text = r"""\feature{block2}{7} \feature[the sound s]{block2}{8} \atlasfeature[label={a, [b]}]{old\_2}{9}
\newcommand{\feature}[2]{#1} \feature{block3}
  {10} % \feature{block2}{11}
"""
    assert found(tmp_path / "paper.tex", text) == [
        ("1", "f/block2/7.html", "ab12cd34-99ee88ff"),
        ("1", "f/block2/8.html", "ab12cd34-99ee88ff"),
        ("1", "f/block2/9.html", "ab12cd34-99ee88ff"),
        ("2", "f/block3/10.html", ""),
    ]


def test_a_macro_with_a_number_that_is_none_is_told(tmp_path: Path, site: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text(
        r"\feature{block2}{1,023} \feature{block2}{1{,}023} \feature{Speed}{It is fast.}"
        r" \feature*{block2}{3} \feature{block2}{007}"
    )
    checked = check_papers([paper], str(site), ())

    assert [(one.reference.written, one.status) for one in checked.findings] == [
        (r"\feature{block2}{1,023}", NO_FEATURE),
        (r"\feature{block2}{1{,}023}", NO_FEATURE),
        (r"\feature{block2}{3}", GOOD),
        (r"\feature{block2}{007}", GOOD),
    ]


def test_what_latex_passes_over_or_prints_as_code_is_no_macro(tmp_path: Path) -> None:
    text = rf"""\begin{{comment}}
\feature{{block2}}{{1}} {BASE}f/block2/2.html
\end{{comment}}
\verb|\feature{{block2}}{{3}}| \verb*+\feature{{block2}}{{4}}+ \feature{{block2}}{{5}}
\begin{{verbatim}}
\feature{{block2}}{{6}}
\end{{verbatim}}
% \begin{{comment}}
\feature{{block2}}{{7}} \verbatiminput{{x}} \feature{{block2}}{{8}} | \newcommand{{\f}}[1]{{\feature{{block2}}{{#1}}}}
% \end{{comment}}
"""
    assert found(tmp_path / "paper.tex", text) == [
        ("4", "f/block2/5.html", ""),
        ("9", "f/block2/7.html", ""),
        ("9", "f/block2/8.html", ""),
    ]


def test_what_is_not_followed_is_named(tmp_path: Path, site: Path, caplog: pytest.LogCaptureFixture) -> None:
    paper, part = tmp_path / "paper.tex", tmp_path / "parts/methods.tex"
    part.parent.mkdir()
    part.write_text(r"\feature{block2}{1} \input{parts/deeper}")
    (tmp_path / "parts/deeper.tex").write_text(r"\feature{block2}{2}")
    paper.write_text(
        rf"""\newcommand{{\atlasurl}}{{{BASE}}}
\def\pages{{{BASE}f/}} \newcommand*\one{{{BASE}f/block2/1.html}} \newcommand{{\else}}{{https://else.org/}}
\newcommand{{\f}}[1]{{\feature{{block2}}{{#1}}}}
\input{{parts/methods}} \include{{results}} \input other.tex % \input{{no}}
\verb|\input{{shown}}| \input{{plot.pgf}} \includegraphics{{a}}
"""
    )
    check_papers([paper, part, tmp_path / "parts/deeper.tex"], str(site), ())
    told = [message.removeprefix(f"{paper}:") for message in caplog.messages]

    depends = "; check the PDF, in which"
    assert [message.partition(depends)[0] for message in told] == [
        r"1: not followed: \atlasurl, which holds the start of addresses",
        r"2: not followed: \pages, which holds the start of addresses",
        r"3: not followed: \feature{block2}{#1}, which depends on a macro",
        r"4: not followed: \include{results}; give that file, too, if it has links",
        r"4: not followed: \input other.tex; give that file, too, if it has links",
    ]


def test_bibtex_markdown_and_html_are_read(tmp_path: Path) -> None:
    bib = (
        f"@misc{{a,\n url = {{{BASE}f/block2/1.html?v=ab12cd34}},\n howpublished = {{\\url{{{BASE}f/block2/2.html}}}}}}"
    )
    markdown = "\n".join(
        (
            f"[a]({BASE}f/block2/1.html)[b]({BASE}f/block2/2.html 'T') <{BASE}d/b.html>",
            "",
            f"[1]: {BASE}f/block2/3.html",
            f"*{BASE}*",
        )
    )
    page = f'<p>\n<a href="{BASE}f/block2/1.html?x=1&amp;v=ab12cd34">{BASE}f/block2/1.html</a>\n<img src="{BASE}a.png">'

    assert found(tmp_path / "a.bib", bib) == [("2", "f/block2/1.html", "ab12cd34"), ("3", "f/block2/2.html", "")]
    assert found(tmp_path / "a.md", markdown) == [
        ("1", "f/block2/1.html", ""),
        ("1", "f/block2/2.html", ""),
        ("1", "d/b.html", ""),
        ("3", "f/block2/3.html", ""),
        ("4", "", ""),
    ]
    assert found(tmp_path / "a.html", page) == [
        ("2", "f/block2/1.html", "ab12cd34"),
        ("2", "f/block2/1.html", ""),
        ("3", "a.png", ""),
    ]


def test_of_a_pdf_annotations_are_read_and_addresses_that_are_none(tmp_path: Path) -> None:
    whole = f"{BASE}f/block2/1.html?v=ab12cd34"
    lines = (
        "example.org/atlas/f/block2/1.html?v=ab12cd34",  # what the annotation shows
        "see https://example.org/atlas/f/",
        "block2/2.html and http://example.org/atlas/d/block2.html.",
        "myexample.org/atlas/f/block2/3.html",
        "in example.org/atlas/f/block2/4.html",
        "next",
    )
    paper = pdf(tmp_path / "paper.pdf", [whole, whole, "https://example.org/else"], lines)

    assert [(one.place, one.path, one.version) for one in references_in(paper, BASES)] == [
        ("page 1", "f/block2/1.html", "ab12cd34"),
        ("page 1", "f/block2/2.html", ""),
        ("page 1", "d/block2.html", ""),
        ("page 1", "f/block2/4.html", ""),
    ]


def test_a_figure_of_ours_links_well(tmp_path: Path, world: tuple[SiteAtlas, Path]) -> None:
    atlas, site = world
    (tmp_path / "fig.pdf").write_bytes(pdf_of(figure_of(atlas, [("block2", 1), ("block2", 2)], FigureLook(columns=2))))

    checked = check_papers([tmp_path / "fig.pdf"], str(site), ())

    assert [(finding.reference.path, finding.status) for finding in checked.findings] == [
        ("f/block2/1.html", GOOD),
        ("f/block2/2.html", GOOD),
    ]


def test_each_kind_of_link_has_its_status(tmp_path: Path, site: Path, version: str) -> None:
    identity, _, figures = version.partition("-")
    cases = {
        f"{BASE}f/block2/1.html?v={version}": (GOOD, ""),
        f"{BASE}f/block2/1.html?v={identity}#top-1": (GOOD, ""),
        f"http://EXAMPLE.org/atlas/f/block2/1.html?v={identity}": (GOOD, ""),
        f"{BASE}f/block2/1.html": (GOOD, "no fingerprint to check"),
        f"{BASE}d/block2.html": (GOOD, ""),
        BASE: (GOOD, ""),
        f"{BASE}f/block2/1.html?v={identity}-00000000": (
            FIGURES_CHANGED,
            f"cited with figures 00000000, now {figures}",
        ),
        f"{BASE}f/block2-random/1.html?v={identity}": (ANOTHER, "written for what is block2 today: f/block2/1.html"),
        f"{BASE}f/block2/1.html?v=00000000": (ANOTHER, "written for 00000000, which fits no dictionary of this site"),
        f"{BASE}f/block2/1.html?v=ab": (ANOTHER, "?v=ab is no fingerprint: whose it was is not known"),
        f"{BASE}f/block1/1.html?v={identity}": (MOVED, "cite f/block2/1.html"),
        f"{BASE}f/block1/1.html?v=00000000": (ANOTHER, "written for 00000000, which fits no dictionary of this site"),
        f"{BASE}d/block1.html": (MOVED, "cite d/block2.html"),
        f"{BASE}f/block2/24.html": (NO_FEATURE, "block2 has features from 0 to 23"),
        f"{BASE}f/block2/01.html": (NO_FEATURE, "block2 has features from 0 to 23"),
        f"{BASE}f/block9/1.html": (NO_DICTIONARY, "there are block2 and block2-random"),
        f"{BASE}f/block9/1.html?v={identity}": (NO_DICTIONARY, "written for what is block2 today: f/block2/1.html"),
        f"{BASE}d/block9.html": (NO_DICTIONARY, "there are block2 and block2-random"),
        f"{BASE}nowhere.html": (NO_PAGE, ""),
        f"{BASE}../site.json": (NO_PAGE, ""),
        f"{BASE}f.html#block2/1": (ALIASED, "cite f/block2/1.html"),
        f"{BASE}f.html#block2/99": (NO_FEATURE, "block2 has features from 0 to 23"),
        f"{BASE}f/block2/1": (ALIASED, "some hosts want .html: cite f/block2/1.html"),
    }

    assert dict(zip(cases, statuses(tmp_path, site, *cases), strict=True)) == cases
    with served(site) as address:
        on_host = dict(zip(cases, statuses(tmp_path, address, *cases), strict=True))
    assert on_host == cases


def test_links_to_the_host_that_is_asked_and_to_former_addresses_count(tmp_path: Path, site: Path) -> None:
    with served(site) as address:
        links = (
            f"{address}f/block2/1.html",
            f"{FORMER}f/block2/2.html",
            f"{BASE}f/block2/3.html",
            "https://else.org/f/",
        )
        assert [status for status, _ in statuses(tmp_path, address, *links, former=(FORMER,))] == [GOOD] * 3


def test_labels_are_those_that_the_atlas_has(world: tuple[SiteAtlas, Path]) -> None:
    atlas, site = world
    columns = columns_of(read_tables(atlas, "block2"), played_clips(atlas.clips)).to_dicts()
    told = {
        feature: row["label"] or row["state"]
        for feature, row in enumerate(columns)
        if row["label"] or row["state"] != "live"
    }

    assert labels_of(FolderSite(site), "block2") == told
    assert labels_of(FolderSite(site), "no-such") == {}
    with served(site) as address:
        assert labels_of(HostSite(address), "block2") == told


def test_a_host_that_answers_for_every_address_is_refused(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"{BASE}f/block2/2.html")
    asked: list[str] = []

    def answered(self: HostSite, path: str, method: str) -> bytes:
        asked.append(path)
        return (site / path).read_bytes() if (site / path).is_file() else b"<!doctype html>"

    monkeypatch.setattr(HostSite, "_asked", answered)
    result = run(paper, "--site", "https://host.example/")

    assert result.exit_code == 1
    assert "https://host.example/: this host answers for every address, so pages cannot be judged" in result.stderr
    assert len(asked) == 1


def test_names_of_features_end_where_a_page_stands_for_the_next_part(site: Path) -> None:
    class Fallback(FolderSite):
        asked = 0

        def read(self, path: str) -> bytes:
            self.asked += 1
            assert self.asked < 9, "it never ends"
            return super().read(path) or b"<!doctype html>"

    assert labels_of(Fallback(site), "block2") == labels_of(FolderSite(site), "block2") != {}


def test_a_page_that_is_gone_from_a_folder_is_missed(tmp_path: Path, site: Path) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    (copy / "f/block2/3.html").unlink()

    assert statuses(tmp_path, copy, f"{BASE}f/block2/3.html", f"{BASE}f/block2/4.html") == [
        (NO_PAGE, ""),
        (GOOD, "no fingerprint to check"),
    ]


def test_pages_that_are_gone_are_missed_in_a_folder_and_on_a_host(tmp_path: Path, site: Path) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    (copy / "f/block2/3.html").unlink()
    (copy / "f/block2/4.json").unlink(missing_ok=True)
    (copy / "f/block2/5.json").write_text("{}")
    cases = {
        f"{BASE}f/block2/3.html": (NO_PAGE, ""),
        f"{BASE}f.html#block2/3": (NO_PAGE, "f/block2/3.html is not there"),
        f"{BASE}f/block2/3": (NO_PAGE, "f/block2/3.html is not there"),
        f"{BASE}f/block2/4.html": (GOOD, "no fingerprint to check"),
        f"{BASE}f/block2/4.json": (NO_PAGE, ""),
        f"{BASE}f/block2/5.json": (GOOD, "no fingerprint to check"),
    }

    assert dict(zip(cases, statuses(tmp_path, copy, *cases), strict=True)) == cases
    with served(copy) as address:
        assert dict(zip(cases, statuses(tmp_path, address, *cases), strict=True)) == cases


def test_every_feature_of_a_list_is_judged(tmp_path: Path, site: Path, version: str) -> None:
    identity, _, figures = version.partition("-")
    both = f"{BASE}list.html?features=block2/1,block2/2"
    unknown = "nodict/3: there are block2 and block2-random"
    cases = {
        both: (GOOD, "no fingerprint to check"),
        f"{both}&v={version}&title=Two": (GOOD, ""),
        f"{both}&v={identity}-00000000": (
            FIGURES_CHANGED,
            "; ".join(f"block2/{number}: cited with figures 00000000, now {figures}" for number in (1, 2)),
        ),
        f"{BASE}list.html": (GOOD, ""),
        f"{BASE}list.html?features=block2%2F1%2C+block2/99999,nodict/3": (
            NO_DICTIONARY,
            f"block2/99999: block2 has features from 0 to 23; {unknown}",
        ),
        f"{BASE}list.html?features=block2/1,block2": (NO_FEATURE, "block2: expected a feature, such as block2/1234"),
        f"{BASE}list.html?features=block2/1,block2-random/2&v={identity}.00000000": (
            ANOTHER,
            "block2-random/2: written for 00000000, which fits no dictionary of this site",
        ),
        f"{BASE}list.html?features=block1/1": (MOVED, "block1/1: cite f/block2/1.html"),
        f"{BASE}list.html#block2/1,nodict/3": (NO_DICTIONARY, unknown),
        f"{BASE}list.html#block2/1,block2/2": (
            NO_PAGE,
            "a list is asked for by ?: cite list.html?features=block2/1,block2/2",
        ),
    }

    copy = shutil.copytree(site, tmp_path / "site")
    (copy / "list.html").touch()
    assert dict(zip(cases, statuses(tmp_path, copy, *cases), strict=True)) == cases
    (copy / "list.html").unlink()
    assert statuses(tmp_path, copy, both) == [(NO_PAGE, "")]


def test_the_table_names_the_features_of_a_list(tmp_path: Path, site: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"{BASE}list.html?features=block2/1,no/2&title=T&v=00000000")

    assert "list.html?features=block2/1,no/2&v=00000000" in run(paper, "--site", site).stdout


def test_what_follows_the_address_of_another_page_names_no_feature(tmp_path: Path, site: Path) -> None:
    assert statuses(tmp_path, site, f"{BASE}search.html#nothing/12") == [(GOOD, "")]


def test_features_without_files_are_known_by_their_number(tmp_path: Path) -> None:
    published(tmp_path, SiteConfig(base_url=BASE, packed=True, stubs=False))

    links = [f"{BASE}f/block2/3.html", f"{BASE}f/block2/24.html"]
    assert [status for status, _ in statuses(tmp_path, tmp_path / "site", *links)] == [GOOD, NO_FEATURE]


def test_a_host_that_fails_for_one_page_is_told_for_that_page(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has(self: HostSite, path: str) -> bool:
        if path == "map.html":
            raise AtlasError("the host answers 503")
        return path == "list.html"

    monkeypatch.setattr(HostSite, "has", has)
    with served(site) as address:
        judged = statuses(tmp_path, address, f"{BASE}map.html", f"{BASE}list.html")

    assert judged == [(UNREACHABLE, "the host answers 503"), (GOOD, "")]


def test_the_exit_code_says_whether_all_links_are_good(tmp_path: Path, site: Path, version: str) -> None:
    good, stale = tmp_path / "good.md", tmp_path / "stale.md"
    good.write_text(f"{BASE}f/block2/1.html?v={version} {BASE}f.html#block2/1")
    stale.write_text(f"{BASE}f/block2/1.html?v={version[:8]}-00000000")

    assert run(good, "--site", site).exit_code == 0
    assert run(good, stale, "--site", site).exit_code == 1
    assert run(good, stale, "--site", site, "--allow", "figures changed").exit_code == 0
    assert run("--site", site).exit_code == 2


def test_the_table_names_the_place_the_page_and_what_it_shows(tmp_path: Path, site: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text(f"\n\\url{{{BASE}f/block2/2.html}}\n\\url{{{BASE}f/block2/99.html}}\n")
    label = labels_of(FolderSite(site), "block2").get(2, "")
    result = run(paper, "--site", site)

    assert result.exit_code == 1
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        "status           where        link, and what it shows today",
        f"good             paper.tex:2  f/block2/2.html  {label}".rstrip(),
        "                              no fingerprint to check",
        "no such feature  paper.tex:3  f/block2/99.html",
        "                              block2 has features from 0 to 23",
        "links      2 links in 1 paper: 1 good, 1 no such feature",
    ]


def test_json_says_the_same(tmp_path: Path, site: Path, version: str) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"{BASE}f/block2/2.html?v={version}")
    result = run(paper, "--site", site, "--json", "-")
    run(paper, "--site", site, "--json", tmp_path / "links.json")

    assert (tmp_path / "links.json").read_text(encoding="utf-8") == result.stdout
    assert json.loads(result.stdout)["links"] == [
        {
            "paper": str(paper),
            "place": "1",
            "written": f"{BASE}f/block2/2.html?v={version}",
            "page": "f/block2/2.html",
            "version": version,
            "status": GOOD,
            "passing": True,
            "note": "",
            "label": labels_of(FolderSite(site), "block2").get(2, ""),
        }
    ]
    assert result.stderr == "links      1 link in 1 paper: 1 good\n"


def test_every_status_is_explained() -> None:
    named = {GOOD, FIGURES_CHANGED, ANOTHER, MOVED, NO_FEATURE, NO_DICTIONARY, NO_PAGE, ALIASED, UNREACHABLE}
    assert set(STATUSES) == named


def test_a_paper_without_links_is_refused(tmp_path: Path, site: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text("\\url{https://example.org/else}")

    assert f"paper.tex: has no link to this atlas, that is to {BASE}" in run(paper, "--site", site).stderr


def test_pdfs_that_cannot_be_read_are_refused(tmp_path: Path, site: Path) -> None:
    locked = pdf(tmp_path / "locked.pdf", [BASE], password="secret")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing of the kind")
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")

    assert "locked.pdf: encrypted, and its links cannot be read" in run(locked, "--site", site).stderr
    for path in (broken, empty):
        assert f"{path.name}: no PDF that can be read (" in run(path, "--site", site).stderr


def test_a_page_with_a_filter_that_nobody_has_is_told(tmp_path: Path, site: Path) -> None:
    paper = pdf(tmp_path / "paper.pdf", [BASE], ("text",))
    content = paper.read_bytes()
    stream = content.index(b"BT /F1")
    start = content.rindex(b"<<", 0, stream)
    paper.write_bytes(content[:start] + content[start:].replace(b"<<", b"<< /Filter /Unheard", 1))

    result = run(paper, "--site", site)
    assert (result.exit_code, "paper.pdf: page 1 cannot be read (" in result.stderr) == (1, True)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, site: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(f"{BASE}f/block2/2.html")

    result = run(paper, "--site", site, "--json", tmp_path / "nodir/x.json")
    assert result.stderr.endswith("nodir/x.json: No such file or directory; name another file with --json\n")


def test_a_cipher_that_is_not_installed_is_named(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def decrypt(self: PdfReader, password: str) -> int:
        raise DependencyError("cryptography is required for AES")

    monkeypatch.setattr(PdfReader, "decrypt", decrypt)
    locked = pdf(tmp_path / "locked.pdf", [BASE], password="secret")

    assert "locked.pdf: encrypted in a way that needs the package cryptography" in run(locked, "--site", site).stderr


@given(
    name=st.from_regex(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", fullmatch=True),
    number=st.integers(0, 10**6),
    version=st.sampled_from(["", "?v=ab12cd34", "?v=ab12cd34-99ee88ff"]),
    around=st.sampled_from(
        ["{}", "({})", "[a]({})", "<{}>", '"{}"', "{}.", "{}, and", "*{}*", "see {}; ({}).", "‘{}’"]
    ),
)
def test_an_address_is_read_whole_whatever_is_around_it(name: str, number: int, version: str, around: str) -> None:
    address = f"{BASE}f/{name}/{number}.html{version}"
    text = around.replace("{}", address)

    assert [found for _, found in addresses_in(text)] == [address] * around.count("{}")


def test_what_may_be_allowed_is_a_status() -> None:
    assert set(_ALLOWABLE) < set(STATUSES)


def test_what_is_no_paper_or_no_site_is_refused(tmp_path: Path, site: Path) -> None:
    (tmp_path / "paper.docx").touch()
    (tmp_path / "paper.md").write_text(BASE)
    paper = tmp_path / "paper.md"
    older = tmp_path / "older"
    older.mkdir()
    nameless = tmp_path / "nameless"
    nameless.mkdir()
    content = json.loads((site / "site.json").read_text(encoding="utf-8"))
    (nameless / "site.json").write_text(json.dumps(content | {"base_url": None}))

    assert "paper.docx: links are read in .tex, .bib," in run(tmp_path / "paper.docx", "--site", site).stderr
    assert "absent.md: no such file" in run(tmp_path / "absent.md", "--site", site).stderr
    assert "older: has no site.json" in run(paper, "--site", older).stderr
    assert "absent: no such folder" in run(paper, "--site", tmp_path / "absent").stderr
    assert "give --base ADDRESS" in run(paper, "--site", nameless).stderr
    assert "the host cannot be reached (" in run(paper, "--site", "http://127.0.0.1:9/").stderr
