"""What LaTeX passes over, writes in its own way, or takes from elsewhere, as far as links need it."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from atlas.publish.papers.package import Package
from atlas.publish.papers.references import Bases, Reference

_ESCAPED = re.compile(r"\\([_%#&~{}$])")
_TILDE = re.compile(r"\\(?:textasciitilde|string\s*~)(?:\{\}|\s)?|\\~\{\}")
_UNDER = re.compile(r"\\textunderscore(?:\{\}|\s)?|\\string\s*_")
_IN_ADDRESS = re.compile(r"https?://[^\s{}]*$")
_CODE = re.compile(r"%[0-9A-Fa-f]{2}")
_MACRO = re.compile(
    r"\\(?:atlas)?feature\*?\s*(?:\[(?:[^\[\]{}]|\{[^{}]*\})*\])?\s*"
    r"\{\s*(?P<name>[^\s{}]+)\s*\}\s*\{\s*(?P<number>(?:[^{}]|\{[^{}]*\})+?)\s*\}"
)
_COMMENT = re.compile(r"\\begin\s*\{comment\}.*?\\end\s*\{comment\}", re.DOTALL)
_CODE_SHOWN = re.compile(
    r"\\(?:verb|lstinline)\*?(?P<sign>[^\w\s*{]).*?(?P=sign)"
    r"|\\begin\s*\{(?P<kind>(?:verbatim|Verbatim|lstlisting|minted)\*?)\}(?s:.*?)\\end\s*\{(?P=kind)\}"
)
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*(?:\{\s*(?P<braced>[^{}]+?)\s*\}|\s(?P<bare>[^\s{}\\]+))")
_DEFINED = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s*\{?\s*(?P<new>\\[A-Za-z@]+)\s*\}?\s*\{(?P<content>[^{}]*)\}"
    r"|\\[gex]?def\s*(?P<old>\\[A-Za-z@]+)\s*\{(?P<text>[^{}]*)\}"
)
_OTHER_INPUTS = (".pgf", ".tikz", ".pdf_tex", ".eps_tex", ".sty", ".cls", ".def", ".cfg")
"what papers take in that is drawn or set, not written"


def without_comments(text: str) -> str:
    """The same lines without what LaTeX passes over."""
    return _COMMENT.sub(_blank, "\n".join(_uncommented(text.splitlines())))


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def _uncommented(lines: Sequence[str]) -> Iterator[str]:
    """Lines without what follows a `%`; an address that goes on behind one is put together."""
    pending, skipped = "", 0
    for line in lines:
        kept, cut = _before_comment(line)
        whole = pending + (kept.lstrip() if pending else kept)
        if cut and _IN_ADDRESS.search(whole) and line.rstrip().endswith("%"):
            pending, skipped = whole, skipped + 1
            continue
        yield whole
        yield from [""] * skipped
        pending, skipped = "", 0
    if pending:
        yield pending


def _before_comment(line: str) -> tuple[str, bool]:
    """What stands before a comment, and whether there is one; `%20` within an address is none."""
    for match in re.finditer("%", line):
        before = line[: match.start()]
        escaped = (len(before) - len(before.rstrip("\\"))) % 2 == 1
        code = _IN_ADDRESS.search(before) and _CODE.match(line, match.start())
        if not escaped and not code:
            return before, True
    return line, False


def unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", _UNDER.sub("_", _TILDE.sub("~", text)))


def macros_in(paper: Path, text: str, package: Package) -> Iterator[Reference]:
    r"""`\feature{block2}{1234}`, as the package of the site links it."""
    text = _CODE_SHOWN.sub(_blank, text)
    for match in _MACRO.finditer(text):
        name, number = unescaped(match["name"]), match["number"]
        if _is_of_definition(match) or not re.search("[0-9]", number):  # a command of the same name
            continue
        whole = str(int(number)) if re.fullmatch("[0-9]+", number) else number
        today = package.former.get(name, name)
        yield Reference(
            paper=str(paper),
            place=str(text.count("\n", 0, match.start()) + 1),
            written=f"\\feature{{{name}}}{{{number}}}",
            path=f"f/{today}/{whole}.html",
            version=package.fingerprints.get(today, ""),
        )


def _is_of_definition(match: re.Match[str]) -> bool:
    """Whether what is named depends on what a macro is called with."""
    return any(re.search(r"#|\\(?![_%#&~{}$])", match[part]) for part in ("name", "number"))


def unfollowed(
    text: str, given: Collection[Path], folders: Collection[Path], bases: Bases
) -> Iterator[tuple[int, str, str]]:
    """Where links may be that are not read: line, what stands there, and what to do.

    `given` are the papers that are read, and `folders` those from which LaTeX may take their parts.
    """
    text = _CODE_SHOWN.sub(_blank, text)

    def line(match: re.Match[str]) -> int:
        return text.count("\n", 0, match.start()) + 1

    for match in _INPUT.finditer(text):
        name = match["braced"] or match["bare"]
        suffix = Path(name).suffix.lower()
        files = {(folder / named).resolve() for folder in folders for named in (name, f"{name}.tex")}
        if suffix not in _OTHER_INPUTS and "#" not in name and not files & set(given):
            yield line(match), match.group(), "; give that file, too, if it has links"
    for match in _DEFINED.finditer(text):
        content = unescaped(match["content"] or match["text"] or "").strip()
        rest = bases.path_of(content) if re.match(r"https?://", content, re.IGNORECASE) else None
        if rest is not None and (not rest or rest.endswith("/")):
            name = match["new"] or match["old"]
            yield line(match), name, ", which holds the start of addresses; check the PDF, in which they are whole"
    for match in _MACRO.finditer(text):
        if _is_of_definition(match):
            yield line(match), match.group(), ", which depends on a macro; check the PDF, in which addresses are whole"
