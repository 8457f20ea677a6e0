"""A run that finds nothing to do, against the same by pyinfra's stock operations.

make bench          eight virtual Jetsons, both in one run, as a ratio
"""

from __future__ import annotations

from statistics import median

from bench.fleet import converged, timed

TWINS = 8
ROUNDS = 5


def main() -> None:
    """Print both medians and their ratio; the rounds alternate, so that both see the same load."""
    ours, stock = [], []
    with converged(TWINS) as inventory:
        for _ in range(ROUNDS):
            ours.append(timed(inventory, "deploys/llm.py"))
            stock.append(timed(inventory, "bench/stock.py"))
    print(f"jetfleet, {TWINS} converged twins: {median(ours):.2f} s (median of {ROUNDS})")
    print(f"stock operations, the same files, units and packages: {median(stock):.2f} s")
    print(f"ratio: {median(ours) / median(stock):.2f}")


if __name__ == "__main__":
    main()
