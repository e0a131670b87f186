"""The questions of the primer."""

from .questions import Choice, Number

QUESTIONS = [
    Number(
        "f = x^2 y with x = t, y = t^2, at t = 2. How much of df/dt comes through y?",
        answer=16.0, tolerance=0.01,
        because="x^2 times dy/dt = 2t is 4 · 4. As much again comes through x, 2xy = 2 · 2 · 4; together 32, "
        "and indeed f = t^4 has the slope 4 t^3 = 32."),
    Number(
        "A central difference with ε = 0.01 is off by 1e-5. By how much will it be off with ε = 0.005?",
        answer=2.5e-6, tolerance=2e-7,
        because="half the step makes a quarter of the error, as long as rounding plays no part."),
    Number(
        "λ = 0.6 + 0.8i. How long is λ^100?",
        answer=1.0, tolerance=0.001,
        because="|λ| = sqrt(0.36 + 0.64) = 1, and a power of 1 is 1. It only turns."),
    Choice(
        "A = [[0.5, 0.3], [0.3, 0.5]] is applied 50 times to a vector. What is left of its length?",
        ["about a half", "less than a thousandth", "it depends on the vector: it may have grown"],
        answer="less than a thousandth",
        because="the larger eigenvalue is 0.8, and 0.8^50 is 0.00001. A is symmetric: no vector does better.",
        instead={"about a half": "that would need an eigenvalue near 0.986",
                 "it depends on the vector: it may have grown":
                 "for that a singular value must be above 1"}),
    Choice(
        "Both eigenvalues of a 2 × 2 matrix are 0.5. Can a vector be longer after one multiplication?",
        ["no: it is halved", "yes: the norm may be above 1"],
        answer="yes: the norm may be above 1",
        because="the norm is the largest singular value. With a = 0.5 and s = 2 it is 2.12, and yet all "
        "powers die out in the end.",
        instead={"no: it is halved": "so it is for an eigenvector, and for every vector if s = 0"}),
]
