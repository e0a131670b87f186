"""A progress bar that leaves nothing behind."""

import ipywidgets as ipw
from IPython.display import clear_output, display


def counted(steps, total, label):
    """Yield from steps under a progress bar that goes when they end, and leaves no output behind."""
    bar = ipw.IntProgress(max=total, description=label, style={"description_width": "initial"})
    display(bar)
    try:
        for n, step in enumerate(steps, 1):
            if n * 50 // total != (n - 1) * 50 // total:
                bar.value = n
            yield step
    finally:
        bar.close()
        clear_output()
