"""Time forward against reverse mode, and checkpoints against keeping everything (notebook 18).

    python benchmarks/forward.py                 the table
    python benchmarks/forward.py --json rnnlib/course/recorded_forward.json     ... and what the page cites

The two programs are those of the page, read from its source. Ratios of medians of processor time, by turns.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from rnnlib import bptt, checkpoints, dynamics, lstm
from rnnlib.course import counting

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "notebooks"))
import build


def programs():
    """Return the page's functions reverse_mode and forward_mode."""
    (source,), names = build.SOURCES.glob("18-*.md"), {"np": np}
    for cell in build.draft(source).cells:
        if cell.source.startswith(("def reverse_mode(", "def forward_mode(")):
            exec(cell.source, names)
    return names["reverse_mode"], names["forward_mode"]


def ratio(slow, quick, rounds):
    """Return how many times as long slow() takes as quick(), the two by turns."""
    times = [], []
    for _ in range(rounds):
        for run, taken in zip((slow, quick), times, strict=True):
            began = time.process_time()
            run()
            taken.append(time.process_time() - began)
    return statistics.median(times[0]) / statistics.median(times[1])


def modes(T=100, sizes=(2, 4, 8, 16, 32, 64)):
    """Return the time of forward mode over that of reverse mode, by H."""
    reverse, forward = programs()
    found = []
    for H in sizes:
        rng = np.random.default_rng(18)
        given = dynamics.recurrent(rng, H, radius=0.9), *rng.normal(size=(2, T, H))
        found.append(ratio(lambda: forward(*given), lambda: reverse(*given), 5 if H > 32 else 25))  # noqa: B023
        counted = counting.multiplications(forward, *given) / counting.multiplications(reverse, *given)
        print(f"H = {H:2}: forward/reverse by the clock {found[-1]:6.2f}, counted {counted:8.2f}")
    return {"T": T, "H": list(sizes), "ratio": [float(f"{value:.2g}") for value in found]}


def memory(T=1600, B=8, H=32):
    """Return the time with checkpoints over that of keeping everything, for an LSTM."""
    rng = np.random.default_rng(18)
    p, xs = lstm.init(rng, 1, H), rng.normal(size=(T, B, 1))

    def squares(steps, hs):
        return hs - 0.5

    def everything():
        trace = bptt.forward(lstm, p, xs)
        bptt.backward(lstm, p, trace, squares(slice(0, T), trace.hs[1:]))

    ways, found = ({"every": 40}, {"every": 17}, {"slots": 10}), []
    for way in ways:
        found.append(ratio(lambda: checkpoints.backward(lstm, p, xs, squares, **way), everything, 7))  # noqa: B023
        print(f"LSTM, T = {T}, {way}: {found[-1]:.2f} times as long")
    return {"T": T, "B": B, "H": H, "every_40": round(found[0], 1), "every_17": round(found[1], 1),
            "slots_10": round(found[2], 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    result = {"modes": modes(), "checkpoints": memory()}
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
