"""Our layers against their peers:  python benchmarks/layers.py [--json FILE] [--cells rnn,lstm] [--sizes S3]

The task: from xs (T, B, D) and dhs = dL/dh_t (T, B, H), the gradient of sum(h * dhs) for every weight
and every input, forward pass included. Four contestants, in one process and one thread, by turns:

    ours       bptt.forward and bptt.backward, with every check at their doors
    torch      nn.RNN, nn.LSTM, nn.GRU: forward and backward, gradients set to None before each run
    source     NumPy in a Python loop as the sources of this course write it: one product per gate
               and step on [h, x], weight gradients added up (LSTM, GRU) or listed (RNN) step by step
    bare       nothing but the matrix products of these shapes and one tanh of all pre-activations,
               into arrays that are already there: what any NumPy must spend at least

All gradients are compared before anything is timed. A timed run comes right after one of its own, as in
training; with --rested after those of the others, when the system may have to find its memory anew. The
table compares medians of processor time, which a busy machine disturbs little; the file has the best times
as well. Much depends on the matrix products that a library picks for the processor: where OPENBLAS_*
variables choose NumPy's, the table says so, for torch still picks its own. Without them:
env -u OPENBLAS_CORETYPE python benchmarks/layers.py
"""

import argparse
import gc
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from rnnlib import bptt, gru, lstm, rnn  # noqa: E402

CELLS = {"rnn": (rnn, torch.nn.RNN), "lstm": (lstm, torch.nn.LSTM), "gru": (gru, torch.nn.GRU)}
SIZES = {"S1": (3, 1, 4, 2), "S2": (3, 3, 4, 5), "S3": (25, 1, 65, 128),          # (T, B, D, H)
         "S4": (100, 16, 64, 128), "S5": (200, 32, 128, 256)}
TOLERANCE = {"float64": 1e-10, "float32": 1e-3}
RUN, BUDGET, FEWEST = 2e-3, 2.0, 5     # seconds per timed run and per row of the table; rounds at least


def ours(name, p, xs, dhs):
    cell, _ = CELLS[name]

    def run():
        return bptt.backward(cell, p, bptt.forward(cell, p, xs), dhs)

    def read(gradient):
        return {"xs": gradient.xs, **gradient.params._asdict()}

    return run, read


def theirs(name, p, xs, dhs):
    layer = CELLS[name][1](xs.shape[-1], dhs.shape[-1], dtype=torch.from_numpy(xs).dtype)
    second = np.zeros_like(p.b)
    if name == "gru":
        second[-len(p.b_n):] = p.b_n
    with torch.no_grad():
        for weight, w in zip(layer.parameters(), (p.W_x, p.W_h, p.b, second), strict=True):
            weight.copy_(torch.from_numpy(w))
    inputs, injected = torch.tensor(xs, requires_grad=True), torch.tensor(dhs)
    leaves = [inputs, *layer.parameters()]

    def run():
        for leaf in leaves:
            leaf.grad = None
        layer(inputs)[0].backward(injected)

    def read(_):
        return dict(zip(("xs", "W_x", "W_h", "b", "second b"), (leaf.grad.numpy() for leaf in leaves)))

    return run, read


def source(name, p, xs, dhs):
    if name == "rnn":
        return lambda: source_rnn(p, xs, dhs), lambda gradient: gradient
    H, gates = dhs.shape[-1], {"lstm": "ifco", "gru": "rzn"}[name]
    h, x, b = (np.split(w, len(gates)) for w in (p.W_h, p.W_x, p.b))
    model = {f"W{g}": np.ascontiguousarray(np.concatenate([h[n], x[n]], axis=1).T)     # acts on [h, x]
             for n, g in enumerate(gates)} | {f"b{g}": b[n] for n, g in enumerate(gates)}
    if name == "gru":                                 # the reset gate needs the two parts of the candidate
        model |= {"Wn": np.ascontiguousarray(x[2].T), "Un": np.ascontiguousarray(h[2].T), "cn": p.b_n}

    def read(gradient):
        dxs, d = gradient
        both, more = [d[f"W{g}"] for g in gates], {}
        if name == "gru":
            both[2], more = np.concatenate([d["Un"], d["Wn"]]), {"b_n": d["cn"]}
        return {"xs": np.array(dxs), "b": np.concatenate([d[f"b{g}"] for g in gates]), **more,
                "W_x": np.concatenate([w[H:].T for w in both]),
                "W_h": np.concatenate([w[:H].T for w in both])}

    return lambda: source_gates(STEPS[name], model, xs, dhs), read


def source_rnn(p, xs, dhs):
    """List the gradient of every step and add them up at the end, as source 003 does."""
    before, after, h = [], [], np.zeros_like(dhs[0])
    for x in xs:
        before.append(h)
        h = np.tanh(np.dot(x, p.W_x.T) + np.dot(h, p.W_h.T) + p.b)
        after.append(h)
    dxs, dW_x, dW_h, db, dh_next = [], [], [], [], np.zeros_like(h)
    for x, dh in zip(reversed(xs), reversed(dhs)):
        delta = (dh + dh_next) * (1 - after.pop() ** 2)
        dh_next = np.dot(delta, p.W_h)
        dxs.insert(0, np.dot(delta, p.W_x))
        dW_x.append(np.dot(delta.T, x))
        dW_h.append(np.dot(delta.T, before.pop()))
        db.append(delta)
    return {"xs": np.array(dxs), "W_x": np.sum(dW_x, axis=0), "W_h": np.sum(dW_h, axis=0),
            "b": np.sum(db, axis=(0, 1))}


def source_gates(steps, model, xs, dhs):
    """Add up a dictionary of gradients step by step, as source 002 does."""
    forward, backward = steps
    h = c = np.zeros_like(dhs[0])
    caches = []
    for x in xs:
        h, c, cache = forward(model, x, h, c)
        caches.append(cache)
    dxs, grads = [], {k: np.zeros_like(w) for k, w in model.items()}
    dh_next = dc_next = np.zeros_like(h)
    for dh, cache in zip(reversed(dhs), reversed(caches)):
        dx, dh_next, dc_next, grad = backward(model, dh + dh_next, dc_next, cache)
        dxs.insert(0, dx)
        for k in grads:
            grads[k] += grad[k]
    return dxs, grads


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_forward(m, x, h_old, c_old):
    X = np.column_stack((h_old, x))
    i, f, o = (sigmoid(X @ m[f"W{g}"] + m[f"b{g}"]) for g in "ifo")
    g = np.tanh(X @ m["Wc"] + m["bc"])
    c = f * c_old + i * g
    return o * np.tanh(c), c, (X, i, f, g, o, c_old, c)


def lstm_backward(m, dh, dc_next, cache):
    X, i, f, g, o, c_old, c = cache
    dc = o * dh * (1 - np.tanh(c) ** 2) + dc_next
    d = {"i": g * dc * i * (1 - i), "f": c_old * dc * f * (1 - f), "c": i * dc * (1 - g ** 2),
         "o": np.tanh(c) * dh * o * (1 - o)}
    dX = sum(d[k] @ m[f"W{k}"].T for k in d)
    grad = {f"W{k}": X.T @ d[k] for k in d} | {f"b{k}": d[k].sum(axis=0) for k in d}
    H = dh.shape[-1]
    return dX[:, H:], dX[:, :H], f * dc, grad


def gru_forward(m, x, h_old, _):
    X = np.column_stack((h_old, x))
    r, z = (sigmoid(X @ m[f"W{g}"] + m[f"b{g}"]) for g in "rz")
    s = h_old @ m["Un"] + m["cn"]
    n = np.tanh(x @ m["Wn"] + m["bn"] + r * s)
    return (1 - z) * n + z * h_old, _, (X, x, r, z, s, n, h_old)


def gru_backward(m, dh, _, cache):
    X, x, r, z, s, n, h_old = cache
    dn = dh * (1 - z) * (1 - n ** 2)
    ds = dn * r
    d = {"r": dn * s * r * (1 - r), "z": dh * (h_old - n) * z * (1 - z)}
    dX = sum(d[k] @ m[f"W{k}"].T for k in d)
    grad = {f"W{k}": X.T @ d[k] for k in d} | {f"b{k}": d[k].sum(axis=0) for k in d}
    grad |= {"Wn": x.T @ dn, "bn": dn.sum(axis=0), "Un": h_old.T @ ds, "cn": ds.sum(axis=0)}
    H = dh.shape[-1]
    return dX[:, H:] + dn @ m["Wn"].T, dX[:, :H] + ds @ m["Un"].T + dh * z, _, grad


STEPS = {"lstm": (lstm_forward, lstm_backward), "gru": (gru_forward, gru_backward)}


def bare(name, p, xs, dhs):
    T, B, D = xs.shape
    xs, hs = xs.reshape(T * B, D), np.tanh(dhs)
    zs, dh, dxs = np.empty((T, B, len(p.b)), xs.dtype), np.empty_like(dhs[0]), np.empty_like(xs)
    delta = np.tanh(np.resize(dhs, zs.shape))
    flat, h, d = zs.reshape(T * B, -1), hs.reshape(T * B, -1), delta.reshape(T * B, -1)
    W_x, W_h, ones = np.ascontiguousarray(p.W_x.T), np.ascontiguousarray(p.W_h.T), np.ones_like(h[:, 0])
    dW_x, dW_h, db = np.empty_like(p.W_x), np.empty_like(p.W_h), np.empty_like(p.b)

    def run():
        np.dot(xs, W_x, out=flat)
        for t in range(T):
            np.dot(hs[t], W_h, out=zs[t])
        np.tanh(zs, out=zs)
        for t in range(T):
            np.dot(delta[t], p.W_h, out=dh)
        np.dot(d.T, xs, out=dW_x)
        np.dot(d.T, h, out=dW_h)
        np.dot(ones, d, out=db)
        np.dot(d, p.W_x, out=dxs)

    return run, lambda _: {}


CONTESTANTS = {"ours": ours, "torch": theirs, "source": source, "bare": bare}


def compare(where, results, tolerance):
    """Stop with a sentence if a gradient differs from ours."""
    expected = dict(results["ours"])
    b, b_n = expected["b"], expected.get("b_n", expected["b"])
    expected["second b"] = np.concatenate([b[:len(b) - len(b_n)], b_n])    # torch's recurrent bias
    for who, gradients in results.items():
        for name, d in gradients.items():
            error = np.linalg.norm(d - expected[name]) / np.linalg.norm(expected[name])
            if not error < tolerance:
                sys.exit(f"{where}: d{name} of {who} differs from ours by {error:.1e} of its norm.")


def seconds(run, repeats, rested=False):
    gc.disable()
    if not rested:
        run()
    start = time.process_time()
    for _ in range(repeats):
        run()
    end = time.process_time()
    gc.enable()
    return (end - start) / repeats


def measure(name, size, dtype, rounds, rested):
    """Return a row: for each contestant the median and the best time of one run, in microseconds."""
    T, B, D, H = SIZES[size]
    rng = np.random.default_rng(0)
    cell, _ = CELLS[name]
    p = cell.Params(*((rng.uniform(-1, 1, s) / np.sqrt(H)).astype(dtype) for s in cell.shapes(D, H)))
    xs, dhs = (rng.standard_normal((T, B, n)).astype(dtype) for n in (D, H))
    pairs = {who: build(name, p, xs, dhs) for who, build in CONTESTANTS.items()}
    results = {who: read(run()) for who, (run, read) in pairs.items()}
    compare(f"{name} {size} {dtype}", results, TOLERANCE[dtype])

    runs = {who: run for who, (run, _) in pairs.items()}
    once = {who: min(seconds(run, 1) for _ in range(3)) for who, run in runs.items()}
    repeats = {who: math.ceil(RUN / t) for who, t in once.items()}
    calls = {who: n + (not rested) for who, n in repeats.items()}
    rounds = rounds or max(FEWEST, int(BUDGET / sum(once[who] * calls[who] for who in runs)))
    times = {who: [] for who in runs}
    for _ in range(rounds):
        for who in rng.permutation(list(runs)):
            times[who].append(1e6 * seconds(runs[who], repeats[who], rested))
    return {"cell": name, "size": size, "dtype": dtype, "rounds": rounds,
            "median_us": {who: statistics.median(t) for who, t in times.items()},
            "best_us": {who: min(t) for who, t in times.items()}}


def chosen(known):
    """Return a reader of comma-separated names for argparse."""
    def read(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names
    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    for option, known in (("cells", CELLS), ("sizes", SIZES), ("dtypes", TOLERANCE)):
        parser.add_argument(f"--{option}", type=chosen(known), default=list(known), help=",".join(known))
    parser.add_argument("--rounds", type=int, help=f"default: what fits in {BUDGET:g} s, at least {FEWEST}")
    parser.add_argument("--rested", action="store_true", help="time a run after those of the others")
    args = parser.parse_args()
    torch.set_num_threads(1)
    chosen_kernels = {k: v for k, v in os.environ.items() if k.startswith("OPENBLAS_") and "THREADS" not in k}
    if chosen_kernels:
        print("Set for NumPy, not for torch:", *(f"{k}={v}" for k, v in chosen_kernels.items()))
    memory = {k: v for k, v in os.environ.items() if k.startswith("MALLOC_")}
    if memory:
        print("Set for all:", *(f"{k}={v}" for k, v in memory.items()))
    rows = []
    for dtype in args.dtypes:
        print(f"\n{dtype:22}{'ours, us':>12}{'torch / ours':>15}{'source / ours':>16}{'ours / bare':>14}")
        for name in args.cells:
            for size in args.sizes:
                rows.append(row := measure(name, size, dtype, args.rounds, args.rested))
                us = row["median_us"]
                label = f"{name:5}{size:4}{','.join(map(str, SIZES[size])):13}"
                print(f"{label}{us['ours']:12,.0f}{us['torch'] / us['ours']:15.2f}"
                      f"{us['source'] / us['ours']:16.2f}{us['ours'] / us['bare']:14.2f}", flush=True)
    if args.json:
        setting = {"python": sys.version.split()[0], "numpy": np.__version__, "torch": torch.__version__,
                   "cpus": os.cpu_count(), "threads": 1, "rested": args.rested,
                   "environment": chosen_kernels | memory, "sizes": SIZES}
        Path(args.json).write_text(json.dumps({**setting, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
