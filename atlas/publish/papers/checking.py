"""All links of some papers against a site: the table that a person reads, and the JSON that a program does."""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from atlas.errors import AtlasError
from atlas.formatting import counted, listed
from atlas.publish.papers.access import open_site
from atlas.publish.papers.judging import FIGURES_CHANGED, GOOD, PASSING, STATUSES, LinkFinding, judged
from atlas.publish.papers.reading import not_followed, references_in
from atlas.publish.papers.references import Reference, bases_of
from atlas.schema.site import PublishedSite

LOG = logging.getLogger(__name__)
_STYLES = {GOOD: "green", FIGURES_CHANGED: "yellow"} | dict.fromkeys(PASSING, "green")


@dataclass(frozen=True, slots=True)
class CheckedPapers:
    """What was found of the links of papers."""

    site: PublishedSite
    where: str
    findings: tuple[LinkFinding, ...]

    def failing(self, allowed: Sequence[str] = ()) -> list[LinkFinding]:
        """Those that need a change, but for statuses that are allowed."""
        return [finding for finding in self.findings if finding.status not in (*PASSING, *allowed)]


def check_papers(papers: Sequence[Path], place: str, former: Sequence[str]) -> CheckedPapers:
    """Read the links of papers to a site in a folder or on a host, and hold them against it.

    `former` are addresses at which the site lay before. A paper without a single link is refused: most likely it links
    to another site.
    """
    site, known = open_site(place)
    on_host = [site.where] if not site.near else []
    bases = bases_of([*([known.base_url] if known.base_url else []), *on_host, *former])
    if not bases.addresses:
        raise AtlasError(
            f"{place}: site.json does not say where the site is published, so links to it cannot be told from others;"
            " set [site] base_url and render, or give --base ADDRESS"
        )
    references: list[Reference] = []
    for paper in papers:
        own = references_in(paper, bases)
        if not own:
            raise AtlasError(
                f"{paper}: has no link to this atlas, that is to {listed(list(bases.addresses), 'or')}; where it links"
                " to a former address of the site, give that as --base"
            )
        references += own
    for told in not_followed(papers, bases):
        LOG.warning("%s", told)
    return CheckedPapers(known, site.where, tuple(judged(references, site, known)))


def print_table(checked: CheckedPapers, console: Console) -> None:
    """A row a link, and in lines below it what it lacks."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("status", no_wrap=True)
    table.add_column("where", overflow="fold")
    table.add_column("link, and what it shows today", overflow="fold", ratio=1)
    names = Counter(paper.name for paper in {Path(finding.reference.paper) for finding in checked.findings})
    for finding in checked.findings:
        link = Text(_short(finding))
        if finding.label:
            link.append(f"  {finding.label}", style="italic")
        if finding.note:
            link.append(f"\n{finding.note}", style="dim")
        status = Text(finding.status, style=_STYLES.get(finding.status, "red"))
        table.add_row(status, Text(_where(finding, names)), link)
    console.print(table)


def _where(finding: LinkFinding, names: Counter[str]) -> str:
    """`paper.tex:12`, `paper.pdf, page 3`; with its folder where two papers have the same name."""
    reference = finding.reference
    paper = Path(reference.paper)
    shown = paper.name if names[paper.name] == 1 else str(paper)
    return f"{shown}, {reference.place}" if reference.place.startswith("page") else f"{shown}:{reference.place}"


def closing_line(checked: CheckedPapers) -> str:
    """How many links there are, and how they are."""
    number = Counter(finding.status for finding in checked.findings)
    papers = len({finding.reference.paper for finding in checked.findings})
    parts = ", ".join(f"{number[status]:,} {status}" for status in STATUSES if number[status])
    return f"links      {counted(len(checked.findings), 'link')} in {counted(papers, 'paper')}: {parts}"


def json_of(checked: CheckedPapers) -> str:
    """The same for programs."""
    content = {
        "site": checked.where,
        "title": checked.site.title,
        "figures": checked.site.figures,
        "links": list(_rows(checked.findings)),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _rows(findings: Sequence[LinkFinding]) -> Iterator[dict[str, str | bool]]:
    for finding in findings:
        reference = finding.reference
        yield {
            "paper": reference.paper,
            "place": reference.place,
            "written": reference.written,
            "page": reference.path,
            "version": reference.version,
            "status": finding.status,
            "passing": finding.status in PASSING,
            "note": finding.note,
            "label": finding.label,
        }


def _short(finding: LinkFinding) -> str:
    """A link without what is the same for all: the page, and what follows it."""
    reference = finding.reference
    if reference.written.startswith("\\"):
        return reference.written
    features = f"features={','.join(reference.features)}" if reference.features else ""
    asked = "&".join(filter(None, (features, reference.version and f"v={reference.version}")))
    behind = f"{'?' if asked else ''}{asked}{'#' if reference.anchor else ''}{reference.anchor}"
    return f"{reference.path or 'index.html'}{behind}"
