"""A cell that did not end leaves names out; who uses one is told in a sentence which cell to run first."""

import symtable

from IPython import get_ipython


class Unfinished:
    """Follows the cells of a notebook; `missing` holds names, each with the first line of its cell."""

    def __init__(self):
        self.missing, self.running = {}, None

    def begin(self, info):
        """Take in that a cell begins (its raw_cell)."""
        if self.running is not None:                    # stopped so early that its end was never reported
            self._leave_out(self.running, None)
        self.running = info.raw_cell

    def end(self, result):
        """Take in how it ended; the result is None if it was stopped before it began."""
        cell, self.running = self.running or "", None
        error = result.error_before_exec or result.error_in_exec if result else None
        if isinstance(error, NameError):
            self._leave_out(cell, self.missing.get(error.name))
        elif error or result is None:
            self._leave_out(cell, None)
        else:
            for name in made_by(cell):
                self.missing.pop(name, None)

    def _leave_out(self, cell, first):
        """Note the names that a cell did not get to; first is the cell to run before it, if there is one."""
        self.missing.update(dict.fromkeys(made_by(cell), first or first_line(cell)))

    def explain(self, shell, kind, error, trace, tb_offset=None):
        """Show a NameError: as one sentence, if the name is one of those that are missing."""
        first = self.missing.get(error.name)
        if first and first != first_line(self.running or ""):
            begins = first if len(first) <= 60 else f"{first[:60]}…"
            said = f"{error.name} is not there: a cell did not end. Run that cell first; it begins: {begins}"
            error._render_traceback_ = lambda: [said]
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def first_line(cell):
    """Return the first line of code of a cell."""
    return next((line for line in cell.splitlines() if line.strip() and line.strip()[0] != "#"), "")


def made_by(cell):
    """Return the names that a cell assigns, defines or imports."""
    try:
        symbols = symtable.symtable(cell, "cell", "exec").get_symbols()
    except SyntaxError:                                 # a magic, or a slip
        return []
    return [symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()]


def watch(shell):
    """Follow the cells of an IPython shell, if there is one."""
    if shell is not None:
        unfinished = Unfinished()
        shell.events.register("pre_run_cell", unfinished.begin)
        shell.events.register("post_run_cell", unfinished.end)
        shell.set_custom_exc((NameError,), unfinished.explain)


watch(get_ipython())
