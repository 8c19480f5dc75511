"""What a config says of an atlas as a work comes out in each format as that format asks, with nothing made up."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from atlas.config.site import CiteConfig, SiteConfig
from atlas.reading.bibtex import bibtex, bibtex_key, latex
from atlas.reading.cff import cff
from atlas.reading.citation import CitedFeature, Work, doi_address, feature_address, licence_address, reference, work_of
from atlas.reading.schema_org import Download, schema_org

CITE = {
    "authors": [
        "Müller, Jördis",
        {"name": "Roe, Sam", "orcid": "0000-0002-1825-0097", "affiliation": "University of Sound"},
        "The Atlas Group",
        "王, 小明",
    ],
    "title": "What Whisper hears",
    "year": 2026,
    "doi": "https://doi.org/10.5281/zenodo.1234567",
    "paper": "doi:10.48550/arXiv.2601.01234",
    "licence": "CC-BY-4.0",
    "version": "1.0.0",
}
SITE = {"base_url": "https://example.org/atlas"}
FEATURE = CitedFeature("block2/1234", "siren", "ab12cd34-99ee88ff")
HOSTILE = (
    "</script><script>alert(1)</script>",
    'say "hello" & pay 100 % of $5 for #1_a {b} ~c^2 \\end',
    "unbalanced } and { here",
    "שלום עולם كلب 音声 😀",
    "two\nlines\tand\u2028a\x85tab\x00",
    "- a: b # c",
    "yes",
)
CFF_KEYS = {
    *("cff-version", "message", "type", "title", "authors", "doi", "identifiers", "url", "version", "license"),
    *("abstract", "keywords", "preferred-citation", "references"),
}
"of the schema's root, those that an atlas may have"
REFERENCE_KEYS = CFF_KEYS - {"cff-version", "message", "keywords", "preferred-citation", "references"} | {"year"}
REFERENCE_TYPES = {"data", "article"}
CFF_DOI = r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+"
PERSON_KEYS, GROUP_KEYS = {"family-names", "given-names", "orcid", "affiliation"}, {"name", "orcid"}


def work(cite: Mapping[str, Any] | None = None, site: Mapping[str, Any] | None = None) -> Work:
    cited = CiteConfig.model_validate(CITE if cite is None else cite)
    return work_of("A site", cited, SiteConfig.model_validate(SITE if site is None else site))


def parsed_bibtex(entry: str) -> tuple[str, str, dict[str, str]]:
    """Type, key and fields of one entry, as BibTeX reads them: braces are counted, whatever stands before them."""
    kind, key, body = re.fullmatch(r"@(\w+)\{([^\s{},]+),\n(.*)\n\}\n", entry, re.DOTALL).groups()  # type: ignore[union-attr]
    fields, depth, name, value = {}, 0, "", ""
    for sign in body:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0, "a brace that closes nothing"
        if depth == 0 and sign == ",":
            continue
        if depth == 0 and sign == "}":
            fields[name.strip().removesuffix("=").strip()] = value[1:]
            name = value = ""
        elif depth == 0:
            name += sign
        else:
            value += sign
    assert (depth, name.strip()) == (0, ""), "a brace that nothing closes"
    return kind, key, fields


def check_cff(text: str) -> dict[str, Any]:
    """The file, held against what the schema, version 1.2.0, asks for."""
    content: dict[str, Any] = yaml.safe_load(text)
    assert content.keys() <= CFF_KEYS
    assert {"authors", "cff-version", "message", "title"} <= content.keys()
    assert (content["cff-version"], content["type"]) == ("1.2.0", "dataset")
    references = [*content.get("references", []), *filter(None, [content.get("preferred-citation")])]
    for one in references:
        assert one.keys() <= REFERENCE_KEYS
        assert {"authors", "title", "type"} <= one.keys()
        assert one["type"] in REFERENCE_TYPES
        assert isinstance(one.get("year", 0), int)
    for one in (content, *references):
        assert isinstance(one["title"], str)
        assert one["title"]
        assert re.fullmatch(CFF_DOI, one.get("doi", "10.1234/a"))
        assert re.match(r"https?://.", one.get("url", "https://a"))
        assert isinstance(one.get("version", ""), str)
        assert all(one.keys() == {"type", "value"} and one["type"] == "other" for one in one.get("identifiers", []))
        assert one["authors"]
        for author in one["authors"]:
            assert author.keys() <= (PERSON_KEYS if "family-names" in author else GROUP_KEYS)
            assert all(isinstance(value, str) and value for value in author.values())
            assert re.fullmatch(r"https://orcid\.org/(\d{4}-){3}\d{3}[\dX]", author.get("orcid", ORCID))
    return content


ORCID = "https://orcid.org/0000-0002-1825-0097"


def test_a_work_is_what_the_config_says_and_nothing_else() -> None:
    whole, bare = work(), work({}, {})

    assert (whole.address, whole.doi_address) == (
        "https://example.org/atlas/",
        "https://doi.org/10.5281/zenodo.1234567",
    )
    assert whole.paper
    assert whole.paper.address == "https://doi.org/10.48550/arXiv.2601.01234"
    assert [author.is_person for author in whole.authors] == [True, True, False, True]
    assert bare == Work(title="A site")
    assert (
        work({}, SITE | {"paper": "https://example.org/p.pdf"}).paper
        == work({"paper": "https://example.org/p.pdf"}).paper
    )


def test_the_bibtex_of_an_atlas_names_it_its_authors_and_its_archive() -> None:
    kind, key, fields = parsed_bibtex(bibtex(work()))

    assert (kind, key) == ("misc", "muller2026whisper")
    assert fields == {
        "author": "Müller, Jördis and Roe, Sam and {The Atlas Group} and 王, 小明",
        "title": "{What Whisper hears}",
        "year": "2026",
        "howpublished": "Dataset",
        "note": "Version 1.0.0",
        "doi": "10.5281/zenodo.1234567",
        "url": "https://example.org/atlas/",
    }


def test_the_bibtex_of_a_feature_has_the_address_that_stays_and_the_atlas_that_it_stands_in() -> None:
    kind, key, fields = parsed_bibtex(bibtex(work(), FEATURE))

    assert (kind, key) == ("misc", "muller2026whisper-block2-1234")
    assert fields["title"] == "{block2/1234: siren}"
    assert fields["howpublished"] == "Feature of {What Whisper hears}"
    assert fields["note"] == "Version 1.0.0. Archived as doi:10.5281/zenodo.1234567"
    assert fields["url"] == "https://example.org/atlas/f/block2/1234.html?v=ab12cd34-99ee88ff"
    assert "doi" not in fields, "the DOI is that of the whole"


def test_a_doi_stays_as_it_is_in_bibtex_and_is_quoted_in_addresses_alone() -> None:
    old = "10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2"
    fields = parsed_bibtex(bibtex(work({"doi": old}, {})))[2]

    assert (fields["doi"], "<" in fields["url"]) == (old, False)


def test_where_no_address_is_known_none_is_printed() -> None:
    bare = work({}, {})

    assert feature_address(bare, FEATURE) is None
    assert parsed_bibtex(bibtex(bare))[1:] == ("site", {"title": "{A site}", "howpublished": "Dataset"})
    assert "http" not in bibtex(bare, FEATURE) + reference(bare, FEATURE) + json.dumps(schema_org(bare, "x")["name"])
    assert reference(bare) == "A site."


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_names_and_labels_break_no_format(text: str) -> None:
    cited = work({"authors": [text, f"{text}, {text}"], "title": text, "version": text, "licence": text, "paper": text})
    for feature in (None, CitedFeature("block2/1", text)):
        _, key, fields = parsed_bibtex(bibtex(cited, feature))
        assert re.fullmatch(r"[a-z0-9._-]+", key)
        assert fields["title"] == "{" + latex(("block2/1: " if feature else "") + cited.title) + "}"
        assert "\n" not in reference(cited, feature)
    assert check_cff(str(cff(cited, text)))["title"] == cited.title
    assert json.loads(json.dumps(schema_org(cited, text)))["name"] == cited.title


@given(st.text(max_size=40))
def test_whatever_text_a_title_is_braces_stay_balanced_and_nothing_is_a_command(text: str) -> None:
    written = latex(text)

    assert written.count("{") == written.count("}")
    assert re.findall(r"(?<!\\)[&%$#_]", written) == []


@pytest.mark.skipif(not (shutil.which("bibtex") and shutil.which("pdflatex")), reason="needs pdflatex and bibtex")
def test_bibtex_and_latex_take_every_entry(tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if "שלום" not in text]  # other alphabets need a font, and so another engine
    cited = [
        work({"authors": [text, f"{text}, {text}"], "title": text, "year": 2000 + number})
        for number, text in enumerate(texts)
    ]
    entries = [
        bibtex(one, feature) for one in (work(), *cited) for feature in (None, CitedFeature("block_2/1", one.title))
    ]
    (tmp_path / "a.bib").write_text("".join(entries).replace("王, 小明", "Wang, Xiaoming"), encoding="utf-8")
    (tmp_path / "a.tex").write_text(
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{natbib}\usepackage{url}\begin{document}"
        r"\nocite{*}\bibliographystyle{plainnat}\bibliography{a}\end{document}"
    )
    for command in ("pdflatex", "bibtex", "pdflatex"):
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command == "pdflatex" else []
        done = subprocess.run([command, *options, "a"], cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Warning" not in (tmp_path / "a.blg").read_text()


def test_names_that_bibtex_would_take_apart_are_held_together() -> None:
    cited = work({"authors": ["Sound and Vision, Institute of", "Doe, Jr., Jane, A.", "Salt & Pepper"]}, {})

    assert parsed_bibtex(bibtex(cited))[2]["author"] == (
        r"{Sound and Vision}, Institute of and Doe, {Jr., Jane, A.} and {Salt \& Pepper}"
    )


@pytest.mark.parametrize(
    ("authors", "title", "key"),
    [
        (["van der Berg, Émile"], "The map of sounds", "vanderberg2026map"),
        (["王, 小明"], "音声", "2026"),
        ([], "Demo: a corpus", "2026demo"),
    ],
)
def test_keys_are_of_latin_letters_and_stay(authors: list[str], title: str, key: str) -> None:
    cited = {"authors": authors, "title": title, "year": 2026}

    assert bibtex_key(work(cited)) == bibtex_key(work(cited | {"version": "2", "doi": "10.1234/x"})) == key


def test_the_citation_file_is_valid_and_says_what_the_config_says() -> None:
    content = check_cff(str(cff(work(), "Two dictionaries.")))

    assert content["authors"] == [
        {"family-names": "Müller", "given-names": "Jördis"},
        {"family-names": "Roe", "given-names": "Sam", "orcid": ORCID, "affiliation": "University of Sound"},
        {"name": "The Atlas Group"},
        {"family-names": "王", "given-names": "小明"},
    ]
    assert {key: content[key] for key in ("title", "doi", "url", "license", "version", "abstract")} == {
        "title": "What Whisper hears",
        "doi": "10.5281/zenodo.1234567",
        "url": "https://example.org/atlas/",
        "license": "CC-BY-4.0",
        "version": "1.0.0",
        "abstract": "Two dictionaries.",
    }
    assert content["preferred-citation"]["year"] == 2026
    assert content["references"][0]["doi"] == "10.48550/arXiv.2601.01234"


def test_a_citation_file_needs_authors_and_names_only_licences_that_its_schema_knows() -> None:
    assert cff(work({}, SITE)) is None
    assert "license" not in check_cff(str(cff(work(CITE | {"licence": "CC BY 4.0"}))))
    assert "doi" not in check_cff(str(cff(work(CITE | {"doi": "10.1234/a<b>"}))))


def test_licences_lead_to_their_texts() -> None:
    assert licence_address("CC-BY-NC-SA-4.0") == "https://creativecommons.org/licenses/by-nc-sa/4.0/"
    assert licence_address("CC0-1.0") == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert licence_address("MIT") == "https://spdx.org/licenses/MIT.html"
    assert licence_address("our own") is None
    versions = [f"{whole}.{part}" for whole in range(6) for part in range(10)]
    known = [version for version in versions if licence_address(f"CC-BY-{version}")]
    assert known == ["1.0", "2.0", "2.5", "3.0", "4.0"]
    assert doi_address("10.1234/a<b>#1") == "https://doi.org/10.1234/a%3Cb%3E%231"


def test_the_dataset_of_schema_org_has_its_creators_and_what_can_be_downloaded() -> None:
    content = schema_org(work(), "Many features.", [Download("Figures", "d/block2.csv", "text/csv")])

    assert content["@context"] == "https://schema.org"
    assert (content["@type"], content["identifier"]) == ("Dataset", "https://doi.org/10.5281/zenodo.1234567")
    assert [creator["@type"] for creator in content["creator"]] == ["Person", "Person", "Organization", "Person"]
    assert content["creator"][1]["@id"] == ORCID
    assert content["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert content["distribution"][0]["contentUrl"] == "https://example.org/atlas/d/block2.csv"
    assert "distribution" not in schema_org(work(CITE, {}), "Many features.", [Download("a", "b", "text/csv")])


def test_a_line_of_references_names_the_archive_and_of_a_feature_its_page() -> None:
    who = "Müller, Jördis; Roe, Sam; The Atlas Group; 王, 小明 (2026)."

    assert reference(work()) == (f"{who} What Whisper hears (version 1.0.0). https://doi.org/10.5281/zenodo.1234567")
    assert reference(work(), FEATURE) == (
        f"{who} block2/1234: siren. In: What Whisper hears (version 1.0.0)."
        " https://example.org/atlas/f/block2/1234.html?v=ab12cd34-99ee88ff"
        " (archived as https://doi.org/10.5281/zenodo.1234567)"
    )
