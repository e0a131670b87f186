"""The questions of notebook 4."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "In float64: which of these steps gives the smallest error?",
        ["1e-2", "1e-5", "1e-8", "1e-12"],
        answer="1e-5",
        because="the two errors, ε² and 1e-16/ε, meet where ε³ is about 1e-16. In float32 that is near 5e-3.",
        instead={"1e-2": "there ε² is 1e-4: the truncation is large. In float32 it is the best of the four.",
                 "1e-8": "there 1e-16/ε is 1e-8: the rounding is larger than it need be.",
                 "1e-12": "there 1e-16/ε is 1e-4: rounding alone."}),
    Choice(
        "Suppose the walk-through had forgotten the transpose. "
        "Would its comparison with TensorFlow have shown it?",
        ["yes: dW_x, dW_h and db would be off", "yes, but only in dW_h", "no: nothing would be off"],
        answer="no: nothing would be off",
        because="this matrix is symmetric: it is its own transpose, so the slip changes no gradient.",
        instead={"yes: dW_x, dW_h and db would be off": "so it is at a designed point.",
                 "yes, but only in dW_h": "the carry reaches all three, so it would be all or none."},
        telltales=["symmetric", "bad one"]),
]
