"""Fetching a model on the board: aria2 with a Metalink, in a unit that outlives the connection."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.board.fetch import WITHOUT_SEEDS
from jetfleet.spec.source import FORMS
from jetfleet.steps import LinkResolver, Links, Progress, Run, StepFailed, Steps, Upload, Watch
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import STATE_DIR, words
from jetfleet.steps.transient import has_ended, read_look, transient_unit, watch_unit
from jetfleet.text import read_count, read_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.model import Model, ModelFile
    from jetfleet.steps.bundle import Bundle

TRIES = 6
"""How often a fetch is begun again in one run: its links expired, or its hub was away."""

HASH_RATE = 50 * 10**6
"""Bytes a second that a slow board hashes, for limits."""

PATIENCE = 600
"""Seconds without a new byte after which a run stops waiting; the board goes on by itself."""


@dataclass(frozen=True)
class Fetch:
    """The files of a model that have to be verified, and fetched if they are wrong."""

    model: Model
    suspects: tuple[ModelFile, ...]

    @property
    def unit(self) -> str:
        """Transient unit that fetches; the same for the same model, so that a run finds it."""
        whole = f"{self.model.folder} {self.model.digest}"
        return f"jetfleet-fetch-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"

    def steps(self, resolver: LinkResolver) -> Steps:
        """Yield the steps; a fetch that a dead run left behind is found and waited for."""
        title, ended, have, one_piece = self.model.title, Ended(), 0, False
        for attempt in range(TRIES):
            state = yield Run(f"systemctl show -p ActiveState --value {self.unit}.service", title)
            if state.out.strip() not in {"active", "activating"}:
                paths = [file.path for file in self.suspects]
                links = resolver.links(self.model.name, paths, attempt > 0) if paths else Links({})
                if resolver.bundle and resolver.bundle.on_board:
                    yield from self._check_bundle(resolver.bundle)
                yield from self._uploads(links)
                one_piece = one_piece or ended.kind == "ranges"
                script = self.script(links, one_piece=one_piece)
                unit = transient_unit(self.unit, title, script, io_idle=True)
                yield Run(unit, title, joined=True)
            ended_well = has_ended(self.unit)
            result = yield Watch(self.look(), title, self._judge_again, PATIENCE, ended=ended_well)
            last, had = ended.kind, have
            ended, have = self._ended(result.out), _bytes(result.out)
            if not ended.reason:
                return
            if ended.kind == last and last in _ONCE and have <= had:
                break
        raise StepFailed(self._sentence(ended))

    def _uploads(self, links: Links) -> Steps:
        """Bring files of the workstation, but for those that the board has."""
        if not links.local:
            return
        lacking = (yield self._ask_lacking()).out.splitlines()
        for file in self.suspects:
            if file.path in links.local and file.path in lacking:
                remote = f"{self.model.staging}/{file.path}"
                local, rate = str(links.local[file.path]), self.model.rate
                yield Upload(local, remote, file.size, self.model.title, rate)

    def _check_bundle(self, bundle: Bundle) -> Steps:
        """Fail unless a bundle on the board has all files as they are locked."""
        lacking = (yield self._ask_lacking()).out.splitlines()
        if lacking:
            path = f"models/{self.model.name}/{self.model.revision}/{lacking[0]}"
            raise StepFailed(
                f"the bundle {bundle.folder}: {path} is missing or differs from the lock: copy it "
                "to the board again"
            )

    def _ask_lacking(self) -> Run:
        size = sum(file.size for file in self.suspects)
        return Run(self.lacking(), self.model.title, seconds=120 + size // HASH_RATE)

    def script(self, links: Links, *, one_piece: bool = False) -> str:
        """Script of the unit: `jetfleet/board/fetch.py` with its job.

        Parameters
        ----------
        one_piece:
            Ask for each file in one piece: some servers answer wrongly when asked for ranges.

        """
        content = {path: base64.b64encode(text).decode() for path, text in links.content.items()}
        job = {
            **self._job,
            "status": self._status,
            "files": list(map(_entry, self.model.files)),
            "header": self.model.header,
            "urls": dict(links.urls),
            "seeds": self.model.seeds,
            "content": content,
            "local": list(links.local),
            "rate": {"seeds": self.model.max_rate, "hub": str(self.model.rate or "")},
            "proxy": self.model.proxy,
            "one_piece": one_piece,
        }
        return run_program(*_FOLDER, "disk.py", "metalink.py", "proxy.py", "fetch.py", job=job)

    def lacking(self) -> str:
        """Script that prints the paths that are nowhere on the board."""
        return run_program(*_FOLDER, job=self._job)

    @property
    def _job(self) -> dict[str, Any]:
        return {
            "folder": self.model.folder,
            "staging": self.model.staging,
            "suspects": list(map(_entry, self.suspects)),
            "elsewhere": {
                "folder": self.model.filled_by_hand,
                "caches": [cache for form in FORMS.values() for cache in form.caches],
            },
        }

    @property
    def _status(self) -> str:
        """Path on the board at which a fetch that failed says why."""
        return f"{STATE_DIR}/{self.unit}.json"

    def look(self) -> str:
        """Script that waits a while for the fetch, then prints how it stands and its bytes."""
        stage = words([self.model.staging])
        return (
            f'{watch_unit(self.unit)}echo "bytes=$(du -s -B1 -- {stage} 2>/dev/null | cut -f1)"\n'
            f"[ ! -d {stage} ] || echo bytes=staged\n"
            f"echo '{_STATUS}'\n[ ! -f {self._status} ] || head -c 8192 {self._status} || true\n"
        )

    def judge(self, out: str) -> Progress:
        """Read what `look` printed."""
        look = read_look(out, self.unit)
        if look.running:
            have, total = _bytes(out), sum(file.size for file in self.suspects)
            return Progress(token=str(have), line=self.model.name, bytes=(have, total))
        ended = self._ended(out)
        if ended.reason:
            return Progress(failed=self._sentence(ended))
        alone = WITHOUT_SEEDS in look.lines
        return Progress(done=True, line=f"{self.model.called}: {WITHOUT_SEEDS}" if alone else "")

    def _judge_again(self, out: str) -> Progress:
        """As `judge`, but a failure that a retry may repair ends the wait without failing it."""
        progress = self.judge(out)
        again = progress.failed and self._ended(out).kind in _AGAIN
        return Progress(done=True) if again else progress

    def _ended(self, out: str) -> Ended:
        """Return how a fetch ended that does not run any more."""
        shown = read_look(out, self.unit)
        if shown.succeeded and "bytes=staged" not in out.splitlines():
            return Ended()
        if not shown.by_itself:
            return Ended(_KILLED, "again")
        lines = [line for line in shown.lines if not line.startswith("bytes=")]
        printed = lines[: lines.index(_STATUS)] if _STATUS in lines else lines
        return Ended.of(out.rpartition(f"{_STATUS}\n")[2], printed)

    def _sentence(self, ended: Ended) -> str:
        remedy = _REMEDIES.get(ended.kind, _REMEDIES["failed"])
        filled = remedy.format(model=self.model.name, unit=self.unit)
        return f"could not fetch {self.model.called}: {ended.reason}{filled}"


_FOLDER = ("aria2.py", "entry.py", "reuse.py", "model_folder.py")
_STATUS = "-- status"
_AGAIN = {"again", "ranges", "denied", "proxy"}
_ONCE = {"ranges", "denied", "proxy"}
"""Kinds that one more try repairs, or none: links that are new, or each file in one piece."""
_REMEDIES = {
    "again": "; run again, it resumes where it stopped",
    "ranges": "; run again, it resumes where it stopped",
    "checksum": "; what was sent has another sha256 than the lock: run again; if it stays so, the "
    "hub changed the file: look at it, then `jetfleet lock --upgrade {model}`",
    "missing": "; the hub does not have this file of the lock any more: look at it, then "
    "`jetfleet lock --upgrade {model}`",
    "denied": "; the hub refuses its own links: check that the key of the model may still read it",
    "refused": "; waiting does not change that: check the model's `source` in the spec, and a "
    "proxy or mirror between the board and the hub",
    "proxy": "; the proxy refuses it: check `proxy` of the host with its `user` and `password`, "
    "and that the proxy may reach the hub",
    "tls": "; the board does not trust the server's certificate: check the board's clock (`date`) "
    "and its certificates (`update-ca-certificates`)",
    "person": "",
    "failed": "; run again, and if it stays so, look at `journalctl -u {unit}` on the board",
}
"""What a person can do, by the kind of failure; a reason of kind ``person`` says it itself."""
_KILLED = "it was ended from outside, by a reboot or a kill"
_NO_REASON = "it gave no reason"


@dataclass(frozen=True)
class Ended:
    """How a fetch ended, as `jetfleet/board/fetch.py` says it; without a reason it ended well."""

    reason: str = ""
    kind: str = ""

    @classmethod
    def of(cls, text: str, printed: Sequence[str]) -> Ended:
        """Return what a status file says; without one, the last line that the program printed."""
        try:
            said = read_object(text)
            return cls(str(said["reason"]) or _NO_REASON, str(said["kind"]))
        except (ValueError, KeyError, TypeError):
            return cls(printed[-1] if printed else _NO_REASON, "failed")


def _entry(file: ModelFile) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "sha256": file.sha256}


def _bytes(out: str) -> int:
    """Return the bytes of a model that the script of `look` found; 0 where it does not say."""
    counted = [line[6:] for line in out.splitlines() if line.startswith("bytes=")]
    return read_count(next(iter(counted), "") or "0")
