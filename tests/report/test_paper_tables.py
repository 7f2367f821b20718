"""A table of two rows and two data sets, worked by hand."""

from clipling.report.paper_tables import (
    Number,
    PaperCell,
    PaperTable,
    over_data_sets,
    over_seeds,
    table_csv,
    table_latex,
    table_markdown,
)

TABLE = PaperTable(
    "Table 0: accuracy (%)",
    ("Birds", "Average"),
    (
        (
            "cls+im_cst",
            (PaperCell((Number(61.94, 0.44, 3), None), (62.3, None)), PaperCell((Number(50.0, None, 1), None))),
        ),
        ("mse", (PaperCell((None, None), (27.0, 12.0)), PaperCell((None, None)))),
    ),
    notes=("Ours: a & b.",),
)


def test_markdown() -> None:
    assert table_markdown(TABLE) == (
        "**Table 0: accuracy (%)**\n\n"
        "|  | Birds | Average |\n"
        "| --- | --- | --- |\n"
        "| cls+im_cst | 61.9 ± 0.4 / – [62.3 / –] | 50.0 / – |\n"
        "| mse | – [27.0 / 12.0] | – |\n"
        "\nOurs: a & b.\n"
    )


def test_latex() -> None:
    assert table_latex(TABLE) == (
        "\\begin{table*}\n\\centering\\small\n\\begin{tabular}{lcc}\n\\toprule\n"
        " & Birds & Average \\\\\n\\midrule\n"
        "cls+im\\_cst & 61.9 $\\pm$ 0.4 / -- [62.3 / --] & 50.0 / -- \\\\\n"
        "mse & -- [27.0 / 12.0] & -- \\\\\n"
        "\\bottomrule\n\\end{tabular}\n\\caption{Table 0: accuracy (\\%) Ours: a \\& b.}\n\\end{table*}\n"
    )


def test_csv() -> None:
    assert table_csv(TABLE) == (
        "row,column,number,mean,deviation,runs,published\n"
        "cls+im_cst,Birds,1,61.94,0.44,3,62.3\n"
        "cls+im_cst,Average,1,50.0,,1,\n"
        "mse,Birds,1,,,0,27.0\n"
        "mse,Birds,2,,,0,12.0\n"
    )


def test_mean_and_spread_over_seeds_and_data_sets() -> None:
    assert over_seeds({}) is None
    assert over_seeds({0: 3.0}) == Number(3.0, None, 1)
    assert over_seeds({0: 1.0, 1: 3.0}) == Number(2.0, 2**0.5, 2)
    assert over_data_sets([{0: 1.0, 1: 2.0}, {1: 4.0}]) == {1: 3.0}
    assert over_data_sets([]) == {}
