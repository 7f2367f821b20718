"""One number for two accuracies that only a student good at both can make high (generalised zero-shot learning)."""

from clipling.contracts.errors import InputError


def harmonic_mean(a: float, b: float) -> float:
    """2 a b / (a + b), at most twice the smaller of the two; 0 when either is 0.

    Raises InputError for a number below 0 or NaN.
    """
    if not (a >= 0 and b >= 0):
        raise InputError(f"harmonic_mean of {a} and {b}: expected two numbers of 0 or more, such as accuracies")
    return 2 * a * b / (a + b) if a and b else 0.0
