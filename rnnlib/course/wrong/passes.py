"""Right backward passes, written as people write them: the mistakes of the zoo are changes of a line or two.

Two kinds. A pass through a cell alone is held against sum(dhs * h_t); a pass through a whole network
has its own loss:

    backward(cell, p, trace, dhs)                  -> bptt.Gradient
    network(p, q, xs, h0, labels)                  -> loss, gradient      labels (T, B, K), probabilities
    lstm_network(p, q, xs, h0, c0, ids)            -> loss, gradient      ids (T, B)

Sequences are (T, B, D). A network's gradient is a dict {"p", "q", "xs", "h0"} (and "c0"), as gradcheck
takes it. None of them is how rnnlib itself computes: that is `bptt`.
"""

import numpy as np

from ... import bptt, losses, readout
from ...cells import gru, lstm, rnn
from ...cells.activations import sigmoid


def rnn_backward(cell, p, trace, dhs):
    """Send dL/dh_t (T, B, H) back through a vanilla network."""
    xs, h0, hs = trace.xs, trace.hs[0], trace.hs[1:]
    dxs, dW_x, dW_h, db = np.zeros_like(xs), 0, 0, 0
    dh_next = np.zeros_like(h0)
    for t in reversed(range(len(xs))):
        h_prev = hs[t - 1] if t > 0 else h0
        dh = dhs[t] + dh_next
        dz = (1 - hs[t] ** 2) * dh
        dW_x += dz.T @ xs[t]
        dW_h += dz.T @ h_prev
        db += dz.sum(axis=0)
        dxs[t] = dz @ p.W_x
        dh_next = dz @ p.W_h
    return bptt.Gradient(rnn.Params(dW_x, dW_h, db), dxs, (dh_next,))


class Layer:
    """A vanilla layer that keeps the gradient of every step in lists, and adds them up at the end."""

    def __init__(self):
        self.dW_x, self.dW_h, self.db = [], [], []

    def __call__(self, cell, p, trace, dhs):
        self.dW_x.clear()
        self.dW_h.clear()
        self.db.clear()
        dxs, dh_next = np.zeros_like(trace.xs), np.zeros_like(trace.hs[0])
        for t in reversed(range(len(dhs))):
            dz = (1 - trace.hs[t + 1] ** 2) * (dhs[t] + dh_next)
            self.dW_x.append(dz.T @ trace.xs[t])
            self.dW_h.append(dz.T @ trace.hs[t])
            self.db.append(dz.sum(axis=0))
            dxs[t] = dz @ p.W_x
            dh_next = dz @ p.W_h
        return bptt.Gradient(rnn.Params(sum(self.dW_x), sum(self.dW_h), sum(self.db)), dxs, (dh_next,))


def network(p, q, xs, h0, labels):
    """Return loss and gradient of a vanilla network with a read-out at every step."""
    hs = [h0]
    for x in xs:
        hs.append(np.tanh(x @ p.W_x.T + hs[-1] @ p.W_h.T + p.b))
    loss, dxs, dh_next = 0, 0 * (xs + hs[1][..., :1]), 0
    dW_x, dW_h, db, dW_y, db_y = 0, 0, 0, 0, 0
    for t in reversed(range(len(xs))):
        h, h_prev, y = hs[t + 1], hs[t], labels[t]
        log_prob = losses.log_softmax(h @ q.W_y.T + q.b_y)
        loss = loss - (y * log_prob).sum()
        error = np.exp(log_prob) - y
        dW_y = dW_y + error.T @ h
        db_y = db_y + error.sum(axis=0)
        dz = (1 - h ** 2) * (error @ q.W_y + dh_next)
        dW_x = dW_x + dz.T @ xs[t]
        dW_h = dW_h + dz.T @ h_prev
        db = db + dz.sum(axis=0)
        dxs[t] = dz @ p.W_x
        dh_next = dz @ p.W_h
    cell, out = rnn.Params(dW_x, dW_h, db), readout.Params(dW_y, db_y)
    return loss, {"p": cell, "q": out, "xs": dxs, "h0": dh_next}


def loss_by_loss(p, q, xs, h0, labels, k=None):
    """Return loss and gradient of a vanilla network: each loss looks back k steps, or to the first."""
    hs = [h0]
    for x in xs:
        hs.append(np.tanh(x @ p.W_x.T + hs[-1] @ p.W_h.T + p.b))
    loss, dxs, dh0 = 0, 0 * (xs + hs[1][..., :1]), 0 * hs[1]
    dW_x, dW_h, db, dW_y, db_y = 0, 0, 0, 0, 0
    for s in range(len(xs)):
        log_prob = losses.log_softmax(hs[s + 1] @ q.W_y.T + q.b_y)
        loss = loss - (labels[s] * log_prob).sum()
        error = np.exp(log_prob) - labels[s]
        dW_y = dW_y + error.T @ hs[s + 1]
        db_y = db_y + error.sum(axis=0)
        dh, first = error @ q.W_y, 0 if k is None else max(0, s - k)
        for t in reversed(range(first, s + 1)):
            dz = (1 - hs[t + 1] ** 2) * dh
            dW_x = dW_x + dz.T @ xs[t]
            dW_h = dW_h + dz.T @ hs[t]
            db = db + dz.sum(axis=0)
            dxs[t] += dz @ p.W_x
            dh = dz @ p.W_h
        dh0 = dh0 + (dh if first == 0 else 0)
    cell, out = rnn.Params(dW_x, dW_h, db), readout.Params(dW_y, db_y)
    return loss, {"p": cell, "q": out, "xs": dxs, "h0": dh0}


def frozen_loss(p, q, xs, h0, labels, k=None):
    """Return the loss whose gradient looks back k steps: the state that enters each look is a constant.

    .real holds it still while a complex step moves everything else.
    """
    hs, loss = [h0], 0
    for x in xs:
        hs.append(np.tanh(x @ p.W_x.T + hs[-1] @ p.W_h.T + p.b))
    for s in range(len(xs)):
        first = 0 if k is None else max(0, s - k)
        h = hs[first].real if first > 0 else h0
        for x in xs[first:s + 1]:
            h = np.tanh(x @ p.W_x.T + h @ p.W_h.T + p.b)
        loss = loss - (labels[s] * losses.log_softmax(h @ q.W_y.T + q.b_y)).sum()
    return loss


def lstm_backward(cell, p, trace, dhs):
    """Send dL/dh_t (T, B, H) back through an LSTM."""
    dsigmoid, dtanh = lambda a: a * (1 - a), lambda a: 1 - a ** 2
    W_i, W_f, W_g, W_o = np.split(p.W_h, 4)
    xs, hs, cs = trace.xs, trace.hs, trace.cs
    dxs, dW_x, dW_h, db = np.zeros_like(xs), 0, 0, 0
    dh_next, dc_next = np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(xs))):
        i, f, g, o = lstm.split(trace.kept.gates[t])
        c, c_prev = cs[t + 1], cs[t]
        tanh_c = np.tanh(c)
        dh = dhs[t] + dh_next
        dc = dc_next + dh * o * dtanh(tanh_c)
        dz_o = dh * tanh_c * dsigmoid(o)
        dz_f = dc * c_prev * dsigmoid(f)
        dz_i = dc * g * dsigmoid(i)
        dz_g = dc * i * dtanh(g)
        dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)
        dW_x += dz.T @ xs[t]
        dW_h += dz.T @ hs[t]
        db += np.concatenate([d.sum(axis=0) for d in (dz_i, dz_f, dz_g, dz_o)])
        dxs[t] = dz @ p.W_x
        dh_prev = dz_i @ W_i + dz_f @ W_f + dz_g @ W_g + dz_o @ W_o
        dc_prev = dc * f
        dh_next, dc_next = dh_prev, dc_prev
    return bptt.Gradient(lstm.Params(dW_x, dW_h, db), dxs, (dh_prev, dc_prev))


def lstm_network(p, q, xs, h0, c0, ids):
    """Return loss and gradient of an LSTM with a read-out at every step; ids (T, B) are the classes."""
    (b_i, b_f, b_g, b_o), rows = np.split(p.b, 4), np.arange(ids.shape[1])
    h, c, steps = h0, c0, []
    for x in xs:
        h_prev, c_prev = h, c
        i, f, g, o = lstm.split(x @ p.W_x.T + h @ p.W_h.T)
        i, f, g, o = sigmoid(i + b_i), sigmoid(f + b_f), np.tanh(g + b_g), sigmoid(o + b_o)
        c = f * c + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        steps.append((x, h_prev, c_prev, i, f, g, o, tanh_c, h))
    T, loss, dxs, dh_next, dc_next = len(xs), 0, [], 0, 0
    dW_x, dW_h, db, dW_y, db_y = 0, 0, 0, 0, 0
    for t in reversed(range(T)):
        x, h_prev, c_prev, i, f, g, o, tanh_c, h = steps[t]
        log_prob = losses.log_softmax(h @ q.W_y.T + q.b_y)
        loss = loss - log_prob[rows, ids[t]].sum()
        error = np.exp(log_prob)
        error[rows, ids[t]] -= 1
        dW_y = dW_y + error.T @ h
        db_y = db_y + error.sum(axis=0)
        dh = error @ q.W_y + dh_next
        dc = dc_next + dh * o * (1 - tanh_c ** 2)
        dz_i, dz_f = dc * g * i * (1 - i), dc * c_prev * f * (1 - f)
        dz_g, dz_o = dc * i * (1 - g ** 2), dh * tanh_c * o * (1 - o)
        dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)
        dW_x = dW_x + dz.T @ x
        dW_h = dW_h + dz.T @ h_prev
        db = db + dz.sum(axis=0)
        dxs = [dz @ p.W_x, *dxs]
        dh_next, dc_next = dz @ p.W_h, dc * f
    cell, out = lstm.Params(dW_x, dW_h, db), readout.Params(dW_y, db_y)
    return loss, {"p": cell, "q": out, "xs": np.stack(dxs), "h0": dh_next, "c0": dc_next}


def gru_backward(cell, p, trace, dhs):
    """Send dL/dh_t (T, B, H) back through a GRU."""
    xs, hs = trace.xs, trace.hs
    dxs, dW_x, dW_h, db, db_n = np.zeros_like(xs), 0, 0, 0, 0
    dh_next = np.zeros_like(hs[0])
    for t in reversed(range(len(xs))):
        r, z, n = gru.split(trace.kept.gates[t])
        hn, h_prev = trace.kept.hns[t], hs[t]
        dh = dhs[t] + dh_next
        dz_n = dh * (1 - z) * (1 - n ** 2)
        dz_z = dh * (h_prev - n) * z * (1 - z)
        dz_r = dz_n * hn * r * (1 - r)
        dz = np.concatenate([dz_r, dz_z, dz_n], axis=-1)
        da = np.concatenate([dz_r, dz_z, dz_n * r], axis=-1)          # dL/d(W_h h_prev)
        dW_x += dz.T @ xs[t]
        dW_h += da.T @ h_prev
        db += dz.sum(axis=0)
        db_n += (dz_n * r).sum(axis=0)
        dxs[t] = dz @ p.W_x
        dh_next = da @ p.W_h + z * dh
    return bptt.Gradient(gru.Params(dW_x, dW_h, db, db_n), dxs, (dh_next,))
