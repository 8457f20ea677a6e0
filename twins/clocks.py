"""The clocks of a board: their bounds, and their files of cpufreq and devfreq."""

from __future__ import annotations

# Lowest and highest clocks: CPU in kHz, GPU and memory in Hz. By SoC; plausible, not measured.
CPU_KHZ = {"thor": (204000, 2601000), "orin": (115200, 2201600), "xavier": (115200, 2265600)}
GPU_HZ = {
    "thor": (315000000, 1575000000),
    "orin": (306000000, 1300500000),
    "xavier": (114750000, 1377000000),
}
EMC_HZ = {
    "thor": (665600000, 4266000000),
    "orin": (204000000, 3199000000),
    "xavier": (204000000, 2133000000),
}
GOVERNORS = {
    "cpu": "conservative ondemand userspace powersave performance schedutil",
    "orin": "userspace tegra_wmark nvhost_podgov performance simple_ondemand",
    "thor": "userspace performance nvidia_uncore",
    "xavier": "wmark_active wmark_simple nvhost_podgov userspace performance simple_ondemand",
}
_STEPS = 8


def clock_files(
    bounds: tuple[int, int], prefix: str, governor: str, governors: str
) -> dict[str, str]:
    """Return the files of one clock, free to rise and fall.

    Parameters
    ----------
    bounds:
        Its lowest and highest speed, in the unit of the files.
    prefix:
        Of the names of the files, such as ``scaling_``.
    governors:
        All that it can have, of which `governor` is chosen.

    """
    low, high = bounds
    table = " ".join(str(freq) for freq in ladder(low, high))
    files = {"min_freq": low, "max_freq": high, "cur_freq": low}
    return {f"{prefix}{name}": f"{freq}\n" for name, freq in files.items()} | {
        f"{prefix}governor": f"{governor}\n",
        f"{prefix}available_governors": f"{governors}\n",
        f"{prefix}available_frequencies": f"{table}\n",
    }


def ladder(low: int, high: int) -> list[int]:
    """Return the speeds that a clock can have, the lowest first."""
    return [low + (high - low) * step // (_STEPS - 1) for step in range(_STEPS)]
