"""The questions of notebook 3."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "h_1 is above its target, h_2 is below its target, and w_h is positive. "
        "Which sign has the part of dL/dh_1 that step 2 sends back?",
        ["positive, like the own part", "zero", "negative, against the own part"],
        answer="negative, against the own part",
        because="L_2 wants a larger h_2. A larger h_1 makes h_2 larger, because w_h > 0. "
        "So, for L_2, raising h_1 lowers the loss: this part is {sent:.4f}.",
        instead={"positive, like the own part": "that would be so if h_2 were above its target, too.",
                 "zero": "that would be so if h_2 met its target."},
        facts={"sent": -0.0701}),
    Choice(
        "Suppose the line that makes my_delta_2 were wrong. Would the comparison of delta_1 show it?",
        ["yes: my_delta_1 rests on my_delta_2", "no: my_delta_1 does not use it",
         "only if the mistake is large"],
        answer="no: my_delta_1 does not use it",
        because="it starts from TensorFlow's delta_2, and my_delta_2 is never used again. One link is "
        "tested, from a right start; the chain, from my_delta_3 on, is never tested.",
        instead={"yes: my_delta_1 rests on my_delta_2": "it rests on delta_2, without my_: TensorFlow's.",
                 "only if the mistake is large": "its size does not matter where nothing looks at it."}),
]
