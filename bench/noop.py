"""A run that finds nothing to do, against the same by pyinfra's stock operations.

`make bench`: eight virtual Jetsons, both in one run, as a ratio.
"""

from __future__ import annotations

from statistics import median

from bench.fleet import converged, timed

TWINS = 8
ROUNDS = 5
DEPLOYS = {"jetfleet": "deploys/llm.py", "stock operations": "bench/stock.py"}


def main() -> None:
    """Print medians and ratios; the rounds alternate, so that all see the same load."""
    seconds: dict[tuple[str, bool], list[float]] = {}
    with converged(TWINS) as inventory:
        for _ in range(ROUNDS):
            for plan in (True, False):
                for name, deploy in DEPLOYS.items():
                    taken = timed(inventory, deploy, plan=plan)
                    seconds.setdefault((name, plan), []).append(taken)
    for plan, what in ((True, "plan, then apply (pyinfra's default)"), (False, "apply (-y)")):
        ours, stock = (median(seconds[name, plan]) for name in DEPLOYS)
        print(f"{what}: {ours:.2f} s, by stock operations {stock:.2f} s, ratio {ours / stock:.2f}")


if __name__ == "__main__":
    main()
