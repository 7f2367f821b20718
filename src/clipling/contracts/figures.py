"""What is said of figures wherever they are shown: on the page, the model card, the terminal."""

_FEW = 5
"""Classes below which guessing alone is right in more than a fifth of all images."""

AGREEMENT = {
    "same_answer": "share of images for which both choose the same name",
    "m_rel": "share of images whose nearest teacher feature is their own",
    "m_neigh": "share of an image's nearest images that are so for both",
    "cosine": "mean cosine of the two features of an image",
    "degrees": "the same as an angle in degrees",
}
"""How far a student agrees with its teacher: the measures in words, the weightiest first."""


def few_choices(classes: int, which: str) -> str | None:
    """What to say of an accuracy among so few classes; None where there are enough, or none at all.

    which: the classes, as in "seen".
    """
    if classes == 1:
        return f"there is one {which} class to choose from, so that every answer is right: its accuracy says nothing"
    if 1 < classes < _FEW:
        return (
            f"there are only {classes} {which} classes to choose from: guessing alone is right in {1 / classes:.0%} of "
            "images, so their accuracy says little"
        )
    return None
