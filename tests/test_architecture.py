"""The rules of the house: who may import whom, and how large a file or a function may grow.

The source is read, never imported; imports inside functions count like any other.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

SHARED = (
    "errors",
    "digests",
    "formatting",
    "progress",
    "config",
    "schema",
    "store",
    "stages",
    "audio",
    "speech",
    "pool",
)
"the top of the upper half; the lower half may use it too, so none of it reaches torch"
UPPER = (
    *SHARED,
    "encoders",
    "dictionaries",
    "corpus",
    "annotate",
    "readouts",
    "measure",
    "effects",
    "engines",
    "train",
)
LOWER = ("reading", "analyse", "explain", "media", "render", "exports", "publish")
TOP = ("cli", "door", "pipeline", "planning", "demo", "__main__")
"what may know both halves; `planning` tries windows in the upper one, and reckons the bytes of the lower one's pages"

TORCH = ("torch", "torchaudio", "whisper", "transformers", "safetensors.torch")
SHOWING = ("jinja2", "altair", "vl_convert")
HEAVY = (*TORCH, "numba", "polars", "numpy", "scipy", "pydantic", "huggingface_hub", "soundfile")
VAGUE = ("utils", "util", "helpers", "helper", "manager", "managers", "misc", "common")

FILE_LINES = 350
FUNCTION_LINES = 50
KEYWORDS_FROM = 6  # fields of a dataclass


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        """The entry of the lists above that the module belongs to; empty for the package itself."""
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    @property
    def imports(self) -> set[str]:
        return {name for node in self.imported for name in self.named_by(node)}

    @property
    def imported(self) -> Iterator[ast.AST]:
        """Every node; of the package itself without what only type checkers see, as it imports names when asked."""
        tops = [node for node in self.tree.body if not (self.name == "atlas" and is_for_type_checkers(node))]
        return (node for top in tops for node in ast.walk(top))

    def named_by(self, node: ast.AST) -> Iterator[str]:
        """The dotted names that an import statement may mean; `from a import b` may mean `a` and `a.b`."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            parents = self.name.split(".") if self.path.stem == "__init__" else self.name.split(".")[:-1]
            above = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


@dataclass(frozen=True, slots=True)
class House:
    modules: dict[str, Module]

    def rooms(self, names: tuple[str, ...]) -> list[Module]:
        return [module for module in self.modules.values() if module.room in names]

    def edges(self, module: Module) -> set[str]:
        """The modules that a module imports: of `a` and `a.b`, the more particular one."""
        own = {name for name in module.imports if name in self.modules}
        return {name for name in own if not any(other.startswith(name + ".") for other in own)} - {module.name}

    def path_to(self, start: str, packages: tuple[str, ...]) -> list[str]:
        """The shortest chain of imports by which a module reaches one of the packages; empty where it does not."""
        queue, seen = [[start]], {start}
        while queue:
            chain = queue.pop(0)
            module = self.modules[chain[-1]]
            found = sorted(name for name in module.imports if is_of(name, packages))
            if found:
                return [*chain, found[0]]
            reached = (self.edges(module) | self.parents(module)) - seen
            seen |= reached
            queue += [[*chain, name] for name in sorted(reached)]
        return []

    def parents(self, module: Module) -> set[str]:
        """Importing a module runs the packages that it lies in."""
        parts = module.name.split(".")
        return {".".join(parts[:length]) for length in range(1, len(parts))} & self.modules.keys()


def is_for_type_checkers(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def is_of(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def house_of(sources: dict[Path, str]) -> House:
    modules = {}
    for path, source in sources.items():
        parts = path.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, ast.parse(source))
    return House(modules)


FILES = sorted((ROOT / "atlas").rglob("*.py"))
HOUSE = house_of({path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in FILES})
MODULES = HOUSE.modules


def test_torch_is_found_at_the_end_of_a_chain_of_imports() -> None:
    house = house_of(
        {
            Path("atlas/media/audio.py"): "def load():\n    from atlas.store import read\n",
            Path("atlas/store.py"): "import atlas.deep.tensors\n",
            Path("atlas/deep/__init__.py"): "from torch import nn\n",
            Path("atlas/deep/tensors.py"): "",
        }
    )

    chain = ["atlas.media.audio", "atlas.store", "atlas.deep.tensors", "atlas.deep", "torch"]
    assert house.path_to("atlas.media.audio", TORCH) == chain
    assert house.path_to("atlas.media.audio", SHOWING) == []


def test_relative_imports_name_the_module_that_they_reach() -> None:
    names = ("atlas/render/charts.py", "atlas/render/__init__.py", "atlas/schema.py")
    pages = "from . import charts\nfrom ..schema import CLIPS\n"
    house = house_of({Path("atlas/render/templating.py"): pages} | {Path(name): "" for name in names})

    assert house.edges(house.modules["atlas.render.templating"]) == {"atlas.render.charts", "atlas.schema"}


def test_every_module_has_a_place_in_the_lists() -> None:
    known = ("", *UPPER, *LOWER, *TOP)

    assert [module.name for module in MODULES.values() if module.room not in known] == []


def test_the_lower_half_and_what_it_shares_never_reach_torch() -> None:
    chains = [HOUSE.path_to(module.name, TORCH) for module in HOUSE.rooms((*SHARED, *LOWER))]

    assert [" -> ".join(chain) for chain in chains if chain] == []


def test_the_upper_half_never_imports_what_shows() -> None:
    chains = [HOUSE.path_to(module.name, SHOWING) for module in HOUSE.rooms(UPPER)]

    assert [" -> ".join(chain) for chain in chains if chain] == []


@pytest.mark.parametrize(("half", "shared"), [(UPPER, ()), (LOWER, SHARED)], ids=["upper", "lower"])
def test_a_module_imports_only_from_above_it(half: tuple[str, ...], shared: tuple[str, ...]) -> None:
    upwards = []
    for module in HOUSE.rooms(half):
        allowed = ("", *shared, *half[: half.index(module.room) + 1])
        upwards += [
            f"{module.name} imports {name}" for name in HOUSE.edges(module) if MODULES[name].room not in allowed
        ]

    assert upwards == []


def test_one_module_alone_knows_pydub() -> None:
    assert [name for name, module in MODULES.items() if "pydub" in module.imports] == ["atlas.audio.files"]


def test_a_class_name_stands_for_one_thing() -> None:
    homes: dict[str, list[str]] = {}
    for module in MODULES.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module.name)

    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_large_records_are_constructed_by_keyword() -> None:
    positional = {
        node.name
        for module in MODULES.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(is_positional_dataclass(decorator) for decorator in node.decorator_list)
        and sum(isinstance(field, ast.AnnAssign) for field in node.body) >= KEYWORDS_FROM
    }

    assert positional == set()


def is_positional_dataclass(decorator: ast.expr) -> bool:
    text = ast.unparse(decorator)
    return text.startswith("dataclass") and "kw_only=True" not in text


def test_no_module_imports_itself_through_others() -> None:
    sorter = TopologicalSorter({name: HOUSE.edges(module) for name, module in MODULES.items()})

    sorter.prepare()  # names the circle in a CycleError


def test_the_command_line_starts_without_what_is_heavy() -> None:
    for module in HOUSE.rooms(("cli", "__main__")):
        script = f"import sys, {module.name}; sys.stdout.write(' '.join(sys.modules))"
        result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

        assert set(result.stdout.split()) & set(HEAVY) == set(), module.name


def test_importing_the_package_imports_nothing_but_itself() -> None:
    script = "import sys; before = set(sys.modules); import atlas; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert [name for name in result.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names] == ["atlas"]


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
def test_a_module_is_named_described_and_of_readable_size(module: Module) -> None:
    assert module.path.stem not in VAGUE
    assert ast.get_docstring(module.tree), "a module says what it does"
    assert len((ROOT / module.path).read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    lengths = {function.name: (function.end_lineno or 0) - function.lineno + 1 for function in module.functions}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.name)
def test_a_module_does_not_print(module: Module) -> None:
    calls = [node.func for node in ast.walk(module.tree) if isinstance(node, ast.Call)]

    assert [call.lineno for call in calls if isinstance(call, ast.Name) and call.id == "print"] == []
