"""Where each kind of resource is broken on a twin: a plan names it, an apply repairs it."""

from __future__ import annotations

ROW = {
    "applied": "record | Record",
    "clocks": "power | Lock the clocks",
    "daemon": "docker | Configure Docker",
    "file": "docker | Write",
    "filesystem": "storage | Mount",
    "image": "images | Pull",
    "model": "models | Fetch model",
    "package": "models | Install aria2",
    "power": "power | Set the power mode",
    "service": "serving | Serve",
}
"""Rows of the drift table (drift_table.py) begin so."""

SYSTEM = {
    "desktop": "Switch the desktop",
    "hold": "Hold the packages",
    "hostname": "Set the host name",
    "locale": "Make the locale",
    "names": "Write names into /etc/hosts",
    "package-absent": "Remove junk",
    "package-version": "Install pinned in its version",
    "sysctl": "Set parameters of the kernel",
    "timezone": "Set the time zone",
    "trust": "Trust the certificate",
    "unit": "Run own.service",
    "unit-off": "Switch bluetooth.service off",
    "unit-up": "Run systemd-journald.service",
    "user": "Set up the user",
}
"""Rows of the drifts of a board's system (system_drifts.py) begin so."""

ELSEWHERE = {
    "access": "tests/twins/test_switch.py",
    "adopted": "tests/twins/test_adopt.py",
    "adopted-daemon": "tests/twins/test_adopt.py",
    "adopted-filesystem": "tests/twins/test_adopt.py",
    "adopted-model": "tests/twins/test_adopt.py",
    "clocks-free": "tests/twins/test_power.py",
    "docker-leftovers": "tests/twins/test_docker_move.py",
    "docker-packages": "tests/twins/test_docker_packages.py",
    "fan": "tests/twins/test_fan.py",
    "jetpack": "tests/twins/test_jetpack.py",
    "leftovers": "tests/twins/test_models_kept.py",
    "network": "tests/twins/test_network.py",
    "ollama": "tests/twins/test_models_sources.py",
    "removal": "tests/twins/test_removal.py",
    "runtime-mode": "tests/twins/test_docker_keys.py",
}
"""Files with tests of their own: what they need is not on the boards of the other two."""

NOWHERE = {
    "apt-source": "it is only read: tests/unit and tests/data/cases",
    "board": "it is only read: another board is another twin",
    "reboot": "changes of other kinds lead to it: tests/unit/test_reboot.py",
    "swap": "all twins share the machine's: tests/board/test_swap_program.py",
    "time": "all twins share the machine's clock: a program stands for it in test_system.py",
    "venv": "its wheels come from an index that no twin has: tests/data/cases",
    "zram": "all twins share the machine's: tests/data/cases",
}
"""Kinds that no test breaks on a twin, with the reason."""
