"""A new fleet's repository: files that are right as they are laid out, for a person to fill in."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from jetfleet.errors import FleetError
from jetfleet.spec.schema import json_schema
from jetfleet.text import format_json

DATA = Path(__file__).parent / "data"
DEPLOYS = Path(__file__).parents[1] / "deploys"

# Under their own names these would act in this repository too.
_NAMES = {
    "gitignore": ".gitignore",
    "github": ".github",
    "gitlab-ci.yml": ".gitlab-ci.yml",
    "init.py.txt": "__init__.py",
    "lab.py.txt": "lab.py",
}


def files() -> dict[str, str]:
    """Return the text of every file of a new repository by its path in it."""
    found = {
        _named(path.relative_to(DATA)): path.read_text(encoding="utf-8")
        for path in sorted(DATA.rglob("*"))
        if path.is_file()
    }
    found["requirements.txt"] = found["requirements.txt"].replace("VERSION", version("jetfleet"))
    deploys = {
        f"deploys/{path.name}": path.read_text(encoding="utf-8") for path in DEPLOYS.glob("*.py")
    }
    schema = format_json(json_schema()) + "\n"
    return {**found, **deploys, "inventory/spec.schema.json": schema}


def lay_out(folder: Path) -> list[str]:
    """Write the files of a new repository to `folder`, and return their paths in it.

    Raises
    ------
    FleetError
        One of them is there already: then nothing is written at all.

    """
    texts = files()
    there = [name for name in texts if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        raise FleetError(
            f"{folder} has {', '.join(there)} already, and nothing is overwritten: name a new "
            "folder, or move these away"
        )
    try:
        for name, text in texts.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise FleetError(f"{folder} cannot be written ({error}): name another folder") from error
    return list(texts)


def _named(path: Path) -> str:
    return "/".join(_NAMES.get(part, part) for part in path.parts)
