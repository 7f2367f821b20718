"""The claims of arXiv 2307.03135 as testable sentences; written down before the trainings that judge them, but for the
changes that docs/results/README.md tells.

Where the paper says "little", "hardly" or "survives", the bound is one percentage point.
"""

from clipling.report.ledger import OTHER_BACKBONE, Claim, Clause, Figure

POINT = 0.01


def _seen(label: str) -> Figure:
    return Figure(label, "student", "accuracy/id")


def _unseen(label: str) -> Figure:
    return Figure(label, "student", "accuracy/ood_zero_shot")


def _over(more: str, less: str, *, above: float = 0.0) -> Clause:
    """Zero-shot accuracy on unseen classes: `more` above `less`."""
    return Clause(f"unseen: {more} − {less}", _unseen(more), _unseen(less), above)


def _elsewhere(more: str, less: str) -> Clause:
    """The same as `_over` for the other backbone."""
    return Clause(
        f"unseen, other backbone: {more} − {less}",
        _unseen(f"{more}@{OTHER_BACKBONE}"),
        _unseen(f"{less}@{OTHER_BACKBONE}"),
    )


def _asked(text: str, more: str, less: str) -> Clause:
    """The same of two shipped students when both are asked with that kind of text."""
    higher, lower = (Figure(label, "other_texts", f"{text}/ood_zero_shot") for label in (more, less))
    return Clause(f"unseen, asked with {'own descriptions' if text == 'own' else text}: {more} − {less}", higher, lower)


def _space(key: str, more: str, less: str) -> Clause:
    """A measure of coherence on images of unseen classes: that of `more` above that of `less`."""
    says = f"{key.replace('/', ', k=')}: {more} − {less}"
    higher, lower = (Figure(label, "student", f"coherence/ood/{key}") for label in (more, less))
    return Clause(says, higher, lower, points=False)


def _after(part: str, more: str, less: str, label: str, *, above: float = 0.0) -> Clause:
    """Within one few-shot measurement: `more` above `less`."""
    return Clause(f"{label}: {more} − {less}", Figure(label, part, more), Figure(label, part, less), above)


_CAPTIONS = "captions.jsonl for the training images: `clipling caption`"
_WORDINGS = "descriptions in the other wordings, of one language model: `clipling describe`"
_FEW_SHOT = "few-shot fine-tuning of these rows, which the ledger's own matrix leaves out"
_TEXTS = "descriptions.jsonl of the unseen classes"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "Contrast with the teacher's features transfers better to unseen classes than regressing them, alone and "
        "beside classification.",
        "§4, Table 1",
        (_over("im_cst", "mse"), _over("cls+im_cst", "cls+mse")),
    ),
    Claim(
        "A lower distance to the teacher's features does not mean better transfer: `mse` is closer on the training "
        "images and worse on unseen classes than `cls+im_cst`.",
        "§4, Tables 1 and 2",
        (
            Clause(
                "distance, training images: cls+im_cst − mse",
                Figure("cls+im_cst", "coherence", "train/mse"),
                Figure("mse", "coherence", "train/mse"),
                points=False,
            ),
            _over("cls+im_cst", "mse"),
        ),
    ),
    Claim(
        "im_cst keeps more of the teacher's image neighbourhoods on unseen classes: M_rel and M_neigh rise.",
        "§4, Table 3",
        tuple(
            _space(key, "cls+im_cst+mse", "cls+mse") for key in ("m_rel", "m_neigh/3", "m_neigh/5", "m_neigh/10")
        ),
    ),
    Claim(
        "vl_prox keeps more of the teacher's order of texts on unseen classes: M_vlalign falls.",
        "§4, Table 4",
        tuple(_space(f"m_vlalign/{k}", "cls+im_cst+mse", "paper") for k in (2, 3, 5)),
    ),
    Claim(
        "vl_prox adds accuracy on unseen classes to cls + im_cst, with and without mse.",
        "§4, Table 1",
        (_over("cls+im_cst+vl_prox", "cls+im_cst"), _over("paper", "cls+im_cst+mse")),
    ),
    Claim(
        "cls + vl_prox beats vl_prox alone on seen classes.",
        "§4",
        (Clause("seen: cls+vl_prox − vl_prox", _seen("cls+vl_prox"), _seen("vl_prox")),),
    ),
    Claim("cls + vl_prox beats vl_prox alone on unseen classes.", "§4", (_over("cls+vl_prox", "vl_prox"),)),
    Claim("mse adds less than a point on unseen classes to cls + im_cst.", "§4, Table 1",
          (_over("cls+im_cst", "cls+im_cst+mse", above=-POINT),)),
    Claim(
        "Without classification, im_cst loses accuracy on seen classes.",
        "§4, Table 1",
        (Clause("seen: cls+im_cst − im_cst", _seen("cls+im_cst"), _seen("im_cst")),),
    ),
    Claim(
        "Without classification, im_cst loses 5-shot accuracy on unseen classes.",
        "§4, Table 1",
        (
            Clause(
                "5-shot: cls+im_cst − im_cst",
                Figure("cls+im_cst", "finetune", "after/ood"),
                Figure("im_cst", "finetune", "after/ood"),
            ),
        ),
        _FEW_SHOT,
        table="table1",
    ),
    Claim(
        "A student of the teacher's own architecture comes no nearer to its features than another: `mse` on "
        f"{OTHER_BACKBONE} is no nearer on the training images than on the matrix's student.",
        "§4, Table 2",
        (
            Clause(
                "degrees, training images: mse, teacher's architecture − mse",
                Figure(f"mse@{OTHER_BACKBONE}", "coherence", "train/degrees"),
                Figure("mse", "coherence", "train/degrees"),
                points=False,
            ),
        ),
    ),
    Claim("Descriptions raise zero-shot accuracy on unseen classes.", "§5, Table 5", (_over("semantics", "paper"),)),
    Claim(
        "It is their meaning that does: asked with the same texts, names or own descriptions, a student trained with "
        "own descriptions beats one trained with those of other classes, and one trained with random words.",
        "control of ours",
        tuple(_asked(text, "semantics", other) for text in ("names", "own") for other in ("shuffled", "random_words")),
        "students of these rows that were asked with other texts than their own",
    ),
    Claim(
        "Captions hardly raise it: by less than a point, and by less than descriptions do.",
        "§5, Table 5",
        (_over("paper", "captions", above=-POINT), _over("semantics", "captions")),
        _CAPTIONS,
    ),
    Claim("Prompt learning lowers zero-shot accuracy on unseen classes.", "§5, Table 5", (_over("paper", "prompt"),)),
    Claim(
        "Prompt learning raises 5-shot accuracy on unseen classes.",
        "§5, Table 5",
        (
            Clause(
                "5-shot: prompt − paper",
                Figure("prompt", "finetune", "after/ood"),
                Figure("paper", "finetune", "after/ood"),
            ),
        ),
        _FEW_SHOT,
        table="table5",
    ),
    Claim(
        "Descriptions widen the spectrum of the unseen classes' text features and lower their mean cosine.",
        "§5, Table 6 and Figure 4",
        (
            Clause(
                "sum of singular values: descriptions − names",
                Figure("teacher", "texts", "spectrum/descriptions"),
                Figure("teacher", "texts", "spectrum/names"),
                points=False,
            ),
            Clause(
                "mean cosine: names − descriptions",
                Figure("teacher", "texts", "mean_cosine/names"),
                Figure("teacher", "texts", "mean_cosine/descriptions"),
                points=False,
            ),
        ),
        _TEXTS,
        exact=True,
    ),
    Claim(
        "More detailed descriptions are not always better: here they add less than a point on unseen classes to the "
        "paper's one sentence.",
        "§5, Table 7",
        (_over("semantics", "semantics-detailed", above=-POINT),),
        _WORDINGS,
    ),
    Claim(
        "A larger k is better on unseen classes: k = 100 (all classes) beats 10, and 10 beats 1.",
        "§6, Table 9",
        (_over("semantics", "semantics_k10"), _over("semantics_k10", "semantics_k1")),
    ),
    Claim(
        "Leaving out images that the teacher misjudges helps vl_prox on unseen classes.",
        "§6, Table 9",
        (_over("semantics", "semantics_unfiltered"),),
    ),
    Claim(
        "Leaving them out of im_cst does not help: accuracy on unseen classes is lower.",
        "§6, Table 9",
        (_over("semantics", "semantics_im_cst_filtered"),),
    ),
    Claim(
        "With five shots of each unseen class, fine-tuning beats retrieval.",
        "§6, Table 10",
        (
            Clause(
                "5-shot: fine-tuning − retrieval",
                Figure("semantics", "finetune", "after/ood"),
                Figure("semantics", "retrieval", "after/ood"),
            ),
        ),
    ),
    Claim(
        "Zero-shot survives few-shot: after shots of one half of the unseen classes, the other half loses less than a "
        "point.",
        "§6, Table 11",
        (_after("half", "after/ood2", "before/ood2", "semantics", above=-POINT),),
    ),
    Claim(
        "So do the seen classes: few-shot fine-tuning costs them less than a point.",
        "§6",
        (_after("finetune", "after/id", "before/id", "semantics", above=-POINT),),
    ),
    Claim(
        "The orders hold for another backbone: im_cst adds to cls, and vl_prox to both, on unseen classes.",
        "§6, Table 8",
        (
            _elsewhere("cls+im_cst", "cls"),
            _elsewhere("cls+im_cst+vl_prox", "cls+im_cst"),
        ),
    ),
)  # fmt: skip
