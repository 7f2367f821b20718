"""The matrices behind the ledger of claims: every training a claim is judged by, and nothing else.

`LEDGER` is the whole: few-shot is measured for `cls`, `paper` and `semantics` alone, and the second backbone is
MobileNetV2, the architecture of the test bed's own teacher. `TEXT_CLAIMS` is the part that hangs on the teacher's
texts, without few shots, to be trained with several teachers.
"""

from dataclasses import replace

from clipling.recipes.matrix import Experiment, Measure, Row, Table
from clipling.report.ledger import OTHER_BACKBONE

_COLUMNS = {
    "seen": Measure("student", "accuracy/id", 100),
    "unseen": Measure("student", "accuracy/ood_zero_shot", 100),
    "unseen, 5 shots": Measure("finetune", "after/ood", 100),
    "unseen, retrieval": Measure("retrieval", "after/ood", 100),
    "half without shots": Measure("half", "after/ood2", 100),
    "degrees, training": Measure("coherence", "train/degrees"),
    "degrees, unseen": Measure("coherence", "ood/degrees"),
    "unseen, asked by name": Measure("other_texts", "names/ood_zero_shot", 100),
    "with own description": Measure("other_texts", "own/ood_zero_shot", 100),
    "with another's": Measure("other_texts", "shuffled/ood_zero_shot", 100),
    "with random words": Measure("other_texts", "random_words/ood_zero_shot", 100),
    "teacher, seen": Measure("teacher", "id", 100),
    "teacher, unseen": Measure("teacher", "ood_zero_shot", 100),
    "teacher, with own description": Measure("teacher_other_texts", "own/ood_zero_shot", 100),
    "teacher, with another's": Measure("teacher_other_texts", "shuffled/ood_zero_shot", 100),
    "teacher, with random words": Measure("teacher_other_texts", "random_words/ood_zero_shot", 100),
    "cosine, names": Measure("texts", "mean_cosine/names"),
    "cosine, descriptions": Measure("texts", "mean_cosine/descriptions"),
}
_ACCURACY = ("seen", "unseen")
_SHOTS = ("unseen, 5 shots", "unseen, retrieval")
_DISTANCE = ("degrees, training", "degrees, unseen")
_OTHER_TEXTS = ("unseen, asked by name", "with own description", "with another's", "with random words")
_OF_TEACHER = tuple(name for name in _COLUMNS if name.startswith(("teacher", "cosine")))

_CONTROLS = ("shuffled", "random_words")
_PLAIN = (
    "im_cst",
    "cls+im_cst+vl_prox",
    "vl_prox",
    "cls+vl_prox",
    "prompt",
    "captions",
    "semantics_k10",
    "semantics_k1",
    "semantics_unfiltered",
    "semantics_im_cst_filtered",
)
_COHERENT = ("mse", "cls+mse", "cls+im_cst", "cls+im_cst+mse")
_WITHOUT_DESCRIPTIONS = (
    "cls",
    "cls+im_cst",
    "cls+im_cst+mse",
    "cls+im_cst+vl_prox",
    "paper",
    "vl_prox",
    "cls+vl_prox",
)


def _row(experiment: Experiment, *columns: str) -> Row:
    measures = (measure if column in columns else None for column, measure in _COLUMNS.items())
    return Row(experiment.label, experiment, tuple(measures))


LEDGER = Table(
    "The ledger's matrix: accuracy (%), angle to the teacher's features in degrees, mean cosine of the teacher's texts",
    (
        _row(Experiment("cls"), *_ACCURACY, *_SHOTS),
        _row(Experiment("paper"), *_ACCURACY, *_SHOTS, *_DISTANCE),
        _row(Experiment("semantics"), *_ACCURACY, *_SHOTS, "half without shots", *_OTHER_TEXTS),
        *(_row(Experiment(name), *_ACCURACY, *_DISTANCE) for name in _COHERENT),
        *(_row(Experiment(name), *_ACCURACY) for name in _PLAIN),
        *(_row(Experiment(name), *_ACCURACY, *_OTHER_TEXTS) for name in _CONTROLS),
        _row(Experiment("semantics", wording="detailed"), *_ACCURACY),
        _row(Experiment("mse", OTHER_BACKBONE), *_ACCURACY, *_DISTANCE),
        *(_row(Experiment(name, OTHER_BACKBONE), *_ACCURACY) for name in ("cls", "cls+im_cst", "cls+im_cst+vl_prox")),
        _row(Experiment(), *_OF_TEACHER),
    ),
    columns=tuple(_COLUMNS),
    digits=2,
)

TEXT_CLAIMS = replace(
    LEDGER,
    title="What hangs on the teacher's texts: accuracy (%), mean cosine of the texts",
    rows=(
        _row(Experiment(), *_OF_TEACHER),
        *(_row(Experiment(name), *_ACCURACY) for name in _WITHOUT_DESCRIPTIONS),
        *(_row(Experiment(name), *_ACCURACY, *_OTHER_TEXTS) for name in ("semantics", *_CONTROLS)),
        *(_row(Experiment(name), *_ACCURACY) for name in ("semantics_k10", "semantics_k1", "semantics_unfiltered")),
    ),
)
