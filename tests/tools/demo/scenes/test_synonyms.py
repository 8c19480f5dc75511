"""The file of synonyms beside the demo's corpus: what is written, and that it speaks of labels that are there."""

import csv
from pathlib import Path

from atlas.render.vocabulary import read_synonyms
from tools.demo.scenes.synonyms import SYNONYMS, rows, write_synonyms

CORPUS = Path(__file__).resolve().parents[4] / "atlas/demo/files/corpus"


def test_the_file_of_the_demo_is_what_the_program_writes_and_search_reads(tmp_path: Path) -> None:
    write_synonyms(tmp_path)

    assert (tmp_path / SYNONYMS).read_bytes() == (CORPUS / SYNONYMS).read_bytes()
    known = read_synonyms(CORPUS / SYNONYMS)
    assert known["siren"].names == ("police", "ambulance", "fire engine")
    assert "instrument" in known["organ"].classes


def test_every_label_is_one_of_the_manifest() -> None:
    with open(CORPUS / "manifest.csv", encoding="utf-8", newline="") as file:
        labels = {label for row in csv.DictReader(file) for label in row["labels"].split("|")}

    assert {label for label, _, _ in rows()} <= labels
