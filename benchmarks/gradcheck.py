"""Our gradient check against torch.autograd.gradcheck:  python benchmarks/gradcheck.py [--json FILE]

An RNN with 14 parameters on sequences of three sizes, and one with 500; one process, one thread.
Both sides check every parameter; the runs alternate, and medians are compared. torch's slow mode
checks a function of the parameters, entry by entry: once the states of the layer, as one checks a
layer, and once a single loss. `check_cell` also checks every input and the initial state.
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
import torch  # noqa: E402

from rnnlib import bptt, gradcheck, rnn  # noqa: E402

NETWORKS = {(3, 1, 4, 2): 50, (10, 2, 4, 2): 30, (30, 8, 4, 2): 5, (10, 2, 4, 20): 5}  # (T, B, D, H): runs


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def contestants(T, B, D, H):
    """Return {name: a check of the same network at the same point}."""
    p, xs, (h0,), dhs = gradcheck.designed_point(rnn, np.random.default_rng(0), T, B, D, H)
    stacked = gradcheck.stacked_loss(rnn, dhs)

    def our_loss(p):
        return stacked({"p": p, "xs": xs[None], "h0": h0[None]})

    def our_gradient(p):
        return bptt.backward(rnn, p, bptt.forward(rnn, p, xs, h0), dhs).params

    theirs = torch.nn.RNN(D, H, dtype=torch.float64)
    names = [name for name, _ in theirs.named_parameters()]
    weights = [torch.tensor(w, requires_grad=True) for w in p]
    fixed = [torch.tensor(a) for a in (xs, h0[None], np.zeros(H))]      # the second bias is zero

    def states(*weights):
        values = dict(zip(names, (*weights, fixed[2])))
        return torch.func.functional_call(theirs, values, (fixed[0], fixed[1]))[0]

    def loss(*weights):
        return (torch.tensor(dhs) * states(*weights)).sum()

    return {
        "rnnlib, parameters": lambda: gradcheck.check(our_loss, p, our_gradient, stacked=True),
        "rnnlib, check_cell": lambda: gradcheck.check_cell(rnn, p, xs, h0, dhs),
        "torch, the states": lambda: torch.autograd.gradcheck(states, weights),
        "torch, one loss": lambda: torch.autograd.gradcheck(loss, weights),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    file = parser.parse_args().json
    torch.set_num_threads(1)
    tables = [{"sizes": dict(zip("TBDH", sizes)), "runs": runs, "rows": measure(sizes, runs)}
              for sizes, runs in NETWORKS.items()]
    for table in tables:
        print(f"{', '.join(f'{k}={v}' for k, v in table['sizes'].items()):28}"
              f"{'median ms':>11}{'best ms':>10}{'ratio':>8}{'of best':>9}")
        for row in table["rows"]:
            print("{check:28}{median_ms:11.2f}{best_ms:10.2f}{ratio:8.1f}{of_best:9.1f}".format(**row))
    if file:
        versions = {"numpy": np.__version__, "torch": torch.__version__}
        Path(file).write_text(json.dumps({**versions, "tables": tables}, indent=1))


def measure(sizes, runs):
    """Return one row for each contestant: median, best, and both relative to ours."""
    checks = contestants(*sizes)
    for check in checks.values():
        check()
    times = {name: [] for name in checks}
    for _ in range(runs):
        for name, check in checks.items():
            times[name].append(seconds(check))
    ours = times["rnnlib, parameters"]
    return [{"check": name, "median_ms": 1e3 * statistics.median(t), "best_ms": 1e3 * min(t),
             "ratio": statistics.median(t) / statistics.median(ours), "of_best": min(t) / min(ours)}
            for name, t in times.items()]


if __name__ == "__main__":
    main()
