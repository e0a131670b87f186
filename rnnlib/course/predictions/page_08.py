"""The questions of notebook 8."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "A unit has f = 1 and i = 0. What is c_t?",
        ["0", "g_t", "c_(t-1), unchanged", "c_(t-1) + g_t"],
        answer="c_(t-1), unchanged",
        because="all of the old memory is kept and nothing is written. The vanilla unit fades: the tanh "
        "bends every value towards 0, and it does so at every step.",
        instead={
            "0": "that takes f = 0 as well.",
            "g_t": "that takes f = 0 and i = 1.",
            "c_(t-1) + g_t": "that takes i = 1."}),
    Choice(
        "A unit begins with c_0 = 0 and has i = f = g = o = 1 at every step. What do c_5 and h_5 look like?",
        ["both are 5", "c_5 is 5, h_5 is almost 1", "both are almost 1"],
        answer="c_5 is 5, h_5 is almost 1",
        because="c adds up and has no bound. The tanh acts on the way out only: what is carried to the next "
        "step is c itself.",
        instead={
            "both are 5": "h_5 has been through a tanh.",
            "both are almost 1": "c_5 has not been through a tanh: only h_5 has."}),
    Number(
        "c_0 = 0. Three steps with i = (1, 0, 0), f = (1, 0.5, 0.5), g = (0.8, 0.9, -0.3). What is c_3?",
        answer=0.2, tolerance=0.005,
        because="step 1 writes 0.8; then nothing is written, and half is kept twice: 0.8 / 4."),
    Number(
        "The reader of the first figure has D = 10 inputs and H = 2 units. How many parameters are that?",
        answer=104, tolerance=0.5,
        because="each of the four gates has H·D + H·H + H = 20 + 4 + 2 numbers: 4·26. A vanilla cell of the "
        "same size has 26."),
    Choice(
        "The reader reads p(at(c)s). Which number is in the memory of unit 2 at the end?",
        ["4: the letters a, t, c, s", "3: the letters a, t, c", "2: the letters c, s", "1: the letter c"],
        answer="1: the letter c",
        because="the second bracket erases the count of a and t; then c counts. The first closing bracket "
        "empties unit 1, so s no longer counts as inside.",
        instead={
            "4: the letters a, t, c, s": "a bracket that opens erases the count of unit 2.",
            "3: the letters a, t, c": "the second bracket erases the count of a and t.",
            "2: the letters c, s": "s stands inside the outer bracket, but unit 1 has been emptied by the "
                "first that closes."}),
]
