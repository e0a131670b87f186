"""The questions of notebook 11."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "Which table is that of the pass that drops dc_next alone?",
        ["A", "B", "C", "D", "E", "F"],
        answer="E",
        because="dc_next first reaches i, f and g of step 5. delta^o takes dh, not dc, so at step 5 it is "
        "still right, and hears of it one step later, by W_h.",
        instead={
            "A": "it is wrong at step 6, where nothing has been carried yet.",
            "B": "its steps 4 to 6 are right: something does come back there.",
            "C": "there o is wrong at step 5, together with the others: dh is wrong at once.",
            "D": "all its deltas are right; without what is carried only those of step 6 would be.",
            "F": "it is wrong at step 6, where nothing has been carried yet."}),
    Choice(
        "In D every delta is right, and yet the check of the parameters fails. Where is the mistake?",
        ["in a slope", "in a carry", "in the sum that makes a parameter of the deltas"],
        answer="in the sum that makes a parameter of the deltas",
        because="deltas that are right clear the whole recursion. What is left is one line for each "
        "parameter.",
        instead={
            "in a slope": "a wrong slope makes a delta wrong.",
            "in a carry": "a wrong carry makes the delta of the step before wrong."}),
    Choice(
        "One check also rejects some of the right passes. Which?",
        ["the loss falls",
         "each entry, to the looser limit",
         "PyTorch's 1e-5 + 1e-3 |n|",
         "one direction, 1e-5",
         "ratio of norms, 2e-7",
         "each entry, to the stricter limit",
         "ours"],
        answer="each entry, to the stricter limit",
        because="a tiny entry is divided by its own tiny size, so the rounding of the difference is enough.",
        instead={
            "the loss falls": "with a right gradient it did, each time.",
            "each entry, to the looser limit":
                "it divides by tiny entries, too, but 1e-2 leaves room for rounding.",
            "PyTorch's 1e-5 + 1e-3 |n|": "the 1e-5 forgives tiny entries.",
            "one direction, 1e-5": "one number over all entries is seldom tiny.",
            "ratio of norms, 2e-7": "the norm of all entries is never tiny beside its largest.",
            "ours": "a complex step has no rounding to trip over, and each tensor is judged by its largest "
                "entry."}),
]
