"""Rules of the code: the order of imports, what stays pure, which names pyinfra takes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyinfra.api.arguments import all_argument_meta

from jetfleet.converge.operation import converge
from jetfleet.converge.rows import ask
from jetfleet.resources import KINDS, File, RunOptions
from jetfleet.role.seed import seed
from jetfleet.runtimes.registry import runtimes
from jetfleet.spec.source import FORMS
from tests.support.rendered import HOSTS, ROOT, desk, lab
from tests.support.sources import tree_of

PURE = (
    "jetfleet/spec", "jetfleet/catalog", "jetfleet/memory", "jetfleet/validate",
    "jetfleet/steps", "jetfleet/resources", "jetfleet/containers", "jetfleet/runtimes", "roles",
    "jetfleet/rollout/spec",
)  # fmt: skip
FORBIDDEN = {
    "pyinfra", "paramiko", "gevent", "requests", "socket", "subprocess", "random", "time",
    "datetime", "os", "secrets", "tempfile",
}  # fmt: skip

# Imports run one way: what has a place may import what stands before it. The folder of a
# runtime or hub is one place for people and two for imports: its part of a spec, and the rest
# (docs/adr/0017, 0018).
ORDER = (
    "errors", "garbage", "late_import", "board", "redaction", "text", "hostkeys", "ssh", "template",
    "environment", "defect", "events", "atomic_write", "process", "runtimes.folders",
    "hubs.folders", "spec", "cmdline", "catalog", "lock", "memory", "steps", "transport",
    "audit",
    "resources", "survey", "drift", "workstation", "role", "containers", "runtimes", "validate",
    "hubs", "bundle", "roles", "fleet", "render", "diff", "inventory", "run", "plan", "apply",
    "status", "bench", "converge", "rollout", "report", "adopt", "extra", "doctor", "starter",
    "cli",
)  # fmt: skip


def modules(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path, tree_of(path)


def of_a_board(path: Path) -> bool:
    """Tell whether a file runs on a board, where it may do what our own code may not."""
    return path.is_relative_to(ROOT / "jetfleet/runtimes") and path.parent.name == "board"


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("folder", PURE)
def test_pure_packages_touch_nothing_outside(folder: str) -> None:
    for path, tree in modules(folder):
        touched = {name.split(".")[0] for name in imported(tree)} & FORBIDDEN
        assert not touched or of_a_board(path), path


def test_programs_of_boards_import_modules_that_travel_with_them() -> None:
    """On a board there is no package `jetfleet`: `from jetfleet.board import x` finds nothing."""
    for folder in ("jetfleet/board", "jetfleet/runtimes"):
        for path, tree in modules(folder):
            if path.parent.name == "board" and path.name != "__init__.py":
                nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
                packages = {node.module for node in nodes} & {"jetfleet", "jetfleet.board"}
                assert not packages, path


def test_roles_never_import_each_other() -> None:
    for path, tree in modules("roles"):
        own = path.relative_to(ROOT / "roles").parts[0]
        for name in imported(tree):
            if name.startswith("jetfleet.roles."):
                assert name.split(".")[2] == own, path


def test_every_room_has_its_place() -> None:
    rooms = {path.parent for path in (ROOT / "jetfleet").glob("*/__init__.py")}
    files = set((ROOT / "jetfleet").glob("*.py")) - {ROOT / "jetfleet/__init__.py"}
    assert {path.stem for path in rooms | files} == {place for place in ORDER if "." not in place}


def test_imports_run_one_way() -> None:
    for folder in ("jetfleet", "roles"):
        for path, tree in modules(folder):
            own = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for name in imported(tree):
                other = _room(name)
                if own and other and other != own:
                    assert ORDER.index(other) < ORDER.index(own), f"{path} imports {name}"


def _room(module: str) -> str | None:
    """Where a module lives; None for others' modules and for the package itself."""
    first, *rest = module.removeprefix("jetfleet.").split(".")
    if first == "roles":
        return first
    first, *rest = module.split(".")
    if re.fullmatch(r"jetfleet\.(runtimes|hubs)\.\w+\.(spec|settings)(\.\w+)?", module):
        return "spec"
    if first == "jetfleet" and ".".join(rest[:2]) in ORDER:
        return ".".join(rest[:2])
    return rest[0] if first == "jetfleet" and rest and rest[0] in ORDER else None


@pytest.mark.parametrize("operation", [converge, ask])
def test_no_parameter_is_one_that_pyinfra_takes_for_itself(operation: object) -> None:
    names = inspect.signature(operation._inner).parameters
    assert not set(names) & set(all_argument_meta)


def test_every_template_is_used() -> None:
    folder = ROOT / "templates"
    templates = {
        "/" + "/".join(path.relative_to(folder).parts[1:]).removesuffix(".j2")
        for path in folder.rglob("*.j2")
    }
    written = {key.removeprefix("file:") for host in HOSTS for key in lab().resources(host)}
    of_service = r"(jetfleet-|/etc/jetfleet/)[a-z]+(\.service|/run)$"
    written |= {re.sub(of_service, r"\1NAME\2", path) for path in written}
    written |= {resource.id for resource in seed("/models")}
    drop_in = r"/[^/]+\.d/jetfleet-files"
    written |= {re.sub(drop_in, "/NAME.d/jetfleet-files", one.id) for one in desk().values()}
    assert templates <= written


# Other things have the name of a runtime, too: a hub, a kind of resource, a protocol, a backend of
# Triton.
OTHER_THINGS = {
    "jetfleet/hubs/ollama/spec.py": {"ollama"},
    "jetfleet/resources/ollama.py": {"ollama"},
    "jetfleet/resources/applied/kinds.py": {"ollama"},
    "jetfleet/render/review.py": {"ollama"},
    "jetfleet/runtimes/base.py": {"ollama", "triton"},
    "jetfleet/runtimes/benchmark.py": {"ollama"},
    "jetfleet/board/__init__.py": {"ollama", "triton"},
    "jetfleet/board/load_client.py": {"ollama"},
    "jetfleet/board/ollama_server.py": {"ollama"},
    "jetfleet/board/ready.py": {"ollama", "triton"},
    "jetfleet/board/triton_server.py": {"triton", "vllm"},
}


def _outside_of_the_runtimes() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("jetfleet", "roles", "deploys"):
        for path, tree in modules(folder):
            parts = path.relative_to(ROOT).parts
            if parts[:2] != ("jetfleet", "runtimes") or len(parts) == 3:
                yield "/".join(parts), tree


def _docstrings(tree: ast.Module) -> set[int]:
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


@pytest.mark.parametrize("name", [name for name in runtimes() if name != "container"])
def test_nothing_outside_its_folder_names_a_runtime(name: str) -> None:
    for path, tree in _outside_of_the_runtimes():
        prose = _docstrings(tree)
        named = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value == name and id(node) not in prose
        ]
        assert not named or name in OTHER_THINGS.get(path, ()), f"{path}:{named} says {name}"


# Words with other meanings, too: a scheme, a kind of resource. Of them only branches are counted.
COMMON_WORDS = {"https", "file"}


def _outside_of_the_hubs() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("jetfleet", "roles", "deploys"):
        for path, tree in modules(folder):
            parts = path.relative_to(ROOT).parts
            if parts[:2] != ("jetfleet", "hubs") or len(parts) == 3:
                yield "/".join(parts), tree


@pytest.mark.parametrize("name", sorted(set(FORMS) - COMMON_WORDS))
def test_nothing_outside_its_folder_names_a_hub(name: str) -> None:
    for path, tree in _outside_of_the_hubs():
        prose = _docstrings(tree)
        named = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if re.match(rf"{name}(:|$)", node.value) and id(node) not in prose
        ]
        runtime_of_that_name = path.startswith(f"jetfleet/runtimes/{name}/")
        allowed = runtime_of_that_name or name in OTHER_THINGS.get(path, ())
        assert not named or allowed, f"{path}:{named} says {name}"


def test_nothing_outside_the_hubs_branches_on_one() -> None:
    _assert_no_branch_on("hub", _outside_of_the_hubs())


def test_nothing_outside_the_runtimes_branches_on_one() -> None:
    _assert_no_branch_on("runtime", _outside_of_the_runtimes())


def _assert_no_branch_on(noun: str, trees: Iterator[tuple[str, ast.Module]]) -> None:
    for path, tree in trees:
        for node in ast.walk(tree):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
            elif isinstance(node, ast.Match):
                sides = [node.subject, ast.Constant("")]
            of_noun = any(_last_name(side) == noun for side in sides)
            texts = [
                one for side in sides for one in ast.walk(side) if isinstance(one, ast.Constant)
            ]
            texts = [one for one in texts if isinstance(one.value, str)]
            assert not (of_noun and texts), f"{path}:{node.lineno} branches on a {noun}"


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_no_word_of_another_product_in_names() -> None:
    never = ("util", "helper", "manager", "handler", "misc")
    for folder in ("jetfleet", "roles", "deploys", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not any(word in path.stem.lower() for word in never), path


def test_survey_has_no_loop_over_resources_of_a_kind() -> None:
    """A kind costs a fixed number of processes, so its script must not repeat with its members."""
    one = File.survey([File("/etc/a", "")], RunOptions())
    many = File.survey([File(f"/etc/{n}", "") for n in range(50)], RunOptions())
    assert one.count("\n") == many.count("\n")
    assert {kind.kind for kind in KINDS} >= {"file", "image", "service"}


def test_each_file_of_resources_is_a_kind() -> None:
    """What all kinds share is in base/; parts of a kind are in its folder."""
    folder = ROOT / "jetfleet/resources"
    homes = {kind.__module__.split(".")[2] for kind in KINDS}
    found = {path.stem for path in folder.iterdir() if path.stem not in {"__init__", "__pycache__"}}
    assert found - homes == {"base"}


def test_no_table_describes_kinds_from_outside() -> None:
    for folder in ("jetfleet", "roles", "deploys"):
        for path, tree in modules(folder):
            if path.parent != ROOT / "jetfleet/events":  # its table is of kinds of events
                assert "functools.singledispatch" not in imported(tree), path


READS_ITS_OWN_JSON = {
    "jetfleet/board/foreign_json.py": "it is the reader of foreign JSON",
    "jetfleet/board/launch.py": "the job that came with it, on standard input",
    "jetfleet/board/port.py": "installed as one file (ADR 15): ready.json, the service's own",
    "jetfleet/board/prestart.py": "installed as one file (ADR 15): ready.json, the service's own",
    "jetfleet/board/ready.py": "ready.json, the service's own",
    "jetfleet/catalog/data_file.py": "data of the package",
    "jetfleet/resources/daemon/daemon.py": "settings that were written as JSON in this process",
    "jetfleet/runtimes/folders.py": "data of the package",
}
"""Files that may use the standard reader of JSON, and what they read with it."""


def test_foreign_json_has_one_reader() -> None:
    found = set()
    for folder in ("jetfleet", "roles", "deploys"):
        for path, tree in modules(folder):
            for node in ast.walk(tree):
                plain = isinstance(node, ast.ImportFrom) and node.module == "json"
                called = isinstance(node, ast.Attribute) and node.attr in {"load", "loads"}
                if plain or (called and ast.unparse(node.value) == "json"):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == set(READS_ITS_OWN_JSON), "read it with jetfleet.text.read_json"


def test_where_things_are_is_true() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = (
        guide.split("| question | file or folder |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    )
    named = [re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1]) for row in rows]
    assert len(rows) >= 20
    gone = [path for paths in named for path in paths if not (ROOT / path).exists()]
    assert not gone, f"CONTRIBUTING.md: write where this is now: {', '.join(gone)}"
    assert all(named), "each question names a path"


def test_no_test_module_is_imported() -> None:
    """What tests share is in tests/support, or in a module beside them."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"from tests(\.\w+)*\.test_\w+ import|from tests\.\w+ import test_", line)
    ]
    assert not found, "\n".join(found)
