"""Papers that link to an atlas, in every format, and the site that they link to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from atlas.config.site import SiteConfig
from atlas.publish.serve import address_of, server_of
from atlas.render.pages import dictionary, feature, home, manifest, search, standing
from atlas.render.site import SiteAtlas
from tests.render.sites import opened
from tests.synthetic import Spec

BASE = "https://example.org/atlas/"
FORMER = "https://old.example.org/"


def published(folder: Path, settings: SiteConfig | None = None) -> SiteAtlas:
    """A made-up atlas in `tables`, and so much of its site in `site` as papers link to."""
    given = settings or SiteConfig(base_url=BASE, redirects={"block1": "block2"})
    atlas = opened(folder / "tables", Spec(features=24, clips=24), given)
    kinds = [kind.pages(atlas) for kind in (home, dictionary, search, standing, manifest)]
    if not atlas.aliased:
        kinds += [feature.pages(atlas, name, 0, 24) for name in atlas.names]
    for pages in kinds:
        for address, content in pages:
            path = folder / "site" / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return atlas


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a site while a server offers it."""
    with server_of(site) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield address_of(server)
        finally:
            server.shutdown()
            thread.join()


def pdf(path: Path, annotated: Sequence[str], lines: Sequence[str] = (), password: str = "") -> Path:
    """A page with links over nothing, and lines of text that are none."""
    writer = PdfWriter()
    page = writer.add_blank_page(400, 400)
    for number, address in enumerate(annotated):
        writer.add_annotation(0, Link(rect=(10, 10 * number, 90, 10 * number + 8), url=address))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
    )
    shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 10 Tf 20 380 Td {shown}ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)
    return path
