"""The scan of a linear recurrence against its loop (notebook 19).

    python benchmarks/scan.py                 the table
    python benchmarks/scan.py --json rnnlib/course/recorded_scan.json     ... and what the page draws

Forward and backward pass of h_t = a_t h_{t-1} + b_t, float64, one process, one thread, by turns. Both are
NumPy: the loop makes T calls on arrays of n numbers, the scan some 2 log2 T calls on longer ones, with two
and a half times the arithmetic. Ratios of medians of processor time.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[threads] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

from rnnlib.course import linear  # noqa: E402

LENGTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
WIDTHS = [32, 256, 1024]
RUNS = 15


def loop(a, b, dh):
    """Return h, da and db as linear.scan and linear.scan_back do, step by step."""
    h, g, da = np.empty_like(b), np.empty_like(b), np.zeros_like(b)
    h[0] = b[0]
    for t in range(1, len(b)):
        h[t] = a[t] * h[t - 1] + b[t]
    g[-1] = dh[-1]
    for t in reversed(range(len(b) - 1)):
        g[t] = a[t + 1] * g[t + 1] + dh[t]
    da[1:] = g[1:] * h[:-1]
    return h, da, g


def scanned(a, b, dh):
    h = linear.scan(a, b)
    return h, *linear.scan_back(a, h, dh)


def seconds(call, inputs, times):
    start = time.process_time()
    for _ in range(times):
        call(*inputs)
    return (time.process_time() - start) / times


def ratio(T, n):
    """Return how many times as long the loop takes as the scan, after the results were compared."""
    rng = np.random.default_rng(0)
    inputs = rng.uniform(0.5, 1, (T, n)), rng.normal(size=(T, n)), rng.normal(size=(T, n))
    for one, other in zip(loop(*inputs), scanned(*inputs), strict=True):
        assert np.abs(one - other).max() < 1e-12 * np.abs(one).max()
    times = max(1, int(0.01 / seconds(loop, inputs, 1)))
    taken = [(seconds(loop, inputs, times), seconds(scanned, inputs, times)) for _ in range(RUNS)]
    return statistics.median(a for a, _ in taken) / statistics.median(b for _, b in taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", type=Path)
    arguments = parser.parse_args()
    found = {n: {T: float(f"{ratio(T, n):.2g}") for T in LENGTHS} for n in WIDTHS}
    print("T      ", *(f"{T:6}" for T in LENGTHS))
    for n, row in found.items():
        print(f"n={n:<6}", *(f"{r:6.2f}" for r in row.values()))
    if arguments.json:
        rows = [list(row.values()) for row in found.values()]
        recorded = {"T": LENGTHS, "n": WIDTHS, "ratio": rows}
        arguments.json.write_text(json.dumps(recorded) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
