"""A virtual environment of Python with packages that are pinned by their hashes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attribute, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.bundle import WHEELS, bring
from jetfleet.steps.shell import words
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = "/usr/local/lib/jetfleet/venvs"
_WHOLE = ".jetfleet-whole"
_DIGITS = 12


@dataclass(frozen=True)
class Venv(Resource[bool]):
    """A virtual environment is whole; the state is whether it is.

    Its folder is named by what is in it, so that one of another version is made beside it. The
    system's own Python gets no package (PEP 668).

    Parameters
    ----------
    name:
        Of the program that it is for.
    requirements:
        A line for each package in the form of pip, with its version and its hash.
    proxy:
        A file on the board with the variables of its HTTP proxy; empty without one.
    offline:
        A bundle has its wheels: the board opens no connection.

    """

    kind: ClassVar[str] = "venv"
    stands_alone: ClassVar[bool] = True
    name: str
    requirements: str
    proxy: str = field(default="", repr=False, compare=False)
    offline: bool = field(default=False, repr=False, compare=False)

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Install {self.name} in a virtual environment"

    @property
    def digest(self) -> str:
        """Hash of its requirements."""
        return hashlib.sha256(self.requirements.encode()).hexdigest()[:_DIGITS]

    @property
    def folder(self) -> str:
        """Path of the environment on the board."""
        return f"{_FOLDER}/{self.name}-{self.digest}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:*",)

    @classmethod
    def survey(cls, resources: Sequence[Venv], options: RunOptions) -> str:
        del options
        # Its interpreter is a link to the system's, which an upgrade of the release replaces.
        paths = words(f"{r.folder}/{name}" for r in resources for name in (_WHOLE, "bin/python3"))
        return f"stat -L -c '%n' -- {paths} || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Venv]) -> dict[str, bool]:
        found = set(text.splitlines())
        return {
            r.key: {f"{r.folder}/{_WHOLE}", f"{r.folder}/bin/python3"} <= found for r in resources
        }

    def desired(self) -> Attributes:
        packages = [line.split()[0] for line in self.requirements.splitlines()]
        return {"packages": Attribute(self.digest, ", ".join(packages))}

    def observed(self, actual: bool) -> Attributes:  # noqa: FBT001 - the state
        return {"packages": self.attributes["packages"] if actual else ABSENT}

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        return bool(changes) and not self.offline

    def sentence(self, change: Change, actual: bool) -> str:  # noqa: FBT001 - the state
        del change, actual
        return f"{self.name} is not installed in this version"

    def steps(
        self,
        actual: bool,  # noqa: FBT001 - the state
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options
        folder = words([self.folder])
        source = ""
        if resolver.bundle is not None:
            wheels = resolver.bundle.kept(WHEELS)
            yield from bring(resolver.bundle, WHEELS, wheels, self.title)
            source = f"--no-index --find-links {words([wheels])} "
        pip = "--quiet --no-cache-dir --no-input --disable-pip-version-check --no-deps"
        # Its values are percent-encoded, and no shell reads anything else in them.
        proxy = f"set -a; . {words([self.proxy])}; set +a\n" if self.proxy else ""
        yield Run(
            f"""set -e
{proxy}rm -rf -- {folder}
python3 -m venv -- {folder}
{write_file(f"{self.folder}/requirements.txt", self.requirements)}
{folder}/bin/python3 -m pip install {pip} --require-hashes --only-binary :all: \\
  {source}-r {folder}/requirements.txt >&2
sync
: > {folder}/{_WHOLE}
for other in {words([f"{_FOLDER}/{self.name}"])}-*; do
  [ "$other" = {folder} ] || rm -rf -- "$other"
done
""",
            self.title,
            seconds=900,
            joined=True,
        )
