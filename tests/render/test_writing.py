"""The site folder: touched only where bytes differ, and never somebody else's."""

from pathlib import Path

import pytest

from atlas.errors import AtlasError
from atlas.render import writing


def test_equal_bytes_are_not_written_again(tmp_path: Path) -> None:
    first = writing.write_pages(tmp_path, [("a/b.html", "ü"), ("c.html", b"c")])
    stamp = (tmp_path / "a/b.html").stat().st_mtime_ns
    again = writing.write_pages(tmp_path, [("a/b.html", "ü"), ("c.html", b"d")])

    assert (first.changed, first.size, first.addresses) == (2, 3, ("a/b.html", "c.html"))
    assert again.changed == 1
    assert (tmp_path / "a/b.html").stat().st_mtime_ns == stamp
    assert (tmp_path / "c.html").read_bytes() == b"d"


def test_what_no_page_stands_for_is_deleted_with_its_folder(tmp_path: Path) -> None:
    writing.write_pages(tmp_path, [("f/old/1.html", ""), ("f/new/1.html", ""), ("README.md", "kept")])

    assert writing.prune(tmp_path, {"f/new/1.html"}) == 1
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == ["new"]
    assert (tmp_path / "README.md").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")

    with pytest.raises(AtlasError, match="holds other files and no site, such as thesis"):
        writing.claim(tmp_path)


def test_a_folder_with_a_readme_alone_becomes_a_site_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("the output")

    writing.claim(tmp_path)
    writing.write_pages(tmp_path, [("index.html", "")])
    writing.claim(tmp_path)

    assert (tmp_path / "index.html").exists()
