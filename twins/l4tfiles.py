"""The L4T files of a board: its release, its power modes, its clocks and its memory, as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twins.clocks import CPU_KHZ, EMC_HZ, GOVERNORS, GPU_HZ, clock_files, ladder

if TYPE_CHECKING:
    from twins.board import Mode, TwinBoard

# Build number and date of releases, from public sources (jetson_stats,
# jetson-containers' l4t_version.py, public logs); the other releases get the invented pair below.
_BUILDS = {
    "35.3.1": ("32790763", "Wed Mar 15 07:54:12 UTC 2023"),
    "36.4.0": ("37537400", "Fri Sep 13 04:36:44 UTC 2024"),
    "36.4.7": ("42132812", "Thu Sep 18 22:54:44 UTC 2025"),
    "36.5.0": ("43688277", "Fri Jan 16 03:50:45 UTC 2026"),
    "38.2.0": ("41844464", "Fri Aug 22 00:55:42 UTC 2025"),
    "39.2.0": ("45755727", "Mon Jun  1 09:28:48 PM UTC 2026"),
    "39.2.1": ("46758480", "Fri Aug  7 05:54:22 AM UTC 2026"),
}
_INVENTED = ("00000000", "Wed Jan  1 00:00:00 UTC 2025")

CPUFREQ = "devices/system/cpu/cpu{}/cpufreq"
EMC = "kernel/debug/bpmp/debug/clk/emc"
EMC_CAP = "kernel/nvpmodel_emc_cap/emc_iso_cap"
PG_MASK = "devices/gpu.0/gpu_pg_mask"
THERMAL = "class/thermal"
OVER_CURRENT = "class/hwmon/hwmon3"

# Zones and alerts of an Orin at rest, in the order of its kernel; an alert's state is above 0
# while it throttles, and a zone whose power is gated off has no temperature
# (docs.nvidia.com/jetson/archives/r36.3/DeveloperGuide, "Thermal Management").
_ZONES = ("cpu", "gpu", "cv0", "soc0", "soc1", "soc2", "tj")
_ALERTS = ("cpu-throttle-alert", "gpu-throttle-alert", "soc0-throttle-alert", "hot-surface-alert")


def nv_tegra_release(board: TwinBoard) -> str:
    """Return the text of /etc/nv_tegra_release in the form of the board's release."""
    major, revision = board.l4t.split(".", 1)
    gcid, date = _BUILDS.get(board.l4t, _INVENTED)
    kind = "generic" if board.major > 35 else "t186ref"  # noqa: PLR2004
    first = (
        f"# R{major} (release), REVISION: {revision}, GCID: {gcid}, BOARD: {kind}, "
        f"EABI: aarch64, DATE: {date}\n"
    )
    if board.major < 36:  # noqa: PLR2004
        return first
    library = "TARGET_USERSPACE_LIB_DIR"
    rest = [
        "# KERNEL_VARIANT: oot",
        f"{library}=nvidia",
        f"{library}_PATH=usr/lib/aarch64-linux-gnu/nvidia",
        *(["INSTALL_TYPE="] if board.major >= 38 else []),  # noqa: PLR2004
    ]
    return first + "".join(f"{line}\n" for line in rest)


def sysfs(board: TwinBoard) -> dict[str, str]:
    """Return the board's files under /sys by path, with no clock locked."""
    tree = {
        "firmware/devicetree/base/model": f"{board.dt_model}\0",
        "firmware/devicetree/base/compatible": "".join(f"{one}\0" for one in board.dt_compatible),
        "devices/system/cpu/online": f"0-{board.cpus - 1}\n",
        "devices/system/cpu/possible": f"0-{board.cpus - 1}\n",
        "devices/system/cpu/present": f"0-{board.cpus - 1}\n",
        PG_MASK: "0\n",
        EMC_CAP: "0\n",
    }
    for cpu in range(board.cpus):
        clock = clock_files(CPU_KHZ[board.soc], "scaling_", "schedutil", GOVERNORS["cpu"])
        clock |= {
            f"cpuinfo_{name}_freq": clock[f"scaling_{name}_freq"] for name in ("min", "max", "cur")
        }
        tree |= _under(CPUFREQ.format(cpu), clock)
        tree[f"devices/system/cpu/cpu{cpu}/online"] = "1\n"
        tree |= {f"devices/system/cpu/cpu{cpu}/cpuidle/state{n}/disable": "0\n" for n in (0, 1)}
    for gpu in board.gpus:
        governor = "nvidia_uncore" if board.soc == "thor" else "nvhost_podgov"
        clock = clock_files(GPU_HZ[board.soc], "", governor, GOVERNORS[board.soc])
        tree |= _under(f"class/devfreq/{gpu}", clock)
    tree |= _thermal()
    low, high = EMC_HZ[board.soc]
    return tree | _under(
        EMC,
        {
            "rate": f"{low}\n",
            "max_rate": f"{high}\n",
            "min_rate": f"{low}\n",
            "mrq_rate_locked": "0\n",
        },
    )


def _thermal() -> dict[str, str]:
    """Return temperatures in thousandths of a degree, cooling devices, over-current counts."""
    tree = {f"{OVER_CURRENT}/name": "soctherm_oc\n"}
    tree |= {f"{OVER_CURRENT}/oc{number}_event_cnt": "0\n" for number in (1, 2, 3)}
    for number, zone in enumerate(_ZONES):
        temperature = "-256000" if zone == "cv0" else f"{47000 + number * 250}"
        folder = f"{THERMAL}/thermal_zone{number}"
        tree |= _under(folder, {"type": f"{zone}-thermal\n", "temp": f"{temperature}\n"})
    for number, kind in enumerate(("pwm-fan", *_ALERTS)):
        state = {"type": f"{kind}\n", "cur_state": f"{int(kind == 'pwm-fan')}\n"}
        tree |= _under(f"{THERMAL}/cooling_device{number}", {**state, "max_state": "4\n"})
    return tree


def _under(folder: str, tree: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": content for name, content in tree.items()}


def nvpmodel_conf(board: TwinBoard) -> str:
    """Return the board's nvpmodel conf in NVIDIA's grammar; -1 is the hardware's own limit."""
    masks = {mode.boot: 0 for mode in board.modes}
    for number, label in enumerate(masks):
        masks[label] = 256 - 2 ** (8 - number) if number else 0
    parts = [_parameters(board)]
    for mode in board.modes:
        cpu, gpu, emc = (
            _cap(board, mode, bounds[board.soc]) for bounds in (CPU_KHZ, GPU_HZ, EMC_HZ)
        )
        lines = [
            f"< POWER_MODEL ID={mode.id} NAME={mode.name} >",
            f"GPU_POWER_GATING GPU_PG_MASK {masks[mode.boot]}",
            *(f"CPU_ONLINE CORE_{number} 1" for number in range(board.cpus)),
            *(f"CPU_{number} MAX_FREQ {cpu}" for number in range(board.cpus)),
            *(f"{_gpu_symbol(number)} MAX_FREQ {gpu}" for number in range(len(board.gpus))),
            f"EMC MAX_FREQ {emc}",
        ]
        parts.append("\n".join(lines))
    parts.append(
        f"# mandatory section to configure the default power mode\n"
        f"< PM_CONFIG DEFAULT={board.default_mode} >"
    )
    return "\n\n".join(parts) + "\n"


def nvfancontrol_conf() -> str:
    """Return a conf of one fan in NVIDIA's grammar; the curves are of no board.

    https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance/JetsonOrinNanoSeriesJetsonOrinNxSeriesAndJetsonAgxOrinSeries.html
    """
    curves = {
        name: "\n".join(
            ["\t\t#TEMP \tHYST\tPWM\tRPM", "\t\t0\t0\t0\t0", f"\t\t{hot}\t0\t255\t3000"]
        )
        for name, hot in (("quiet", 90), ("cool", 60))
    }
    profiles = "\n".join(f"\tFAN_PROFILE {name} {{\n{rows}\n\t}}" for name, rows in curves.items())
    return (
        "POLLING_INTERVAL 2\n\n<FAN 1>\n\tTMARGIN ENABLED\n"
        f"\tFAN_GOVERNOR cont {{\n\t\tSTEP_SIZE 10\n\t}}\n{profiles}\n"
        "\tFAN_DEFAULT_CONTROL close_loop\n\tFAN_DEFAULT_PROFILE quiet\n"
        "\tFAN_DEFAULT_GOVERNOR cont\n\tKICKSTART_PWM 64\n</FAN 1>\n"
    )


def _parameters(board: TwinBoard) -> str:
    cpus = range(board.cpus)
    blocks = [
        ["< PARAM TYPE=FILE NAME=GPU_POWER_GATING >", f"GPU_PG_MASK /sys/{PG_MASK}"],
        [
            "< PARAM TYPE=FILE NAME=CPU_ONLINE >",
            *(f"CORE_{number} /sys/devices/system/cpu/cpu{number}/online" for number in cpus),
        ],
    ]
    for number in cpus:
        folder = f"/sys/{CPUFREQ.format(number)}"
        blocks.append(_clock_block(f"CPU_{number}", f"{folder}/scaling_"))
    for number, gpu in enumerate(board.gpus):
        blocks.append(_clock_block(_gpu_symbol(number), f"/sys/class/devfreq/{gpu}/"))
    blocks.append(["< PARAM TYPE=CLOCK NAME=EMC >", f"MAX_FREQ /sys/{EMC_CAP}"])
    return "\n\n".join("\n".join(block) for block in blocks)


def _clock_block(symbol: str, prefix: str) -> list[str]:
    table = f"FREQ_TABLE {prefix}available_frequencies"
    bounds = [f"{name.upper()} {prefix}{name}" for name in ("max_freq", "min_freq")]
    return [f"< PARAM TYPE=CLOCK NAME={symbol} >", table, *bounds]


def _gpu_symbol(number: int) -> str:
    return f"GPU_{number}" if number else "GPU"


def _watts(mode: Mode) -> int | None:
    found = re.search(r"(\d+)W", mode.name)
    return int(found[1]) if found else None


def _cap(board: TwinBoard, mode: Mode, bounds: tuple[int, int]) -> int:
    """Return the mode's highest clock: the more watts a mode has, the higher."""
    rungs = sorted({watts for other in board.modes if (watts := _watts(other)) is not None})
    watts = _watts(mode)
    if watts is None:
        return -1
    speeds = ladder(*bounds)
    return speeds[len(speeds) - 1 - len(rungs) + rungs.index(watts)]


_AT_REST_KIB = 1300 * 1024


def meminfo(board: TwinBoard) -> str:
    """Return /proc/meminfo of a board at rest.

    A small one has about 85 % of its memory available. On a large one the system takes little more,
    so that a share of 0.9 fits on a Thor, as its guide has it.
    """
    total = board.memtotal_kib
    available = total - min(total * 15 // 100, _AT_REST_KIB + total * 2 // 100)
    rows = {
        "MemTotal": total,
        "MemFree": available - total * 10 // 100,
        "MemAvailable": available,
        "Buffers": total // 100,
        "Cached": total * 9 // 100,
        "SwapCached": 0,
        "Active": total * 8 // 100,
        "Inactive": total * 9 // 100,
        "SwapTotal": 0,
        "SwapFree": 0,
        "Dirty": 0,
        "Writeback": 0,
        "AnonPages": total * 7 // 100,
        "Mapped": total * 2 // 100,
        "Shmem": total // 100,
        "KReclaimable": total // 100,
        "Slab": total * 2 // 100,
        "SReclaimable": total // 100,
        "SUnreclaim": total // 100,
        "CommitLimit": total // 2,
        "Committed_AS": total // 10,
    }
    return "".join(f"{name + ':':<16}{kib:>8} kB\n" for name, kib in rows.items())
