"""``python -m tests.sim SEED`` plays one seed again; ``--seeds N --processes P`` plays many and prints what broke."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.sim.day import play
from tests.sim.many import many


def main() -> int:
    """1 if a seed broke something."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?")
    parser.add_argument("--seeds", type=int, default=2_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    if asked.seed is not None:
        came = play(asked.seed)
        print(came)
        return 1 if came.broken else 0
    began, tally, broken, writes = time.perf_counter(), Counter[str](), 0, 0
    for came in many(range(asked.start, asked.start + asked.seeds), asked.processes):
        tally.update(came.tally)
        writes += came.writes
        if came.broken:
            broken += 1
            print(f"python -m tests.sim {came.seed}  # {came.broken[0]}", flush=True)
    took_s = time.perf_counter() - began
    print(
        f"{asked.seeds} seeds in {took_s:.0f} s ({took_s / asked.seeds * 1000:.0f} ms each), {writes} writes checked, {broken} broke"
    )
    print(", ".join(f"{name} {count}" for name, count in tally.most_common()))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
