"""Fetching a model on the board: aria2 with a Metalink, in a unit that outlives the connection."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from jetfleet.resources.marker import MARKER
from jetfleet.steps import LinkResolver, Links, Progress, Run, StepFailed, Steps, Upload, Watch
from jetfleet.steps.shell import STATE_DIR, words, write_file
from jetfleet.steps.transient import read_look, transient_unit, watch_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.model import Model, ModelFile

# aria2 1.36, tried out: a control file is saved each second, so that a kill costs about a second
# of transfer; without `none` a partial file has its full size and looks whole. The hash of the
# Metalink is checked before aria2 says that it is done.
ARIA2 = (
    "aria2c --no-conf=true --file-allocation=none --auto-save-interval=1 --continue=true"
    " --check-integrity=true --allow-overwrite=true --auto-file-renaming=false"
    " --max-connection-per-server=4 --split=4 --min-split-size=4M --max-concurrent-downloads=2"
    " --uri-selector=inorder --max-tries=8 --retry-wait=3 --connect-timeout=15 --timeout=30"
    " --max-file-not-found=2 --console-log-level=error --summary-interval=0"
    " --show-console-readout=false --download-result=hide"
)

# Given the URLs of seeds and hub together, aria2 opens its connections to both at once: so seeds
# are asked on their own. They are near: who does not answer soon is off.
_SEED = "--max-tries=2 --retry-wait=1 --connect-timeout=5"

TRIES = 6
"""How often a fetch is begun again in one run: its links expired, or its hub was away."""

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
        title, reason = self.model.title, ""
        for attempt in range(TRIES):
            state = yield Run(f"systemctl show -p ActiveState --value {self.unit}.service", title)
            if state.out.strip() not in {"active", "activating"}:
                paths = [file.path for file in self.suspects]
                links = resolver.links(self.model.name, paths, attempt > 0)
                yield from self._uploads(links)
                script = self.script(links, whole="range" in reason)
                yield Run(transient_unit(self.unit, title, script, io_idle=True), title)
            result = yield Watch(self.look(), title, self._judge_again, PATIENCE)
            reason = self.judge(result.out).failed
            if not reason:
                return
        raise StepFailed(reason)

    def _uploads(self, links: Links) -> Steps:
        """Bring files of the workstation, but for those that the board has in another revision."""
        if not links.local:
            return
        lacking = (yield Run(self.lacking(), self.model.title)).out.splitlines()
        for file in self.suspects:
            if file.path in links.local and file.path in lacking:
                remote = f"{self.model.staging}/{file.path}"
                local, rate = str(links.local[file.path]), _rate(self.model.max_rate)
                yield Upload(local, remote, file.size, self.model.title, rate)

    def script(self, links: Links, *, whole: bool = False) -> str:
        """Script of the unit: fetch what is missing or wrong, verify, rename, mark.

        Files whose hash is right are kept, and equal files of other revisions are linked. A new
        model's folder appears by one rename, with its marker in it; a damaged one's files are
        replaced one by one, each by rename, and the marker is written again last. Whenever it
        dies, it can be run again.

        Parameters
        ----------
        whole:
            Ask for each file in one piece: some servers answer wrongly when asked for ranges.

        """
        seeds, hub = (f"{STATE_DIR}/{self.unit}.{name}.meta4" for name in ("seeds", "hub"))
        return f"""set -eu
umask 022
final={words([self.model.folder])}
stage={words([self.model.staging])}
{write_file(seeds, self.metalink(self._at_seeds()), mode="600")}
{write_file(hub, self.metalink(links.urls), mode="600")}
umask 022
rm -f {hub}.status
trap 'rm -f {seeds} {hub} {hub}.status' EXIT
mkdir -p -- "$stage"
{self._content_script(links)}
{self._known_script()}
wanted() {{
  need=''
  number=0
  while read -r sum size path; do
    number=$((number+1))
    known "$sum" "$size" "$path" && continue
    # Without its control file it is no beginning of the file: it may have holes.
    [ -f "$stage/$path.aria2" ] || rm -f -- "$stage/$path"
    {_on_its_own(links)}
    need="$need,$number"
  done <<'JETFLEET_END'
{_listing(self.suspects)}JETFLEET_END
  [ -n "$need" ]
}}
fetch() {{
  links=$1
  shift
  {ARIA2}{self._options(whole=whole)} --metalink-file="$links" \
    --select-file="${{need#,}}" --dir="$stage" "$@" 2>&1 || {{
    ended=$?
    [ $ended -lt 128 ] || echo {words([_KILLED])}
    return $ended
  }}
}}
# What the seeds lack, or have otherwise, is asked of the hub. Status 32 is a wrong hash, as after a
# power cut that took bytes which were written down as there: aria2 then begins anew.
from_all() {{
  {f"fetch {seeds} {_SEED} >/dev/null && return" if self.model.seeds else ":"}
  wanted || return 0
  fetch {hub} || {{ [ $? = 32 ] && wanted && fetch {hub}; }}
}}
if wanted; then
  # Signatures of links are cut off from what goes to the journal.
  {{ from_all && echo 'done' > {hub}.status; }} | sed 's/[?][^ ]*//g'
  [ -f {hub}.status ] || exit 1
fi
{self._place_script()}"""

    def lacking(self) -> str:
        """Script that prints the paths that are neither here nor in another revision."""
        return f"""set -eu
umask 022
final={words([self.model.folder])}
stage={words([self.model.staging])}
mkdir -p -- "$stage"
{self._known_script()}
while read -r sum size path; do
  known "$sum" "$size" "$path" || echo "$path"
done <<'JETFLEET_END'
{_listing(self.suspects)}JETFLEET_END
"""

    @staticmethod
    def _known_script() -> str:
        """Shell function: a file is right where it is, staged, or linked from another revision."""
        return f"""right() {{
  [ -f "$3" ] && [ "$(stat -c %s -- "$3")" = "$2" ] &&
    echo "$1  $3" | sha256sum -c --status 2>/dev/null
}}
known() {{
  right "$1" "$2" "$final/$3" && return
  right "$1" "$2" "$stage/$3" && return
  # The same bytes in another revision are linked; a model's folder is never written into.
  for marker in "${{final%/*}}"/*/{MARKER}; do
    [ -f "$marker" ] || continue
    twin=$(sed -n "s/^$1 $2 [^ ]* //p" "$marker" | head -n 1)
    {{ [ -n "$twin" ] && right "$1" "$2" "${{marker%/*}}/$twin"; }} || continue
    mkdir -p -- "$(dirname -- "$stage/$3")"
    ln -f -- "${{marker%/*}}/$twin" "$stage/$3"
    rm -f -- "$stage/$3.aria2"
    return
  done
  return 1
}}
"""

    def metalink(self, urls: Mapping[str, Sequence[str]]) -> str:
        """Return Metalink 4 (RFC 5854) of the files: size, sha256, and URLs in order."""
        entries = []
        for file in self.suspects:
            listed = "".join(
                f'<url priority="{place}">{escape(url)}</url>'
                for place, url in enumerate(urls.get(file.path, ()), start=1)
            )
            entries.append(
                f"<file name={quoteattr(file.path)}><size>{file.size}</size>"
                f'<hash type="sha-256">{file.sha256}</hash>{listed}</file>\n'
            )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n{"".join(entries)}</metalink>\n'
        )

    def _at_seeds(self) -> Mapping[str, Sequence[str]]:
        return {
            file.path: [f"{seed}/{file.sha256}" for seed in self.model.seeds]
            for file in self.suspects
        }

    def look(self) -> str:
        """Script that waits a while for the fetch, then prints how it stands and its bytes."""
        stage = words([self.model.staging])
        return (
            f'{watch_unit(self.unit)}echo "bytes=$(du -s -B1 -- {stage} 2>/dev/null | cut -f1)"\n'
            f"[ ! -d {stage} ] || echo bytes=staged\n"
        )

    def judge(self, out: str) -> Progress:
        """Read what `look` printed."""
        look = read_look(out, self.unit)
        lines = [x for x in look.lines if not x.startswith(_NO_REASON)]
        counted = [x[6:] for x in out.splitlines() if x.startswith("bytes=")]
        have = next(iter(counted), "") or "0"
        if look.running:
            total = sum(file.size for file in self.suspects)
            return Progress(token=have, line=self.model.name, bytes=(int(have), total))
        if look.succeeded and "staged" not in counted:
            return Progress(done=True)
        spoiled = next((x.partition("Checksum")[2] for x in lines if "Checksum error" in x), None)
        reason = " ".join(lines[-3:]) or "aria2 gave no reason"
        if not look.by_itself or _KILLED in lines:
            reason = _KILLED
        if spoiled and look.by_itself:
            reason = f"checksum{spoiled}"
            remedy = (
                "what was sent has another sha256 than the lock: run again; if it stays so, the "
                "hub changed the file: look at it, then `jetfleet lock --upgrade "
                f"{self.model.name}`"
            )
        else:
            remedy = "run again, it goes on from the byte that it had"
        return Progress(failed=f"could not fetch model {self.model.name}: {reason}; {remedy}")

    def _judge_again(self, out: str) -> Progress:
        """As `judge`, but what another try may mend ends the wait without failing it."""
        progress = self.judge(out)
        return Progress(done=True) if any(sign in progress.failed for sign in _AGAIN) else progress

    def _options(self, *, whole: bool) -> str:
        rate = self.model.max_rate
        limit = f" --max-overall-download-limit={rate}" if rate else ""
        return f"{limit} --split=1 --max-connection-per-server=1" if whole else limit

    def _content_script(self, links: Links) -> str:
        """Files that came with the links themselves, as those that need a key have to."""
        parts = []
        for path, content in sorted(links.content.items()):
            encoded = base64.encodebytes(content).decode()
            parts.append(
                f'mkdir -p -- "$(dirname -- "$stage"/{words([path])})"\n'
                f"base64 -d > \"$stage\"/{words([path])} <<'JETFLEET_END'\n{encoded}JETFLEET_END\n"
            )
        return "".join(parts)

    def _place_script(self) -> str:
        return f"""mark() {{
  cat <<'JETFLEET_END'
{self.model.header}
JETFLEET_END
  while read -r sum size path; do
    echo "$sum $(find "$1/$path" -printf '%s %T@') $path"
  done <<'JETFLEET_END'
{_listing(self.model.files)}JETFLEET_END
}}
if [ ! -d "$final" ]; then
  mark "$stage" > "$stage/{MARKER}-new"
  mv -f -- "$stage/{MARKER}-new" "$stage/{MARKER}"
  chmod -R a+rX -- "$stage"
  sync -f -- "$stage"
  mkdir -p -- "${{final%/*}}"
  mv -T -- "$stage" "$final"
else
  while read -r sum size path; do
    [ -f "$stage/$path" ] || continue
    chmod a+r -- "$stage/$path"
    mkdir -p -- "$(dirname -- "$final/$path")"
    sync -- "$stage/$path"
    mv -f -T -- "$stage/$path" "$final/$path"
  done <<'JETFLEET_END'
{_listing(self.suspects)}JETFLEET_END
  mark "$final" > "$final/{MARKER}-new"
  sync -- "$final/{MARKER}-new"
  mv -f -- "$final/{MARKER}-new" "$final/{MARKER}"
  rm -rf -- "$stage"
fi
sync -f -- "$final"
rmdir -p --ignore-fail-on-non-empty -- "${{stage%/*}}" 2>/dev/null || true
"""


_NO_REASON = ("bytes=", "aria2 will resume", "If there are any errors")
"""How lines begin that are no reason: the look's own, and aria2's advice to people."""

_KILLED = "it was ended from outside, by a reboot or a kill"

_AGAIN = (
    *("status=403", "status=429", "status=502", "status=503", "Invalid range"),
    # Timeout, network, name resolution: https://aria2.github.io/manual/en/html/aria2c.html
    *("errorCode=2 ", "errorCode=6 ", "errorCode=19 "),
    _KILLED,
)
"""What is said when links expired, a hub or the network is away, or ranges are not kept to."""


def _on_its_own(links: Links) -> str:
    """Shell command that ends a fetch of what no URL gives: it came over SSH, and was wrong."""
    if not (links.local or links.content):
        return ""
    paths = "|".join(words([path]) for path in sorted((*links.local, *links.content)))
    return (
        f'case "$path" in {paths}) '
        'echo "$path, which the workstation sent, has another sha256 than the lock"; exit 1 ;; esac'
    )


def _listing(files: Sequence[ModelFile]) -> str:
    return "".join(f"{file.sha256} {file.size} {file.path}\n" for file in files)


def _rate(written: str) -> int:
    """Return bytes a second as a number; aria2 reads "20M" itself, with the same powers of 1024."""
    power = "KMG".find(written[-1:] or " ") + 1
    return int(written[:-1] if power else written or 0) << (10 * power)
