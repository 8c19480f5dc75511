"""A small site that `atlas check` passes, and its config."""

import json
from collections.abc import Mapping
from pathlib import Path

from atlas.publish.checks import REQUIRED
from atlas.render.templating import POLICY

HEAD = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY.replace(chr(39), "&#39;")}">'


def write_site(
    folder: Path,
    features: Mapping[str, int],
    title: str = "A small atlas",
    base_url: str | None = None,
    redirects: Mapping[str, str] | None = None,
    files: bool = True,
) -> Path:
    """A site of dictionaries with so many features."""
    index = {"dictionaries": [{"name": name, "features": n, "scripts": {"core": 1}} for name, n in features.items()]}
    pages = {name: f"{HEAD}<title>{title}</title>" for name in REQUIRED}
    pages |= {f"d/{name}.html": f"{HEAD}<title>{name}</title>" for name in features}
    pages |= {
        f"f/{name}/{number}.html": f'{HEAD}<title>{name}/{number}</title><a href="../../index.html">up</a>'
        for name, n in features.items()
        for number in range(n)
    }
    pages |= {f"data/{name}/core.js": "" for name in features} | {
        "data/index.js": f"atlasIndex({json.dumps(index)});\n"
    }
    pages |= {".nojekyll": "", "assets/site.css": "p { margin: 0 }", ".atlas-site": "mark"}
    pages["site.json"] = json.dumps(manifest(features, title, base_url, redirects or {}, files))
    for name, content in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def manifest(
    features: Mapping[str, int], title: str, base_url: str | None, redirects: Mapping[str, str], files: bool
) -> dict[str, object]:
    return {
        "format": 1,
        "title": title,
        "tool": "audio-feature-atlas 0.1.0",
        "base_url": base_url,
        "doi": None,
        "atlas": "0123456789abcdef",
        "figures": "89abcdef",
        "files_for_features": files,
        "dictionaries": {
            name: {
                "features": n,
                "identity": f"{name:0<8}"[:8],
                "sha256": name * 8,
                "tap": "encoder.blocks.2",
                "control_of": None,
            }
            for name, n in features.items()
        },
        "redirects": dict(redirects),
    }


def config_text(
    names: tuple[str, ...], title: str = "A small atlas", base_url: str | None = None, redirects: str = "{}"
) -> str:
    entries = "".join(
        f'[[dictionary]]\nname = "{name}"\ntap = "encoder.blocks.2"\ncheckpoint = "ae.pt"\ncontrol = false\n\n'
        for name in names
    )
    address = f'base_url = "{base_url}"\n' if base_url else ""
    return (
        f'title = "{title}"\n\n[corpus]\nmanifest = "manifest.csv"\n\n[encoder]\nmodel = "tiny.en"\n\n{entries}'
        f"[site]\nredirects = {redirects}\n{address}"
    )
