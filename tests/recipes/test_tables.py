import json
from pathlib import Path

import pytest

from clipling.recipes import RECIPES, get_recipe
from clipling.recipes.tables import PAPER_TABLES, SIX, TABLES
from clipling.report.claims import CLAIMS
from clipling.report.ledger import OTHER_BACKBONE
from clipling.report.published import published
from clipling.report.records import read_records

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "paper" / "published_tables.json"
RECORDS = sorted((Path(__file__).resolve().parents[2] / "docs" / "results").glob("runs*"))
ASKED = [
    *(f"table{number}" for number in range(1, 12)),
    "figure1",
    "figure2b",
    "figure4",
    "zero_shot",
    "ledger",
    "text_claims",
]


def test_every_table_and_figure_has_a_matrix() -> None:
    assert sorted(TABLES) == sorted(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_every_row_fills_its_cells_from_a_recipe_that_is_there(name: str) -> None:
    table = TABLES[name]
    assert len({row.name + row.experiment.student + row.experiment.teacher for row in table.rows}) == len(table.rows)
    for row in table.rows:
        assert row.experiment.recipe in RECIPES or not row.experiment.recipe, row
        assert len(row.measures) == len(table.rows[0].measures)
        assert len(row.measures) % len(table.columns) == 0


@pytest.mark.parametrize("name", PAPER_TABLES)
def test_every_row_stands_beside_a_published_one_with_as_many_numbers(name: str) -> None:
    table = PAPER_TABLES[name]
    for row in table.rows:
        for dataset in (*table.datasets, *(("Average",) if table.average else ())):
            printed = published(row.published, dataset)
            assert len(printed) == len(row.measures), (row.published, dataset)
            assert all((number is None) == (one is None) for number, one in zip(printed, row.measures, strict=True))


def test_published_numbers_are_the_papers() -> None:
    if not PUBLISHED.exists():
        pytest.skip("../shared is absent: the published numbers are not compared with their source")
    paper = json.loads(PUBLISHED.read_text())
    for table in ("table1", "table5"):
        for row, cells in paper[table].items():
            for dataset in (*SIX, "Average"):
                assert [*published(f"{table}/{row}", dataset)][: len(cells[dataset])] == cells[dataset]
    assert published("table2/mse_rn50", "SUN397") == tuple(paper["table2_mse_and_degrees"]["mse_rn50"]["SUN397"])
    assert published("table3/cls+mse", "Flower102") == (0.03, 0.004, 0.13, 0.06, 0.18, 0.07, 0.27, 0.08)
    assert published("table4/cls+mse", "Flower102") == (0.2, 0.5, 0.68, 1.45, 2.67, 4.73)
    assert published("table6/chatgpt", "Flower102") == (paper["table6_flower102_mean_cosine"]["chatgpt"],)
    for ours, theirs in (
        ("table7", "table7_prompts"),
        ("table8", "table8_vit_b32_student"),
        ("table9", "table9_ablations"),
    ):
        for row, cells in paper[theirs].items():
            assert all(list(published(f"{ours}/{row}", dataset)) == cell for dataset, cell in cells.items())
    assert published("table10/retrieval", "SUN397") == (paper["table10_5shot_ood"]["retrieval"]["SUN397"],)
    assert published("table11/five_shot_on_ood1", "Flower102") == (62.79, 18.24)


def test_the_ledgers_matrix_measures_what_claims_are_judged_by() -> None:
    measured = {row.experiment.label for row in TABLES["ledger"].rows}
    parts = {(row.experiment.label, part) for row in TABLES["ledger"].rows for part in ("student", *row.parts)}
    judged = {label for claim in CLAIMS for label in claim.labels}
    assert judged <= measured
    for claim in CLAIMS:
        for figure in (one for clause in claim.clauses for one in (clause.more, clause.less) if one):
            assert (figure.label, figure.part) in parts or "few-shot" in claim.needs, figure


def test_the_matrix_of_texts_measures_the_claims_it_is_for() -> None:
    parts = {(row.experiment.label, part) for row in TABLES["text_claims"].rows for part in ("student", *row.parts)}
    whole = {(row.experiment.label, part) for row in TABLES["ledger"].rows for part in ("student", *row.parts)}
    assert parts <= whole
    for number in (4, 5, 6, 7, 8, 12, 13, 17, 19, 20):
        for figure in (one for clause in CLAIMS[number - 1].clauses for one in (clause.more, clause.less) if one):
            assert (figure.label, figure.part) in parts, (number, figure)
    of_backbone = {label.replace(f"@{OTHER_BACKBONE}", "") for label in CLAIMS[24].labels}
    assert of_backbone <= {label for label, _ in parts}


def test_every_figure_that_judges_a_claim_is_one_that_records_hold() -> None:
    """A misspelt one would only be called untested."""
    recorded = {
        (part, key)
        for folder in RECORDS
        for record in read_records(folder)
        for part, figures in record.figures.items()
        for key in figures
    }
    recorded |= {("other_texts", key) for part, key in recorded if part == "teacher_other_texts"}  # by the same code
    figures = (one for claim in CLAIMS for clause in claim.clauses for one in (clause.more, clause.less) if one)
    assert {(one.part, one.key) for one in figures} <= recorded


def test_a_recipe_is_the_preset_and_its_difference() -> None:
    recipe = get_recipe("semantics_k10", "vit_base_patch32_224")
    assert (recipe.losses.k, recipe.losses.weights, recipe.text.descriptions) == (
        10,
        {"cls": 1, "mse": 1, "im_cst": 1, "vl_prox": 1},
        "own",
    )
    assert (recipe.optimizer.name, recipe.epochs) == ("adamw", 90)
    assert get_recipe("semantics+captions+prompt").text.prompt == 8
    assert get_recipe("semantics+captions+prompt").losses.cap == 1
