"""The questions of notebook 9."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "w_h = 0: h_1 reaches no gate of step 2. What does step 1 still hear of L_2?",
        ["nothing: w_h was the only link", "something: c_1 still reaches c_2", "exactly as much as before"],
        answer="something: c_1 still reaches c_2",
        because="c_2 contains f_2 c_1, and no weight stands on that road. A vanilla RNN would hear nothing.",
        instead={
            "nothing: w_h was the only link": "so it is in a vanilla RNN. Look again at c_2 = f_2 c_1 + i_2 "
                "g_2.",
            "exactly as much as before": "what came through the four gates to h_1 is gone."}),
    Choice(
        "dc_next is forgotten. Walking back from t = 5: at which step is delta^o wrong for the first time?",
        ["t = 5", "t = 4", "t = 3"],
        answer="t = 3",
        because="delta^o needs dL/dh alone, and at t = 4 that comes from delta_5, which is still right. But "
        "i, f and g are wrong at t = 4, and by W_h they spoil dL/dh_3.",
        instead={
            "t = 5": "at the last step nothing comes from later.",
            "t = 4": "there i, f and g are wrong; delta^o needs dL/dh alone."}),
    Number(
        "For small c, tanh(c) is c - c³/3, nearly. Then 1 - tanh²(c) exceeds 1 - c² by k c⁴. What is k?",
        answer=0.6666666666666666, tolerance=0.01,
        because="(c - c³/3)² = c² - (2/3) c⁴ + ..., so 1 - tanh²(c) = 1 - c² + (2/3) c⁴."),
    Choice(
        "With small weights the largest |c| is about 0.01. How wrong is the gradient of reading (a)?",
        ["by about 1e-2 of its size", "by about 1e-4", "by less than 1e-8"],
        answer="by less than 1e-8",
        because="1 - c² and 1 - tanh²(c) agree up to (2/3) c⁴. At |c| = {size:.2g} it is off by {off:.0e}: "
        "far below the 1e-6 that notebook 4 allows to central differences, so it passes.",
        instead={
            "by about 1e-2 of its size": "that is c itself.",
            "by about 1e-4": "that is c², but up to c² the two slopes agree."},
        facts={"size": 0.0093, "off": 1e-09}),
]
