"""The questions of notebook 10."""

from .questions import Choice, Number

QUESTIONS = [
    Choice(
        "f = 1 at every step. The candidate hears h with weight -1. What is the total dc_20/dc_0, over all "
        "roads?",
        ["1, because f = 1", "larger than 1", "smaller than 0.01"],
        answer="smaller than 0.01",
        because="a positive c shows as a positive h, and h orders a negative candidate: from step 2 on each "
        "step takes some of c away. The total is {total:.4f}.",
        instead={
            "1, because f = 1": "that is the road through c alone.",
            "larger than 1": "with a weight of +1 it would be; -1 works against c."},
        facts={"total": 0.0069}),
    Choice(
        "With f = 1 the memory reaches c = 20. The output is o·tanh(c): what does its slope let back to c?",
        ["about 1/20", "about 1/400", "nothing, in double precision"],
        answer="nothing, in double precision",
        because="1 - tanh²(20) is 1.7e-17, and the computer gives exactly 0: the output is dead.",
        instead={
            "about 1/20": "a slope of 1/c falls slowly; that of the tanh falls like 4 e^(-2c).",
            "about 1/400": "a slope of 1/c² falls slowly; that of the tanh falls like 4 e^(-2c)."}),
    Number(
        "Which bias has a half-life of 100 steps? For large b, half-life = 0.69 e^b, nearly.",
        answer=4.9678, tolerance=0.05,
        because="e^b = 100/0.693 = 144, and ln 144 = 4.97. Exactly: f = 0.5^(1/100), b = ln(f / (1 - f))."),
    Choice(
        "A memory should keep 90 % over 100 steps. Which of these z^f is the smallest that does it?",
        ["1", "3", "5", "7"],
        answer="7",
        because="f^100 = 0.9 asks for f = 0.99895, and σ(7) = 0.99909. σ(5) = 0.9933 keeps only 51 %.",
        instead={
            "1": "σ(1) = 0.73 keeps 2e-14 of it.",
            "3": "σ(3) = 0.95 keeps less than 1 %.",
            "5": "its half-life is about 100 steps: half is lost."}),
    Choice(
        "With b = 5 the LSTM's gradient survives 100 steps. What becomes of it at b = 0?",
        ["little: remembering is built in",
         "it falls to about 1e-6, far above the RNN's",
         "it vanishes, as the RNN's does"],
        answer="it vanishes, as the RNN's does",
        because="f is about 1/2, and a carousel that loses half at every turn carries nothing far: "
        "{size:.0e} is left.",
        instead={
            "little: remembering is built in": "what is built in is a gate, and b = 0 leaves it half open.",
            "it falls to about 1e-6, far above the RNN's": "half at every step makes 1e-6 after 20 steps, "
                "and 80 follow."},
        facts={"size": 1.4e-21}),
]
