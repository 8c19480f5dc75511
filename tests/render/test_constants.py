"""What scripts share with Python is stated in Python alone."""

import json
import re
from pathlib import Path

from atlas.render.charts import DOMAIN_COLOURS, INK, LINE, MUTED
from atlas.render.constants import CONSTANTS
from atlas.render.templating import templates_folder
from tests.render.scripts import in_page

TAKEN = re.compile(r"const \{ ([^}]+) \} = (?:window\.)?atlas\.constants;|atlas\.constants\.(\w+)")


def test_scripts_get_the_values_that_python_has() -> None:
    assert in_page("return atlas.constants") == json.loads(json.dumps(dict(CONSTANTS)))
    assert in_page("return Object.isFrozen(atlas.constants)")


def test_scripts_take_every_constant_and_no_other() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in Path(templates_folder(), "assets").glob("*.js")]
    taken = [taken.split(", ") for script in scripts for taken in map("".join, TAKEN.findall(script))]

    assert {name for names in taken for name in names} == set(CONSTANTS)


def test_charts_are_drawn_in_the_light_colours_of_the_style_sheet() -> None:
    style = Path(templates_folder(), "assets/site.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([a-z]+): light-dark\((#[0-9a-f]{6}),", style))

    assert {**DOMAIN_COLOURS, "ink": INK, "muted": MUTED, "line": LINE}.items() <= light.items()
