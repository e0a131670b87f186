"""The widgets of notebook 13, the word model: losses that fall, and the stages of a repair."""

from .. import plots
from .controls import choice, slider
from .live import live_figure
from .touch import area, spot


def falling(curves):
    """Move through the updates of losses that fall {letter: (n,)}: how much is left of each."""
    last = len(next(iter(curves.values()))) - 1

    def describe(update):
        left = ", ".join(f"{name} {100 * curve[update] / curve[0]:.0f} %" for name, curve in curves.items())
        return f"After {update} update{'s' * (update != 1)} there is left of the first loss: {left}."

    return live_figure(
        lambda ax: plots.losses_at(ax, curves),
        {"update": slider("update", min(12, last), 0, last)}, describe, size=(10, 3.2),
        touch=lambda ax: [area(ax, x="update")])


def repairs(names, curves, reports):
    """Walk through the stages of a repair: names, losses (stages, n), and a gradcheck.Report for each."""
    if not len(names) == len(curves) == len(reports):
        raise ValueError(f"repairs: names, curves and reports must be as many; got "
                         f"{len(names)}, {len(curves)} and {len(reports)}.")
    tensors = [v.name for v in reports[0].verdicts]
    errors = [[report[name].error for name in tensors] for report in reports]
    verdicts = [[report[name].verdict for name in tensors] for report in reports]

    def describe(stage):
        end = 100 * curves[stage][-1] / curves[stage][0]
        said = [f"{name} is {verdict}" + f" by {error:.2f}" * (verdict == "wrong")
                for name, verdict, error in zip(tensors, verdicts[stage], errors[stage])]
        return (f"Stage {stage}, {names[stage]}: in {len(curves[stage]) - 1} updates the loss falls to "
                f"{end:.0f} % of its start. {', '.join(said)}.")

    def change(n):                      # a tensor leads to the next stage at which its verdict is another
        return lambda stage: next((k for k in range(stage, len(names))
                                   if verdicts[k][n] != verdicts[stage][n]), len(names) - 1)

    def touch(left, right):             # a curve under the finger, at whichever update, is its stage
        top = left.get_ylim()[1]
        return [*(area(left, y="stage", ys=at, box=(n - 0.5, n + 0.5, 0, top))
                  for n, at in enumerate(zip(*curves, strict=True))),
                *(spot(right, (*right.get_xlim(), n + 0.5, n - 0.5), stage=change(n))
                  for n in range(len(tensors)))]

    options = [(f"{stage} · {name}", stage) for stage, name in enumerate(names)]
    control = choice("stage of repair", options)
    return live_figure(
        lambda left, right: plots.repair_stages(left, right, curves, tensors, errors, verdicts),
        {"stage": control}, describe, code=lambda stage: f"sentence.verdict({stage})",
        size=(9.6, 3.9), panels=(1, 2), touch=touch)
