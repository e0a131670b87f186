"""The widgets of notebook 15."""

import numpy as np

from ...cells import gru
from .. import plots
from .controls import slider
from .live import live_figure
from .touch import area, spot


def gru_shares(p, x, h, update=0.0, reset=0.0):
    """Return what dL/dh_t = 1 becomes on each road back to h_{t-1}, for one unit, and the gates r, z.

    update and reset are added to the biases of the two gates.
    """
    p = p._replace(b=p.b + np.array([reset, update, 0.0]))
    (_, kept) = gru.step(p, np.array([x]) @ p.W_x.T + p.b, (np.array([h]),))
    r, z, n = (float(g[0]) for g in gru.split(kept.gates))
    m, (w_r, w_z, w_n) = float(kept.hns[0]), p.W_h[:, 0]
    d_n = (1 - z) * (1 - n * n)
    d_r, d_z = d_n * m * r * (1 - r), (h - n) * z * (1 - z)
    return {"leak": z, "candidate": float(w_n * r * d_n), "gates": float(w_r * d_r + w_z * d_z)}, r, z


def gru_roads(p, x, h):
    """Open and close the two gates of one unit; see which road takes dL/dh_t = 1 back to h_{t-1}."""
    def describe(update, reset):
        shares, r, z = gru_shares(p, x, h, update, reset)
        roads = " + ".join(f"({round(value, 3) + 0.0:.3f}) {name}" for name, value in shares.items())
        return (f"With {update:+.1f} on bᶻ and {reset:+.1f} on bʳ: z = {z:.3f}, r = {r:.3f}. "
                f"Of dL/dh_t = 1 arrive {roads} = {sum(shares.values()):.3f}.").replace("-", "−")

    def draw(ax):
        move = plots.gru_roads(ax, *gru_shares(p, x, h))
        return lambda update, reset: move(*gru_shares(p, x, h, update, reset))

    def touch(ax):                                          # a gate where it is filled, a road by its lane
        lanes, tracks = plots.gru_places()
        opened = {"reset": lambda by: gru_shares(p, x, h, reset=by)[1],
                  "update": lambda by: gru_shares(p, x, h, update=by)[2]}
        ends = {"leak": {"update": 6.0}, "candidate": {"update": -6.0}}
        return [*(area(ax, x=gate, box=box, xs=[
            box[0] + opened[gate](by) * (box[1] - box[0]) for by in controls[gate].values])
            for gate, box in tracks.items()), *(spot(ax, lanes[road], **to) for road, to in ends.items())]

    controls = {"update": slider("update gate: add to bᶻ", 0.0, -6.0, 6.0, 0.5),
                "reset": slider("reset gate: add to bʳ", 0.0, -6.0, 6.0, 0.5)}
    return live_figure(draw, controls, describe, size=(10, 2.8), touch=touch, code=lambda update, reset: (
        f"widgets.gru_shares(one, {x}, {h}, update={update}, reset={reset})"))
