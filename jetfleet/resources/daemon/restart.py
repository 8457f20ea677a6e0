"""Putting a daemon.json in place, and starting Docker with it or with the old one."""

from __future__ import annotations

from jetfleet.steps.shell import write_file

CONFIG = "/etc/docker/daemon.json"
BACKUP = f"{CONFIG}.jetfleet-old"
"""The old file, until Docker has started with the new one."""

# A daemon that does not come up gets its old file back: a board without Docker is a board that
# a person walks to. The backup stays until a start has succeeded, so that a run which died
# between the two is repaired by the next.
# A few starts in a minute are too many for its unit; ours is not one of a loop.
RESTART = f"""systemctl reset-failed docker.service 2>/dev/null || true
if ! systemctl restart docker.service 2>/dev/null; then
  log=$(journalctl -q -u docker.service -t dockerd -n 1 -o cat --no-pager)
  if [ -f {BACKUP} ]; then
    if [ -s {BACKUP} ]; then mv -f {BACKUP} {CONFIG}; else rm -f {BACKUP} {CONFIG}; fi
    systemctl reset-failed docker.service || true
    systemctl restart docker.service || true
    echo "Docker did not come up with these settings, and the old {CONFIG} is back; write other \
ones under docker in the spec; dockerd said: $log" >&2
  else
    echo "Docker does not come up; dockerd said: ${{log:-nothing}}" >&2
  fi
  exit 1
fi
rm -f {BACKUP}
"""


def replace_config(text: str, *, keep_old: bool) -> str:
    """Script that checks the text with dockerd and puts it in place of daemon.json.

    Parameters
    ----------
    keep_old:
        Keep the old file as `BACKUP`, for `RESTART` to go back to.

    """
    staged = f"{CONFIG}.jetfleet-check"
    return f"""{write_file(staged, text)}
if dockerd --help 2>/dev/null | grep -q -- --validate; then
  said=$(dockerd --validate --config-file={staged} 2>&1) || {{
    rm -f {staged}; echo "dockerd refuses the settings: $(echo "$said" | tail -n 1)" >&2; exit 1; }}
fi
{_KEEP_OLD if keep_old else ""}mv -f -T {staged} {CONFIG}
"""


_KEEP_OLD = f"""if [ ! -f {BACKUP} ]; then
  if [ -f {CONFIG} ]; then cp -p {CONFIG} {BACKUP}; else : > {BACKUP}; fi
fi
"""
