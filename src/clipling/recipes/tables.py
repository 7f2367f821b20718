"""The tables of arXiv 2307.03135, each as the matrix that fills it.

The published rows with "(+mse)" take the better of two trainings in every cell, on the unseen classes; here each of the
two has a row, beside the same published numbers. Where a later table starts from one of them it is `paper`, the one
with the MSE term, as in the authors' example commands.
"""

from collections.abc import Mapping
from dataclasses import replace

from clipling.recipes.ledger import LEDGER, TEXT_CLAIMS
from clipling.recipes.matrix import STUDENT, Experiment, Measure, Row, Table

SIX = ("CaltechBirds", "StanfordCars", "Flower102", "Food101", "SUN397", "tiered-ImageNet")
VIT = "vit_base_patch32_224"
BEST = "cls+im_cst+vl_prox(+mse)"

SEEN = Measure("student", "accuracy/id", 100)
UNSEEN = Measure("student", "accuracy/ood_zero_shot", 100)
FIVE_SHOT = Measure("finetune", "after/ood", 100)
THREE = (SEEN, UNSEEN, FIVE_SHOT)
OF_TEACHER = (Measure("teacher", "id", 100), Measure("teacher", "ood_zero_shot", 100), None)
IN_THREE = "accuracy (%) on seen classes / unseen classes, zero-shot / unseen classes, 5-shot"


def _rows(
    table: str, measures: tuple[Measure | None, ...], published: Mapping[str, str], student: str = STUDENT
) -> tuple[Row, ...]:
    """A row for each recipe, given with the name of its row in the published table."""
    return tuple(Row(name, Experiment(name, student), measures, f"{table}/{row}") for name, row in published.items())


def _own(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _coherence(*keys: str) -> tuple[Measure, ...]:
    """Each key on the training images, then on those of unseen classes."""
    return tuple(Measure("coherence", f"{part}/{key}") for key in keys for part in ("train", "ood"))


_ALIGNED = _coherence("m_vlalign/2", "m_vlalign/3", "m_vlalign/5")
_NEAR = _coherence("m_rel", "m_neigh/3", "m_neigh/5", "m_neigh/10")
_DISTANCE = (Measure("coherence", "train/mse"), Measure("coherence", "train/degrees"))
_WITH_MSE = {"cls+mse": "cls+mse", "cls+im_cst+mse": "cls+mse+im_cst"}

PAPER_TABLES: dict[str, Table] = {
    "table1": Table(
        f"Table 1: {IN_THREE}",
        (
            Row("teacher {teacher}", Experiment(), OF_TEACHER, "table1/clip_vit_l14"),
            Row("teacher {teacher}", Experiment(teacher="small"), OF_TEACHER, "table1/clip_rn50"),
            Row("closed_set", Experiment("closed_set"), (SEEN, None, FIVE_SHOT), "table1/closed_set"),
            *_rows("table1", THREE, _own("cls", "mse", "cls+mse", "im_cst", "cls+im_cst", "cls+im_cst+mse")),
            *_rows("table1", THREE, {"cls+im_cst+vl_prox": BEST, "paper": BEST}),
            *_rows("table1", THREE, dict.fromkeys(("im_cst+vl_prox", "im_cst+vl_prox+mse"), "im_cst+vl_prox(+mse)")),
        ),
        SIX,
        average=True,
        note="Published rows with (+mse) take the better of the two in each cell; both are shown.",
    ),
    "table2": Table(
        "Table 2: mean squared distance to the teacher's features / the angle it stands for, in degrees",
        (
            *_rows("table2", _DISTANCE, _own("mse")),
            Row(
                "mse, ResNet50 taught by CLIP RN50",
                Experiment("mse", "resnet50", "small"),
                _DISTANCE,
                "table2/mse_rn50",
            ),
            *_rows("table2", _DISTANCE, {**_WITH_MSE, "cls+im_cst": "cls+im_cst"}),
        ),
        ("Food101", "SUN397"),
        digits=2,
        note="Measured on the training images.",
    ),
    "table3": Table(
        "Table 3: image neighbourhoods kept, on training images / images of unseen classes",
        _rows("table3", _NEAR, _WITH_MSE),
        ("Flower102",),
        columns=("M_rel", "M_neigh, k=3", "M_neigh, k=5", "M_neigh, k=10"),
        digits=3,
    ),
    "table4": Table(
        "Table 4: reversed pairs among the teacher's k nearest texts, on training images / images of unseen classes",
        _rows("table4", _ALIGNED, {**_WITH_MSE, "paper": "cls+mse+im_cst+vl_prox"}),
        ("Flower102",),
        columns=("M_vlalign, k=2", "M_vlalign, k=3", "M_vlalign, k=5"),
        digits=2,
    ),
    "table5": Table(
        f"Table 5: language enrichment; {IN_THREE}",
        _rows(
            "table5",
            THREE,
            {
                "paper": "no_enrichment",
                "semantics": "semantic_details",
                "captions": "captions",
                "prompt": "prompt_learning",
                "semantics+captions": "semantics+caption",
                "semantics+prompt": "semantics+prompt",
                "semantics+captions+prompt": "semantics+caption+prompt",
            },
        ),
        SIX,
        average=True,
    ),
    "table6": Table(
        "Table 6: mean pairwise cosine of the teacher's text features, unseen classes",
        tuple(
            Row(name, Experiment(), (Measure("texts", f"mean_cosine/{name}"),), f"table6/{row}")
            for name, row in {"names": "no_enrichment", "descriptions": "chatgpt", "captions": "caption"}.items()
        ),
        ("Flower102",),
        digits=4,
    ),
    "table7": Table(
        f"Table 7: the wording of the question behind the descriptions; {IN_THREE}",
        (
            *_rows("table7", THREE, {"paper": "no_enrichment", "semantics": "section5_prompt"}),
            *(
                Row(f"semantics, {wording}", Experiment("semantics", wording=wording), THREE, f"table7/more_{wording}")
                for wording in ("succinct", "detailed", "distinct")
            ),
        ),
        ("StanfordCars", "tiered-ImageNet"),
    ),
    "table8": Table(
        f"Table 8: ViT-B/32 as student; {IN_THREE}",
        _rows("table8", THREE, _own("cls", "cls+im_cst", "cls+im_cst+vl_prox", "cls+im_cst+vl_prox+semantics"), VIT),
        ("Flower102", "CaltechBirds", "SUN397"),
    ),
    "table9": Table(
        f"Table 9: what vl_prox and im_cst see; {IN_THREE}",
        _rows(
            "table9",
            THREE,
            {
                "semantics": "table5_best",
                "semantics_unfiltered": "vl_prox_no_filter",
                "semantics_k10": "vl_prox_k10",
                "semantics_k1": "vl_prox_k1",
                "semantics_im_cst_filtered": "im_cst_with_filter",
            },
        ),
        ("Flower102", "tiered-ImageNet"),
    ),
    "table10": Table(
        "Table 10: 5-shot accuracy (%) on unseen classes, of `semantics`",
        tuple(
            Row(method, Experiment("semantics"), (Measure(method, "after/ood", 100),), f"table10/{method}")
            for method in ("finetune", "retrieval")
        ),
        ("CaltechBirds", "SUN397", "tiered-ImageNet"),
        digits=2,
    ),
    "table11": Table(
        "Table 11: accuracy (%) on the half of the unseen classes with shots / on the half without, of `semantics`",
        tuple(
            Row(
                name,
                Experiment("semantics"),
                tuple(Measure("half", f"{time}/{half}", 100) for half in ("ood1", "ood2")),
                f"table11/{row}",
            )
            for name, time, row in (
                ("before", "before", "zero_shot"),
                ("after 5 shots of the first half", "after", "five_shot_on_ood1"),
            )
        ),
        ("Flower102",),
        digits=2,
    ),
    "figure1": Table(
        f"Figure 1: what each step adds, mean over the data sets; {IN_THREE}",
        (
            *_rows("table1", THREE, {"cls": "cls", "cls+im_cst": "cls+im_cst", "paper": BEST}),
            *_rows("table5", THREE, {"semantics": "semantic_details"}),
        ),
        SIX,
        average=True,
        drawing="steps",
    ),
}
TABLES: dict[str, Table] = {
    **PAPER_TABLES,
    "zero_shot": replace(
        PAPER_TABLES["table1"],
        title="Table 1 without few shots: accuracy (%) on seen classes / unseen classes, zero-shot",
        rows=tuple(
            replace(row, measures=row.measures[:2])
            for row in PAPER_TABLES["table1"].rows
            if row.experiment.recipe != "closed_set"
        ),
    ),
    "figure2b": Table(
        "Figure 2b: images and texts of unseen classes on one plane, before and after enrichment; accuracy (%) there",
        _rows("table5", (UNSEEN,), {"paper": "", "semantics": ""}),
        drawing="planes",
    ),
    "figure4": replace(
        PAPER_TABLES["table6"], title="Figure 4: singular values of the texts; their mean cosine", drawing="spectrum"
    ),
    "ledger": LEDGER,
    "text_claims": TEXT_CLAIMS,
}
IN_PAPER = (*PAPER_TABLES, "figure2b", "figure4")
"""Those that the paper prints; its Table 12 belongs to another application."""
