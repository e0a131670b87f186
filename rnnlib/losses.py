"""Losses: the value, and its derivative with respect to what was predicted.

Outputs o_t are (..., K), whatever the leading axes (time, batch). Hard labels are class ids (...),
soft labels are probability vectors (..., K). With p = softmax(o):

    L = -sum_k y_k log p_k        dL/do = p - y
"""

import numpy as np

from .doors import checks


def log_softmax(logits):
    """Return log softmax over the last axis; the shift by the maximum keeps exp from overflowing."""
    logits = _rows("losses.log_softmax", "logits", logits)
    shifted = logits - logits.real.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits):
    """Return probabilities over the last axis, (..., K)."""
    return np.exp(log_softmax(logits))


def cross_entropy(logits, targets):
    """Return the loss of every step and sequence, (...), in nats."""
    logits, targets = _checked("losses.cross_entropy", logits, targets)
    return -(targets * log_softmax(logits)).sum(axis=-1)


def softmax_cross_entropy(logits, targets, mask=None, mean=False):
    """Return the loss, summed over all steps and sequences, and dL/dlogits (..., K).

    mask (...) of bools says which of them count; mean=True divides loss *and* derivative by
    their number. (Dividing only one of the two is a classical mistake.)
    """
    where = "losses.softmax_cross_entropy"
    logits, targets = _checked(where, logits, targets)
    weight = _weight(where, mask, logits.shape[:-1], logits.real.dtype, mean)
    log_p = log_softmax(logits)
    loss = -(weight * (targets * log_p).sum(axis=-1)).sum()
    return loss, weight[..., None] * (np.exp(log_p) - targets)


def squared_error(outputs, targets, mask=None, mean=False):
    """Return half the sum of squares and its derivative dL/doutputs = outputs - targets (..., K).

    mask and mean as in softmax_cross_entropy: mean=True divides by the number of rows, not of entries.
    """
    where = "losses.squared_error"
    outputs = _rows(where, "outputs", outputs)
    targets = _soft(where, checks.array(where, "targets", targets), outputs.real.dtype)
    checks.shape(where, "targets", targets, outputs.shape, "as outputs")
    weight = _weight(where, mask, outputs.shape[:-1], outputs.real.dtype, mean)
    difference = weight[..., None] * (outputs - targets)
    return 0.5 * (difference * (outputs - targets)).sum(), difference


def last_step(T, *batch):
    """Return the mask (T, *batch) under which only the last step has a loss."""
    for name, size in (("T", T), *(("batch", n) for n in batch)):
        checks.whole("losses.last_step", name, size, 1, 10**6)
    mask = np.zeros((T, *batch), dtype=bool)
    mask[-1] = True
    return mask


def one_hot(ids, K, dtype=np.float64):
    """Return class ids (...) as rows of the identity, (..., K)."""
    where = "losses.one_hot"
    ids = checks.array(where, "ids", ids)
    K, dtype = checks.whole(where, "K", K, 1, 10**6), checks.floating(where, dtype)
    return _one_hot(_ids(where, "ids", ids, ids.shape, K), K, dtype)


def _one_hot(ids, K, dtype):
    rows = np.zeros((ids.size, K), dtype)
    rows[np.arange(ids.size), ids.reshape(-1)] = 1
    return rows.reshape(*ids.shape, K)


def _weight(where, mask, shape, dtype, mean):
    mean = checks.flag(where, "mean", mean)
    if mask is None:
        mask = np.ones(shape, dtype=bool)
    checks.bools(where, "mask", mask, shape)
    if not mask.any():
        checks.fail(where, "mask", "True somewhere", "a mask that selects no element")
    return mask / np.asarray(mask.sum() if mean else 1, dtype)


def _rows(where, name, value):
    """Return value as rows of real numbers (..., K); only a float32 array stays float32."""
    value = checks.array(where, name, value)
    dtype = np.float32 if value.dtype == np.float32 else np.float64
    value = checks.number(where, name, value, dtype)
    if value.ndim < 1 or value.size == 0:
        checks.fail(where, name, "(..., K) with K >= 1, and not empty", checks.short(value))
    return value


def _soft(where, targets, dtype):
    targets = targets.astype(dtype) if targets.dtype.kind == "f" else targets
    return checks.number(where, "targets", targets, dtype)


def _checked(where, logits, targets):
    """Return logits, and targets as probability rows (..., K)."""
    logits = _rows(where, "logits", logits)
    targets = checks.array(where, "targets", targets)
    K, dtype = logits.shape[-1], logits.real.dtype
    if targets.ndim == logits.ndim and targets.dtype.kind == "f":
        targets = _soft(where, targets, dtype)
        checks.shape(where, "targets", targets, logits.shape, "soft labels, as logits")
        sums = targets.sum(axis=-1)
        bad = np.argwhere((np.abs(sums - 1) > 1e-6) | (targets < 0).any(axis=-1))
        if len(bad):
            at = tuple(int(i) for i in bad[0])
            negative = (targets[at] < 0).any()
            got = "a row with a negative entry" if negative else f"a row that sums to {sums[at]:.6g}"
            got += f" at {list(at)}"
            hint = "Padding? Mask it." if sums[at] == 0 else ""
            checks.fail(where, "targets", "rows of probabilities that sum to 1", got, hint)
        return logits, targets
    ids = _ids(where, "targets", targets, logits.shape[:-1], K)
    return logits, _one_hot(ids, K, dtype)


def _ids(where, name, ids, shape, K):
    if ids.dtype.kind not in "iu":
        hint = "Soft labels have one more axis." if ids.dtype.kind == "f" else ""
        got = checks.short(ids)
        checks.fail(where, name, f"integer class ids {shape}", got, hint, TypeError)
    hint = f"One-hot? Use {name}.argmax(-1), or floats." if ids.shape == (*shape, K) else ""
    if ids.ndim == len(shape) > 1 and ids.swapaxes(0, 1).shape == shape:
        hint = f"Time comes first: use {name}.swapaxes(0, 1)."
    checks.shape(where, name, ids, shape, "class ids", hint)
    bad = np.argwhere((ids < 0) | (ids >= K))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        checks.fail(where, name, f"in [0, {K})", f"{ids[at]} at {list(at)}")
    return ids
