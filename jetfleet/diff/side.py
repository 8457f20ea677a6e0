"""One side of a comparison: the spec of a commit or of the working tree, rendered."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError

from jetfleet import board, template
from jetfleet.diff.revision import take
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import roles_beside, roles_of
from jetfleet.render import Rendered, review
from jetfleet.role.role_input import OWN_FILES
from jetfleet.workstation.workstation import committed_lock_path

_OWN = ("roles", "templates")
"""Folders of a fleet beside its ``deploys/``."""


@dataclass(frozen=True)
class Side:
    """The hosts of one side, and notes on how they were rendered."""

    hosts: tuple[Rendered, ...] = ()
    not_locked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def side(spec: Path, deploy: Path, root: Path, revision: str, commit: str) -> Side:
    """Return the hosts of a spec at a commit of the repository in `root`; without one as it is.

    Lock, deploy, templates, programs and roles of the fleet's own are those of the same commit,
    where the repository has them; the product's code is the one that runs. A spec that the commit
    does not have has no hosts.

    Raises
    ------
    FleetError
        The spec is wrong there: the message names the revision.

    """
    if not commit:
        return _rendered(spec, deploy)
    inside = [path.resolve().relative_to(root.resolve()) for path in (spec.parent, deploy.parent)]
    paths = [inside[0] / spec.name, inside[0] / committed_lock_path(spec).name]
    paths += [inside[1] / deploy.name, inside[0] / OWN_FILES]
    ours = [one for one in (template.ROOT, *board.folders()) if one.is_relative_to(root)]
    paths += [one.relative_to(root) for one in ours]
    # Other deploys say whose settings the spec may have.
    own = [inside[1]] if inside[1].parts else []
    own += [] if ours else [inside[1].parent / name for name in _OWN]
    with tempfile.TemporaryDirectory(prefix="jetfleet-diff-") as scratch:
        folder = Path(scratch)
        take(root, commit, [*paths, *own], folder)
        if not (folder / paths[0]).is_file():
            return Side(notes=(f"{revision} has no {paths[0]}: all of it is new",))
        then = folder / paths[2] if (folder / paths[2]).is_file() else deploy
        theirs = [folder / one.relative_to(root) for one in ours]
        changed = any(map(_differ, ours, theirs))
        try:
            return _at(folder / paths[0], then, theirs if changed else [], revision)
        except FleetError as error:
            said = str(error).replace(f"{folder}/", "")
            raise FleetError(f"at {revision}:\n{said}") from None


def _at(spec: Path, deploy: Path, sources: list[Path], revision: str) -> Side:
    try:
        with ExitStack() as using:
            for source, take_from in zip(sources, _SOURCES, strict=False):
                # Old revisions have the programs among their templates.
                if source.is_dir():
                    using.enter_context(take_from(source))
            return _rendered(spec, deploy)
    except (TemplateError, FileNotFoundError) as error:
        note = (
            f"the templates of {revision} do not work with this jetfleet ({error}): the current "
            "templates are used"
        )
        return _rendered(spec, deploy, note)


_SOURCES = (template.templates_of, board.programs_of)
"""Context managers that use the templates and the programs of another folder."""


def _rendered(spec: Path, deploy: Path, *notes: str) -> Side:
    found = review(spec, roles_of(deploy), roles_beside(deploy))
    return Side(found.hosts, found.gaps, notes)


def _differ(one: Path, other: Path) -> bool:
    """Return whether two folders differ; rendering from the current folder is faster."""
    texts = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.suffix in {".j2", ".py", ".sh"}
        }
        for folder in (one, other)
    )
    return next(texts) != next(texts)
