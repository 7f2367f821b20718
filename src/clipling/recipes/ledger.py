"""The matrix behind the ledger of claims: every training a claim is judged by, and nothing else.

Few-shot is measured for `cls`, `paper` and `semantics` alone, and the second backbone is MobileNetV2, the architecture
of the test bed's own teacher.
"""

from clipling.recipes.matrix import Experiment, Measure, Row, Table

OTHER_BACKBONE = "mobilenetv2_100"

_COLUMNS = {
    "seen": Measure("student", "accuracy/id", 100),
    "unseen": Measure("student", "accuracy/ood_zero_shot", 100),
    "unseen, 5 shots": Measure("finetune", "after/ood", 100),
    "unseen, retrieval": Measure("retrieval", "after/ood", 100),
    "half without shots": Measure("half", "after/ood2", 100),
    "degrees, training": Measure("coherence", "train/degrees"),
    "degrees, unseen": Measure("coherence", "ood/degrees"),
    "cosine, names": Measure("texts", "mean_cosine/names"),
    "cosine, descriptions": Measure("texts", "mean_cosine/descriptions"),
}
_ACCURACY = ("seen", "unseen")
_SHOTS = ("unseen, 5 shots", "unseen, retrieval")
_DISTANCE = ("degrees, training", "degrees, unseen")
_COSINE = ("cosine, names", "cosine, descriptions")

_PLAIN = (
    "im_cst",
    "cls+im_cst+vl_prox",
    "vl_prox",
    "cls+vl_prox",
    "shuffled",
    "random_words",
    "prompt",
    "captions",
    "semantics_k10",
    "semantics_k1",
    "semantics_unfiltered",
    "semantics_im_cst_filtered",
)
_COHERENT = ("mse", "cls+mse", "cls+im_cst", "cls+im_cst+mse")


def _row(experiment: Experiment, *columns: str) -> Row:
    measures = (measure if column in columns else None for column, measure in _COLUMNS.items())
    return Row(experiment.label, experiment, tuple(measures))


LEDGER = Table(
    "The ledger's matrix: accuracy (%), angle to the teacher's features in degrees, mean cosine of the teacher's texts",
    (
        _row(Experiment("cls"), *_ACCURACY, *_SHOTS),
        _row(Experiment("paper"), *_ACCURACY, *_SHOTS, *_DISTANCE),
        _row(Experiment("semantics"), *_ACCURACY, *_SHOTS, "half without shots"),
        *(_row(Experiment(name), *_ACCURACY, *_DISTANCE) for name in _COHERENT),
        *(_row(Experiment(name), *_ACCURACY) for name in _PLAIN),
        _row(Experiment("semantics", wording="detailed"), *_ACCURACY),
        _row(Experiment("mse", OTHER_BACKBONE), *_ACCURACY, *_DISTANCE),
        *(_row(Experiment(name, OTHER_BACKBONE), *_ACCURACY) for name in ("cls", "cls+im_cst", "cls+im_cst+vl_prox")),
        _row(Experiment(), *_COSINE),
    ),
    columns=tuple(_COLUMNS),
    digits=2,
)
