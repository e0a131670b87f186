"""The questions of notebook 6."""

from .questions import Choice

QUESTIONS = [
    Choice(
        "w_h = 0.9. A gradient of 1 goes 100 steps back. How much of it arrives?",
        ["about 0.1", "about 0.003", "about 0.00003"],
        answer="about 0.00003",
        because="0.9^100 is {left:.1e}. Only a factor of 1 keeps a gradient.",
        instead={
            "about 0.1": "that is left after 22 steps.",
            "about 0.003": "that is left after 55 steps."},
        facts={"left": 2.656e-05}),
    Choice(
        "The unit holds its bit for 20 steps, at h = 0.71. What becomes of a gradient of 1, sent back over "
        "them?",
        ["it grows to 1.25^20 = 87", "it stays about 1", "it shrinks to less than 0.0001"],
        answer="it shrinks to less than 0.0001",
        because="at h = 0.71 the factor is 1.25 (1 - 0.71²) = {slope:.2f}, and 20 of them make {left:.1e}.",
        instead={
            "it grows to 1.25^20 = 87": "that happens at h = 0, where the slope of the tanh is 1.",
            "it stays about 1": "the bit stays because pushes die away, and a gradient says what a push "
                "does."},
        facts={"slope": 0.6191, "left": 6.852e-05}),
    Choice(
        "The run is cut from T = 50 steps to T = 5. What becomes of the cliff?",
        ["it stays as steep: the weights are the same", "it becomes steeper", "it becomes a gentle slope"],
        answer="it becomes a gentle slope",
        because="five factors of at most 6/4 make at most 7.6. Fifty could make 600 million.",
        instead={
            "it stays as steep: the weights are the same": "each factor is the same, but there are fewer.",
            "it becomes steeper": "no factor grows, and there are fewer of them."}),
    Choice(
        "What is the gradient where the step without clipping lands?",
        ["larger still", "of ordinary size", "exactly 0"],
        answer="exactly 0",
        because="the step is {length:.0f} long. At w_h = {w_h:.0f}, w_x = {w_x:.0f} the unit is saturated: "
        "1 - h rounds to 0, and no later step moves the weights again.",
        instead={
            "larger still": "on the way down the cliff it would be; but the step does not stop there.",
            "of ordinary size": "so it would be in the valley; but the step is far too long to end there."},
        facts={"length": 82.8, "w_h": 48.7, "w_x": 67.7}),
    Choice(
        "How long can a gradient of length 1 be after 40 steps through this chain?",
        ["about 1e-12", "about 1e-6", "about 0.5"],
        answer="about 0.5",
        because="it has 23 units to walk along, and each passes on what it loses itself: the norm of the "
        "product is {left:.2f}.",
        instead={
            "about 1e-12": "that is 0.5^40, what one unit alone would keep; but what it loses, the next one "
                "hears.",
            "about 1e-6": "that is 0.5^20; no power of 0.5 tells what a whole chain keeps."},
        facts={"left": 0.5118}),
    Choice(
        "In a linear network all singular values fall as 0.9^k. W_h becomes much less normal, its "
        "eigenvalues stay. What does the largest singular value do?",
        ["it still falls as 0.9^k", "it rises above 1, then falls", "it grows for ever"],
        answer="it rises above 1, then falls",
        because="the norm of W_h is now above 1, but in the long run the eigenvalues win.",
        instead={
            "it still falls as 0.9^k": "eigenvalues say so of normal matrices alone.",
            "it grows for ever": "in the long run eigenvalues below 1 win."}),
    Choice(
        "Where is the median singular value of the Gaussian product, after 50 factors?",
        ["near 1", "near 0.01", "below 1e-6"],
        answer="below 1e-6",
        because="it is {median:.0e}: averages hide the spread, and every factor adds to it.",
        instead={
            "near 1": "1 is the mean of the squares, and a few large ones make it.",
            "near 0.01": "one could think so after a few factors, but each of the 50 adds to the spread."},
        facts={"median": 2.4e-08}),
]
