"""Losses: the value, and its derivative with respect to what was predicted.

Outputs o_t are (..., K), whatever the leading axes (time, batch). Hard labels are class ids (...),
soft labels are probability vectors (..., K). With p = softmax(o):

    L = -sum_k y_k log p_k        dL/do = p - y
"""

import numpy as np

from . import checks


def log_softmax(logits):
    """Return log softmax over the last axis; the shift by the maximum keeps exp from overflowing."""
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
    """Return half the sum of squares and its derivative dL/doutputs = outputs - targets (..., K)."""
    where = "losses.squared_error"
    outputs = _float(where, "outputs", outputs)
    targets = checks.number(where, "targets", targets, outputs.dtype)
    checks.shape(where, "targets", targets, outputs.shape, "as outputs")
    weight = _weight(where, mask, outputs.shape[:-1], outputs.real.dtype, mean)
    difference = weight[..., None] * (outputs - targets)
    return 0.5 * (difference * (outputs - targets)).sum(), difference


def last_step(T, *batch):
    """Return the mask (T, *batch) under which only the last step has a loss."""
    mask = np.zeros((T, *batch), dtype=bool)
    mask[-1] = True
    return mask


def one_hot(ids, K):
    """Return class ids (...) as rows of the identity, (..., K)."""
    return np.eye(K)[_ids("losses.one_hot", ids, np.shape(ids), K)]


def _weight(where, mask, shape, dtype, mean):
    if mask is None:
        mask = np.ones(shape, dtype=bool)
    if type(mask) is not np.ndarray or mask.dtype != bool:
        checks.fail(where, "mask", f"a bool array {shape}", checks.short(mask), error=TypeError)
    checks.shape(where, "mask", mask, shape)
    if not mask.any():
        checks.fail(where, "mask", "True somewhere", "a mask that selects no element")
    return mask / np.asarray(mask.sum() if mean else 1, dtype)


def _float(where, name, value):
    if type(value) is not np.ndarray or value.dtype.kind not in "fc":
        value = checks.number(where, name, value, np.float64)
    return checks.number(where, name, value, value.dtype)


def _checked(where, logits, targets):
    """Return logits, and targets as probability rows (..., K)."""
    logits = _float(where, "logits", logits)
    if logits.ndim < 1 or logits.size == 0:
        checks.fail(where, "logits", "(..., K) with K >= 1", checks.short(logits))
    K = logits.shape[-1]
    if np.ndim(targets) == logits.ndim and np.asarray(targets).dtype.kind == "f":
        targets = checks.number(where, "targets", np.asarray(targets, logits.real.dtype), logits.real.dtype)
        checks.shape(where, "targets", targets, logits.shape, "soft labels, as logits")
        sums = targets.sum(axis=-1)
        bad = np.argwhere((np.abs(sums - 1) > 1e-6) | (targets < 0).any(axis=-1))
        if len(bad):
            at = tuple(int(i) for i in bad[0])
            got = f"a row that sums to {sums[at]:.6g} at {list(at)}"
            hint = "Padding? Mask it." if sums[at] == 0 else ""
            checks.fail(where, "targets", "rows of probabilities that sum to 1", got, hint)
        return logits, targets
    ids = _ids(where, targets, logits.shape[:-1], K)
    return logits, np.eye(K, dtype=logits.real.dtype)[ids]


def _ids(where, targets, shape, K):
    ids = np.asarray(targets)
    if ids.dtype.kind not in "iu":
        hint = "Soft labels have one more axis." if ids.dtype.kind == "f" else ""
        got = checks.short(targets if targets is None else ids)
        checks.fail(where, "targets", f"integer class ids {shape}", got, hint, TypeError)
    one_hot = "One-hot? Use targets.argmax(-1), or floats." if ids.shape == (*shape, K) else ""
    checks.shape(where, "targets", ids, shape, "class ids", one_hot)
    bad = np.argwhere((ids < 0) | (ids >= K))
    if len(bad):
        at = tuple(int(i) for i in bad[0])
        checks.fail(where, "targets", f"in [0, {K})", f"{ids[at]} at {list(at)}")
    return ids
