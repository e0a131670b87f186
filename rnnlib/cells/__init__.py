"""The cells: each module is the equations of one cell beside their derivative, and nothing else.

The recursion through time is `bptt`, the same for all; a cell of your own needs no more than what
stands there, and no place here.
"""
