"""The dead man's switch: undoes a change on the board that is not confirmed in time.

`arm` saves files as they are, and starts a timer of systemd. `confirm` ends it; the workstation
sends that over a new connection alone. Otherwise the timer puts the saved files back, and runs the
script that makes programs read them again. Nothing of the workstation is needed for it, and no
clock: a timer counts from its start. After a reboot in between, the files are put back before the
network starts.

Each action prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, Dict, Mapping

from jetfleet.board.place import Unsafe
from jetfleet.board.saved import put_back, saved
from jetfleet.board.switch_state import (
    ARMED,
    BACK,
    BUSY,
    CHANGE,
    CHANGED,
    CHANGING,
    LATER,
    LAUNCH,
    LOCK,
    OF_ONE_CHANGE,
    SAVED,
    UNDO,
    State,
    boot,
    uptime,
)
from jetfleet.board.switch_timer import (
    Failed,
    disable_at_boot,
    enable_at_boot,
    is_counting,
    run_script,
    start,
    stop,
    stop_service,
)

UNIT = "jetfleet-switch"
"""The timer, and the service that it starts."""

CHANGE_UNIT = "jetfleet-switch-change"
"""The change, where it must go on without the connection that it cuts."""

DELAY_SECONDS = 1
"""From the answer of `arm` to such a change."""

UNDO_SECONDS = 60
LOCK_SECONDS = 100

ASKED_SECONDS = 10
"""How long a confirmation waits for the lock; it is sent again."""

LATE_SECONDS = 60
"""To confirm a change that was still at work when the timer has ended."""

Answer = Dict[str, Any]


class Switch:
    """The switch of this board."""

    def __init__(self, folder: str, boot_unit: str) -> None:
        self.state = State(folder)
        self.boot_unit = boot_unit

    def command(self, name: str) -> str:
        """Return the shell command that runs this program with one of the kept jobs."""
        launch, job = self.state.path(LAUNCH), self.state.path(name)
        return f"exec /usr/bin/python3 {launch} 3 3<{job}"

    def arm(self, job: Mapping[str, Any]) -> Answer:
        """Save files and start the timer, then the change if the job has one."""
        self._clear_old()
        entries = [one for path in job["files"] for one in saved(path, path in job.get("own", ()))]
        self.state.write(SAVED, json.dumps({"files": entries}))
        self.state.write(UNDO, job["undo"])
        self.state.write(LAUNCH, job["launch"])
        own = os.urandom(8).hex()
        for name, action in ((LATER, "put_back"), (CHANGING, "change")):
            places = {"folder": self.state.folder, "boot_unit": self.boot_unit, "id": own}
            later = {"modules": job["modules"], "job": {**places, "action": action}}
            self.state.write(name, json.dumps(later))
        armed = {name: job[name] for name in ("name", "seconds", "work")}
        armed.update(id=own, boot=boot(), until=uptime() + job["seconds"])
        armed["detached"] = bool(job["change"])
        self.state.write(ARMED, json.dumps(armed))
        try:
            enable_at_boot(
                self.boot_unit,
                self.state.folder,
                self.state.path(ARMED),
                self.command(LATER),
            )
            start(UNIT, job["seconds"], self.command(LATER), again=True)
            if job["change"]:
                self.state.write(CHANGE, job["change"])
                start(CHANGE_UNIT, DELAY_SECONDS, self.command(CHANGING), again=False)
        except (Failed, Unsafe, OSError):
            self._forget()
            raise
        self.state.remove(BACK)
        return {"state": "armed", "id": armed["id"]}

    def _clear_old(self) -> None:
        """Undo a change whose timer has died; raise Failed while a timer runs."""
        armed = self.state.armed
        if not armed:
            return
        if is_counting(UNIT):
            left = max(1, armed["until"] - uptime())
            raise Failed(
                f"a change of {armed['name']} waits for its confirmation: run again in {left:.0f} s"
            )
        self.put_back("timer")

    def _forget(self) -> None:
        """End the timer, and remove what was kept for this change."""
        stop(UNIT)
        disable_at_boot(self.boot_unit)
        self.state.remove(*OF_ONE_CHANGE)

    def change(self) -> str:
        """Make the change that was kept; return why it failed, or nothing."""
        armed = self.state.armed
        failed = run_script(self.state.path(CHANGE), armed["work"])
        self.state.write(CHANGED, json.dumps({"failed": failed}))
        return failed

    def confirm(self, change: str) -> Answer:
        """Keep the change with this id."""
        armed = self.state.armed
        if armed.get("id") != change:
            return self.outcome(change)
        if armed["undoing"]:
            return {"state": "pending"}
        changed = self.state.read(CHANGED)
        if armed["detached"] and not changed:
            return {"state": "pending"}
        if changed.get("failed"):
            return self.put_back("change", changed["failed"])
        # The timer may have ended, and wait for this change.
        stop(UNIT)
        stop_service(UNIT)
        self._forget()
        return {"state": "confirmed"}

    def outcome(self, change: str) -> Answer:
        """Return when and why the change with this id was undone."""
        back = self.state.read(BACK)
        if back.get("id") != change:
            return {"state": "unknown"}
        same = back.get("boot") == boot() and isinstance(back.get("uptime"), float)
        ago = uptime() - back["uptime"] if same else None
        return {**back, "state": "back", "ago": ago}

    def put_back(self, why: str, failed: str = "", change: str = "") -> Answer:
        """Undo a change: of any id, or of this one.

        Parameters
        ----------
        why:
            ``timer``, ``change`` if the change itself has failed, ``run`` for the next run.
        failed:
            Why the change has failed.

        """
        armed = self.state.armed
        if not armed or (armed["id"] and change not in {"", armed["id"]}):
            return self.outcome(change)
        self._note(ARMED, {**armed, "undoing": True})
        differed = put_back(self.state.read(SAVED).get("files", []))
        rebooted = armed["boot"] != boot()
        undone = ""
        if not rebooted and (differed or why != "change"):
            # At a boot, what reads these files has not started yet.
            undone = run_script(self.state.path(UNDO), max(UNDO_SECONDS, armed["work"]))
        back = {
            "id": armed["id"],
            "name": armed["name"],
            "why": "boot" if rebooted else why,
            "failed": failed,
            "undo": undone,
            "same": not differed,
            "uptime": uptime(),
            "boot": boot(),
        }
        self._note(BACK, back)
        self._forget()
        return self.outcome(armed["id"])

    def _note(self, name: str, about: Answer) -> None:
        """Write a file that others read; a full disk does not stop the undo."""
        with suppress(OSError):
            self.state.write(name, json.dumps(about))


def act(switch: Switch, job: Mapping[str, Any]) -> Answer:
    """Carry out the action of a job."""
    action, why, failed = job["action"], job.get("why", "timer"), ""
    if action == "change":
        with switch.state.locked(BUSY, 0):
            failed = switch.change()
        if not failed:
            return {"state": "changed"}
        why = "change"
    elif action == "put_back":
        switch.state.wait_for_work(late=LATE_SECONDS if why == "timer" else 0)
    asks = action == "confirm"
    with switch.state.locked(LOCK, ASKED_SECONDS if asks else LOCK_SECONDS) as held:
        if action == "arm" and not held:
            raise Failed("another change is being undone: run again in a minute")
        if action == "arm":
            return switch.arm(job)
        if asks:
            return switch.confirm(job["id"]) if held else {"state": "pending"}
        return switch.put_back(why, failed, job.get("id", ""))


def main(job: Mapping[str, Any]) -> None:
    """Carry out an action of the switch, and print its outcome as JSON.

    `job` has the `action`, the `folder` of the switch and the `boot_unit`. To `arm`: `name`,
    `files`, `undo` (a script), `seconds` until the timer, `work` (seconds that the change may
    take), `change` (a script, or empty if the caller makes the change), and this program as
    `modules` and `launch`. To `confirm`: `id`. To `put_back`: `id`, or any change without it, and
    `why`.
    """
    os.umask(0o022)
    try:
        print(json.dumps(act(Switch(job["folder"], job["boot_unit"]), job)))
    except (Failed, Unsafe) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or job['folder']} cannot be written: {error.strerror}")
