"""Fetching a model on the board: aria2 with a Metalink, in a unit that outlives the connection."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from jetfleet.resources.marker import MARKER
from jetfleet.resources.resource import Links, Progress, Refused, Run, Site, Steps, Upload, Watch
from jetfleet.resources.shell import STATE_DIR, transient_unit, watch_unit, words, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.model import Model, ModelFile

# aria2 1.36, tried out: a control file is saved each second, so that a kill costs about a second
# of transfer; without `none` a partial file has its full size and looks whole. The hash of the
# Metalink is checked before aria2 says that it is done. `inorder`: seeds first, the hub last.
ARIA2 = (
    "aria2c --no-conf=true --file-allocation=none --auto-save-interval=1 --continue=true"
    " --check-integrity=true --allow-overwrite=true --auto-file-renaming=false"
    " --max-connection-per-server=4 --split=4 --min-split-size=4M --max-concurrent-downloads=2"
    " --uri-selector=inorder --max-tries=8 --retry-wait=3 --connect-timeout=15 --timeout=30"
    " --max-file-not-found=2 --console-log-level=error --summary-interval=0"
    " --show-console-readout=false --download-result=hide"
)

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

    def steps(self, site: Site) -> Steps:
        """Yield the steps; a fetch that a dead run left behind is found and waited for."""
        title, reason = self.model.title, ""
        for attempt in range(TRIES):
            state = yield Run(f"systemctl show -p ActiveState --value {self.unit}.service", title)
            if state.out.strip() not in {"active", "activating"}:
                paths = [file.path for file in self.suspects]
                links = site.links(self.model.name, paths, attempt > 0)
                for path, local in sorted(links.local.items()):
                    size = next(file.size for file in self.suspects if file.path == path)
                    yield Upload(str(local), f"{self.model.staging}/{path}", size, title)
                script = self.script(links, whole="range" in reason)
                yield Run(transient_unit(self.unit, title, script, io_idle=True), title)
            result = yield Watch(self.look(), title, self._judge_again, PATIENCE)
            reason = self.judge(result.out).failed
            if not reason:
                return
        raise Refused(reason)

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
        link_file = f"{STATE_DIR}/{self.unit}.meta4"
        return f"""set -eu
umask 022
final={words([self.model.folder])}
stage={words([self.model.staging])}
{write_file(link_file, self.metalink(links), mode="600")}
umask 022
rm -f {link_file}.status
trap 'rm -f {link_file} {link_file}.status' EXIT
mkdir -p -- "$stage"
right() {{ [ -f "$2" ] && echo "$1  $2" | sha256sum -c --status 2>/dev/null; }}
{self._content_script(links)}
need= number=0
while read -r sum size path; do
  number=$((number+1))
  right "$sum" "$final/$path" && continue
  # The same bytes in another revision are linked; a model's folder is never written into.
  for marker in "${{final%/*}}"/*/{MARKER}; do
    [ -f "$marker" ] || continue
    twin=$(sed -n "s/^$sum $size [^ ]* //p" "$marker" | head -n 1)
    [ -n "$twin" ] && right "$sum" "${{marker%/*}}/$twin" || continue
    mkdir -p -- "$(dirname -- "$stage/$path")"
    ln -f -- "${{marker%/*}}/$twin" "$stage/$path"
    break
  done
  right "$sum" "$stage/$path" || need="$need,$number"
done <<'JETFLEET_END'
{_listing(self.suspects)}JETFLEET_END
if [ -n "$need" ]; then
  # Signatures of links are cut off from what goes to the journal.
  {{ {ARIA2}{self._options(whole=whole)} --metalink-file={link_file} \
    --select-file="${{need#,}}" --dir="$stage" 2>&1 && echo done > {link_file}.status
  }} | sed 's/[?][^ ]*//g'
  [ -f {link_file}.status ] || exit 1
fi
{self._place_script()}"""

    def metalink(self, links: Links) -> str:
        """Return Metalink 4 (RFC 5854) of the files: size, sha256, and URLs in order."""
        entries = []
        for file in self.suspects:
            seeds = (f"{seed}/{file.sha256}" for seed in self.model.seeds)
            urls = "".join(
                f'<url priority="{place}">{escape(url)}</url>'
                for place, url in enumerate((*seeds, *links.urls.get(file.path, ())), start=1)
            )
            entries.append(
                f"<file name={quoteattr(file.path)}><size>{file.size}</size>"
                f'<hash type="sha-256">{file.sha256}</hash>{urls}</file>\n'
            )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n{"".join(entries)}</metalink>\n'
        )

    def look(self) -> str:
        """Script that waits a while for the fetch, then prints how it stands and its bytes."""
        stage = words([self.model.staging])
        return (
            f'{watch_unit(self.unit)}echo "bytes=$(du -s -B1 -- {stage} 2>/dev/null | cut -f1)"\n'
        )

    def judge(self, out: str) -> Progress:
        """Read what `look` printed."""
        head, _, log = out.partition("-- log\n")
        lines = [x for x in log.splitlines() if x.strip() and not x.startswith("bytes=")]
        have = next((x[6:] for x in out.splitlines() if x.startswith("bytes=")), "") or "0"
        if "ActiveState=active" in head or "ActiveState=activating" in head:
            total = sum(file.size for file in self.suspects)
            return Progress(token=have, line=self.model.name, bytes=(int(have), total))
        if "Result=success" in head:
            return Progress(done=True)
        spoiled = next((x.partition("Checksum")[2] for x in lines if "Checksum error" in x), None)
        reason = " ".join(lines[-3:]) or "aria2 gave no reason"
        if spoiled:
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


_AGAIN = ("status=403", "status=503", "status=429", "status=502", "Invalid range")
"""What aria2 says when links expired, a hub is away for a while, or ranges are not kept to."""


def _listing(files: Sequence[ModelFile]) -> str:
    return "".join(f"{file.sha256} {file.size} {file.path}\n" for file in files)
