"""A checked site in a folder that another host's own program uploads, with the command that does it."""

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from atlas.errors import AtlasError
from atlas.formatting import counted, duration, plain
from atlas.progress import Echo
from atlas.publish.addresses import NO_ADDRESS
from atlas.publish.changes import NO_FILES, STAYING, Present, PublishPlan, make_plan
from atlas.publish.content import Blob, blob_of
from atlas.publish.publishing import INDENT, Confirm, Order, checked, decided
from atlas.publish.written import Written, check_room, entry_of, files_there, of_others, read_list, write_list
from atlas.render.writing import put
from atlas.schema.site import PublishedSite

README = "README.md"


def publish_into_folder(order: Order, confirm: Confirm, echo: Echo) -> None:
    """Write the site into a folder, and say how it goes to the host from there."""
    folder = _folder(order)
    site, files = checked(order, echo)
    there = files_there(folder) if folder.is_dir() else {}
    ours = read_list(folder)
    front = {README: readme_of(site)} if order.host.wants_readme and README not in there else NO_FILES
    present = _present(folder, there, ours, order)
    remarks = [*([] if site.base_url else [NO_ADDRESS]), *_of_readme(order, there)]
    plan = replace(make_plan(files, site, order.under, present, front), remarks=tuple(remarks))
    check_room(folder, plan.written, plan.kept)
    if decided(order, site, plan, present, confirm, echo):
        started = time.monotonic()
        _write(folder, plan, ours or {})
        echo(f"publish    {counted(len(plan.tree), 'file')} in {folder}, in {duration(time.monotonic() - started)}")
        if order.host.upload:
            echo(f"{INDENT}upload it: {order.host.upload.format(folder=shlex.quote(str(folder)))}")


def _folder(order: Order) -> Path:
    if order.to is None:
        raise AtlasError(f"{order.host.title}: say with --to which folder the site is to be written into")
    if "://" in order.to or order.to.startswith("git@"):
        raise AtlasError(
            f"--to {order.to}: {order.host.title} is not published to by git; give a folder, which its own program"
            " uploads"
        )
    folder, site = Path(order.to).expanduser().resolve(), order.site.resolve()
    if folder.is_relative_to(site) or site.is_relative_to(folder):
        raise AtlasError(f"--to {order.to}: holds the site {order.site}, or lies in it; give another folder")
    if folder.exists() and not folder.is_dir():
        raise AtlasError(f"--to {order.to}: a file; give a folder")
    return folder


def _present(folder: Path, there: Mapping[str, Blob], ours: Written | None, order: Order) -> Present:
    theirs = of_others(there, ours or {})
    foreign = None
    if there and ours is None:
        foreign = f"{folder} holds files that `atlas publish` did not write, such as {plain(min(there))}: look at them"
    stays = theirs | ({README} if order.host.wants_readme else frozenset())
    beside = [path for path in there if path in stays or (order.under and not path.startswith(f"{order.under}/"))]
    return Present(
        shown=str(folder),
        tree={path: entry_of(folder, path, blob) for path, blob in there.items()},
        read=lambda path: there[path].content(),
        sizes={STAYING: sum(there[path].size for path in beside)} if there else {},
        foreign=foreign,
        stays=stays,
        theirs=theirs,
    )


def readme_of(site: PublishedSite) -> Blob:
    """The `README.md` by which Hugging Face serves files as they are; a JSON text is one of YAML, too."""
    title = json.dumps(" ".join(site.title.split()), ensure_ascii=False)
    lines = ["---", f"title: {title}", "emoji: 🎧", "colorFrom: blue", "colorTo: green", "sdk: static", "pinned: false"]
    words = "What the features of an audio model’s sparse autoencoders respond to, to see and to hear."
    return blob_of("\n".join([*lines, "---", "", words, ""]).encode("utf-8"))


def _of_readme(order: Order, there: Mapping[str, Blob]) -> list[str]:
    """What to say of a README.md that lies there already: it stays, whoever wrote it."""
    if not order.host.wants_readme or README not in there or b"sdk: static" in there[README].content():
        return []
    return [f"{README} is there and stays, but does not say `sdk: static`, which {order.host.title} needs"]


def _write(folder: Path, plan: PublishPlan, ours: Written) -> None:
    """Before the first file is written, the list names what is and what will be: a run that stops is known as ours."""
    new = {path: (blob.sha,) for path, blob in plan.written.items()}
    meanwhile = {path: (*ours.get(path, ()), *shas) for path, shas in new.items()}
    write_list(folder, {**ours, **meanwhile})
    for path, blob in plan.written.items():
        put(folder, path, blob.content())
    for path in plan.changes.gone:
        (folder / path).unlink()
        for above in (folder / path).parents:
            if above == folder or any(above.iterdir()):
                break
            above.rmdir()
    write_list(folder, {path: shas for path, shas in {**ours, **new}.items() if path in plan.tree})
