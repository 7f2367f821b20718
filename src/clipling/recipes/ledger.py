"""The matrix behind the ledger of claims: every training a claim is judged by, and nothing else.

Few-shot is measured for `cls`, `paper` and `semantics` alone, and the second backbone is MobileNetV2, the architecture
of the test bed's own teacher.
"""

from clipling.recipes.matrix import Experiment, Measure, Row, Table

OTHER_BACKBONE = "mobilenetv2_100"

_ACCURACY = (Measure("student", "accuracy/id", 100), Measure("student", "accuracy/ood_zero_shot", 100))
_NO_DISTANCE = (None, None)
_SHOTS = (Measure("finetune", "after/ood", 100), Measure("retrieval", "after/ood", 100))
_NO_SHOT = (None, None)
_DISTANCE = (Measure("coherence", "train/degrees"), Measure("coherence", "ood/degrees"))

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


def _row(experiment: Experiment, *measures: Measure | None) -> Row:
    return Row(experiment.label, experiment, measures)


LEDGER = Table(
    "The ledger's matrix: accuracy (%) seen / unseen; unseen after 5 shots / by retrieval / half without shots; "
    "degrees to the teacher on training / unseen images",
    (
        _row(Experiment("cls"), *_ACCURACY, *_SHOTS, None, *_NO_DISTANCE),
        _row(Experiment("paper"), *_ACCURACY, *_SHOTS, None, *_DISTANCE),
        _row(Experiment("semantics"), *_ACCURACY, *_SHOTS, Measure("half", "after/ood2", 100), *_NO_DISTANCE),
        *(_row(Experiment(name), *_ACCURACY, *_NO_SHOT, None, *_DISTANCE) for name in _COHERENT),
        *(_row(Experiment(name), *_ACCURACY, *_NO_SHOT, None, *_NO_DISTANCE) for name in _PLAIN),
        _row(Experiment("semantics", wording="detailed"), *_ACCURACY, *_NO_SHOT, None, *_NO_DISTANCE),
        _row(Experiment("mse", OTHER_BACKBONE), *_ACCURACY, *_NO_SHOT, None, *_DISTANCE),
        *(
            _row(Experiment(name, OTHER_BACKBONE), *_ACCURACY, *_NO_SHOT, None, *_NO_DISTANCE)
            for name in ("cls", "cls+im_cst", "cls+im_cst+vl_prox")
        ),
        Row(
            "texts: mean cosine of names, of descriptions",
            Experiment(),
            (
                Measure("texts", "mean_cosine/names"),
                Measure("texts", "mean_cosine/descriptions"),
                *_NO_SHOT,
                None,
                *_NO_DISTANCE,
            ),
        ),
    ),
    digits=2,
)
