"""The questions of notebook 7."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "T = 6. With window=3 each loss makes a run of its own. How many visits more than the full "
        "gradient do all these runs need?",
        answer=9, tolerance=0.1,
        because="1 + 2 + 3 + 3 + 3 + 3 = {all}, and the full gradient needs {full}.",
        facts={"full": 6, "all": 15}),
    Choice(
        "h_3 is detached. Which states h_4, h_5, h_6 does the network now compute?",
        ["the same as before", "those of a sequence that begins at step 4", "all zero"],
        answer="the same as before",
        because="the numbers cross the joint. Only the way back is cut.",
        instead={
            "those of a sequence that begins at step 4": "that would be 0 * h: the state itself forgotten.",
            "all zero": "a detached number is still that number."}),
    Number(
        "Two weights. The full gradient is (4, -3), the truncated one (4, 3): what is the cosine?",
        answer=0.28, tolerance=0.005,
        because="4·4 - 3·3 = 7, and both are 5 long. All of the length is kept: 5/5 = 1. It says little."),
    Choice(
        "24 letters in chunks of 6 steps, then in chunks of 7. Is every pair that 6 keeps also kept by 7?",
        ["yes: 7 is more than 6", "no: some are lost"],
        answer="no: some are lost",
        because="the joints move. Steps that 6 keeps together, such as 7 and 8, or 14 and 15, are parted by "
        "7. Here the cosine falls from {six:.3f} to {seven:.3f}.",
        instead={
            "yes: 7 is more than 6": "there are more pairs, but other ones."},
        facts={"six": 0.9083, "seven": 0.8814}),
    Choice(
        "A loss at the last step looks back K steps. From which K on has dh^1/dθ the right sign?",
        ["11, where the thirteen begin",
         "about 20: a message moves half a place a step",
         "later than both"],
        answer="later than both",
        because="the thirteen are heard after some 20 steps, and then they must make up for what the ten "
        "have said: K = {turn}.",
        instead={
            "11, where the thirteen begin":
                "after 11 steps next to nothing of them has arrived.",
            "about 20: a message moves half a place a step":
                "then the thirteen are heard, but the ten have already spoken for 20 steps."},
        facts={"turn": 41}),
    Choice(
        "Chunks of K = 100 steps, and a loss at every step. Where does theta go from 0.5?",
        ["down to -1/6", "down, but not as far", "up"],
        answer="up",
        because="100 is still less than {turn}: the sign is wrong, so every update makes it a little worse. "
        "It ends at {end:.2f}.",
        instead={
            "down to -1/6": "that takes a gradient with the right sign, and K = 100 has not got it.",
            "down, but not as far": "that is what K = 200 does."},
        facts={"turn": 110, "end": 0.57}),
]
