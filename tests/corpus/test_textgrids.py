"""Praat's two text formats in three encodings give the same intervals."""

from pathlib import Path

import pytest

from atlas.corpus.textgrids import Interval, read_textgrid
from atlas.errors import AtlasError

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 2.5
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.75
            text = "say ""né"""
        intervals [2]:
            xmin = 0.75
            xmax = 1e0
            text = ""
        intervals [3]:
            xmin = 1
            xmax = 2.5
            text = " two
lines "
    item [2]:
        class = "TextTier"
        name = "clicks"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 0.5
            mark = "click"
    item [3]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 2.5
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 2.5
            text = "12"
'''

SHORT = '''File type = "ooTextFile"
Object class = "TextGrid"

0
2.5
<exists>
3
"IntervalTier"
"words"
0
2.5
3
0
0.75
"say ""né"""
0.75
1e0
""
1
2.5
" two
lines "
"TextTier"
"clicks"
0
2.5
1
0.5
"click"
"IntervalTier"
"phones"
0
2.5
1
0
2.5
"12"
'''

INTERVALS = (
    Interval(1, "words", 0.0, 0.75, 'say "né"'),
    Interval(3, "words", 1.0, 2.5, "two\nlines"),
    Interval(4, "phones", 0.0, 2.5, "12"),
)


@pytest.mark.parametrize("text", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_both_formats_in_every_encoding_give_the_labelled_intervals(
    text: str, encoding: str, newline: str, tmp_path: Path
) -> None:
    (tmp_path / "a.TextGrid").write_text(text, encoding=encoding, newline=newline)

    found = read_textgrid(tmp_path / "a.TextGrid")

    assert [(i.number, i.tier, i.start_s, i.end_s, i.label.replace("\r", "")) for i in found] == [
        (i.number, i.tier, i.start_s, i.end_s, i.label) for i in INTERVALS
    ]


def test_a_textgrid_without_tiers_has_no_intervals(tmp_path: Path) -> None:
    (tmp_path / "a.TextGrid").write_text('"ooTextFile"\n"TextGrid"\n0\n2.5\n<absent>\n')

    assert read_textgrid(tmp_path / "a.TextGrid") == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the end of the file where a text was expected"),
        ('"ooTextFile" "Pitch 1"', 'begins with "ooTextFile" and "Pitch 1", expected "ooTextFile" and "TextGrid"'),
        (SHORT.removesuffix('"12"\n'), "the end of the file where a text was expected"),
        (SHORT.replace("0.75", '"x"'), "'x' where a number was expected"),
        (SHORT.replace('"words"', "7"), "7.0 where a text was expected"),
    ],
)
def test_what_is_no_textgrid_is_told(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.TextGrid"
    path.write_text(text)

    with pytest.raises(AtlasError) as caught:
        read_textgrid(path)

    assert str(caught.value) == f"{path}: not a TextGrid in a text format of Praat ({reason})"
