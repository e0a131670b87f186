"""The questions of notebook 15."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "An LSTM with D = 2 inputs and H = 3 units has 4(HD + HH + H) = 72 parameters. And this GRU?",
        answer=57, tolerance=0.5,
        because="there are three blocks of 6 + 9 + 3, and the 3 entries of b_n."),
    Choice(
        "The update gate keeps everything: z = 1. Which roads still carry a gradient?",
        ["only the leak", "the leak and the candidate", "all three", "only the gates"],
        answer="only the leak",
        because="the candidate is multiplied by 1 - z = 0, and a gate at its end has the slope z(1 - z) = 0. "
        "The leak passes dL/dh_t on, unchanged.",
        instead={
            "the leak and the candidate": "the candidate enters h_t with the factor 1 - z, which is 0.",
            "all three": "whatever goes through n is multiplied by 1 - z = 0.",
            "only the gates": "a gate that is fully open has no slope: nothing passes it."}),
    Number(
        "z = 0.9 at every step. What is left of a gradient of 1 after 50 steps, by the leaks alone?",
        answer=0.9**50, tolerance=0.001,
        because="each step multiplies by z: 0.9^50. A copy is exact at z = 1 only."),
    Choice(
        "Five steps, and a loss at each. Which of the friend's deltas are right?",
        ["those of r and z, at every step", "all three at step 5, none before",
         "all three at step 1, none after", "none"],
        answer="all three at step 5, none before",
        because="nothing comes back to the last step, so the mistake has no way to act there. From step 4 on "
        "back dh is wrong, and every delta contains it.",
        instead={
            "those of r and z, at every step": "their formulas are right, but the dh that they start from is "
            "not.",
            "all three at step 1, none after": "the pass runs backward: step 5 comes first, and step 1 has "
            "collected every mistake.",
            "none": "the last step hears from no later one."}),
    Choice(
        "A blind guess costs ln 3 = 1.10 nats a step. Which of the three cells come below 0.05?",
        ["all three", "the LSTM and the GRU", "only the LSTM", "none, in 300 updates"],
        answer="the LSTM and the GRU",
        because="both can copy a state unchanged; the RNN sends it through W_h and a tanh at every step.",
        instead={
            "all three": "the RNN has no gate that can say keep.",
            "only the LSTM": "one state is enough, if a gate can keep it.",
            "none, in 300 updates": "eight units and three letters: a cell that can keep finds this easy."}),
]
