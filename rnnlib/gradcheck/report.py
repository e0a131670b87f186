"""What a gradient check says: a verdict for each tensor, as text and as a table in a notebook."""

import html
from dataclasses import dataclass

from ..doors import checks

CELL = ' style="padding: 2px 10px; text-align: right"'       # of a table
FAR = 10             # times as far off as the next: that is told
HOW = {"unseen": "unseen", "kink": "at a kink", "ill-conditioned": "ill-conditioned", "float32": "in float32",
       "rounded": "rounded"}


@dataclass(frozen=True)
class Verdict:
    """What the check says of one tensor: 'right' or 'wrong'; or why neither can be said here: it is
    'unseen', 'ill-conditioned', 'rounded', at a 'kink', or because of 'float32'."""

    name: str
    shape: tuple
    verdict: str
    error: float      # max |analytic - numeric| / max(|analytic|, |numeric|)
    where: object     # index of the worst entry (if right: the largest); None for random directions
    analytic: float
    numeric: float
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Verdicts, tensor by tensor. `ok` only if every one is right: an unseen tensor is not a pass."""

    method: str
    verdicts: tuple
    notes: tuple = ()

    @property
    def ok(self):
        """True if every tensor was seen and is right."""
        return all(v.verdict == "right" for v in self.verdicts)

    def __bool__(self):
        return self.ok                                # so that assert check(...) means what it says

    def names(self, verdict):
        """Return the names of the tensors with this verdict."""
        return [v.name for v in self.verdicts if v.verdict == verdict]

    def __getitem__(self, name):
        found = {v.name: v for v in self.verdicts}
        if name not in found:
            checks.fail("Report", "name", f"one of {list(found)}", checks.short(name))
        return found[name]

    def _rows(self):
        yield "tensor", "shape", "verdict", "error", "at", "analytic", "numeric"
        for v in self.verdicts:
            where = "direction" if v.where is None else str(list(v.where))
            error = "rounding" if v.verdict == "right" and not v.note else f"{v.error:.0e}"
            numbers = [error, where, f"{v.analytic:.4g}", f"{v.numeric:.4g}"]
            yield v.name, str(v.shape), v.verdict, *(numbers if v.verdict != "unseen" else 4 * "-")

    def _conclusion(self):
        wrong, right, n = self.names("wrong"), self.names("right"), len(self.verdicts)
        open_ = [(v, self.names(v)) for v in HOW if self.names(v)]
        if wrong:
            yield f"WRONG: {', '.join(wrong)} ({len(wrong)} of {n} tensors)."
        elif not open_:
            yield f"Right: all {n} tensors."
        else:
            said = ", ".join(f"{', '.join(names)} {HOW[v]}" for v, names in open_)
            yield f"Not certified: {len(right)} of {n} tensors are right, {said}."
        if wrong:
            yield from self._where_to_look(wrong)
        for note in dict.fromkeys(v.note for v in self.verdicts if v.note):
            yield f"{', '.join(v.name for v in self.verdicts if v.note == note)}: {note}"
        yield from self.notes

    def _where_to_look(self, wrong):
        """Say it if one tensor alone is wrong, or if a few are off by far more than the other wrong ones."""
        if len(wrong) == 1 < len(self.names("right")) == len(self.verdicts) - 1 and not self[wrong[0]].note:
            yield f"All else is right: look at what concerns {wrong[0]} alone."
        parts = {name.removeprefix("d").partition(".")[0] for name in wrong if "." in name}
        whole = len(parts) == 1 < len(wrong) and all("." in name for name in wrong)
        if whole and 0 < len(self.names("right")) == len(self.verdicts) - len(wrong):
            part = parts.pop()
            if not any(name.startswith(f"d{part}.") for name in self.names("right")):
                yield f"All else is right: look at {part}, and at what is sent back to it."
        most = sorted((self[name] for name in wrong), key=lambda v: -v.error)
        gap = next((k for k in range(1, len(most)) if most[k - 1].error > FAR * most[k].error), 0)
        if 0 < gap <= len(most) / 2 and len(most) > 2:
            far, near = (f"{v.error:.0e}" for v in most[gap - 1 : gap + 1])
            names = ", ".join(v.name for v in most[:gap])
            yield f"Most off: {names}, by {far} or more of the largest entry; the others by {near} or less."

    def __str__(self):
        rows = list(self._rows())
        widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        return "\n".join([f"Gradient check by {self.method}", *lines, *self._conclusion()])

    __repr__ = __str__

    def _repr_html_(self):
        marks = {"right": "✓ right", "wrong": "✗ WRONG", **{v: f"? {v}" for v in HOW}}
        head, *body = (tuple(html.escape(c) for c in row) for row in self._rows())
        rows = "".join(
            "<tr>" + "".join(f"<td{CELL}>{marks.get(c, c)}</td>" for c in row) + "</tr>" for row in body
        )
        head = "".join(f'<th scope="col"{CELL}>{c}</th>' for c in head)
        text = "<br>".join(html.escape(line) for line in self._conclusion())
        caption = f"<caption>Gradient check by {html.escape(self.method)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{text}</p>"


def step_table(errors, gates, right):
    """Return an HTML table of relative errors of deltas, (T, G), by gate and step; up to `right` is right."""
    says = lambda e: "✓" if e <= right else f"✗ {100 * e:.0f} %" if e >= 0.005 else f"✗ {e:.0e}"
    head = "".join(f'<th scope="col"{CELL}>{t}</th>' for t in ("step", *range(1, len(errors) + 1)))
    rows = "".join(
        f'<tr><th scope="row"{CELL}>δ<sup>{html.escape(gate)}</sup></th>'
        + "".join(f"<td{CELL}>{says(e)}</td>" for e in row) + "</tr>"
        for gate, row in zip(gates, errors.T, strict=True)
    )
    caption = "<caption>Relative error of the deltas, by gate and step</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
