"""A table of finished runs in Markdown, beside the paper's averages.

    python scripts/results_table.py RUNS_FOLDER --to docs/results/NAME.md [--published published_tables.json]

RUNS_FOLDER holds one folder per run. `--published` is a JSON file with the paper's Table 1, whose averages over six
data sets are put beside the recipes of the same name; without it those columns stay out.
"""

import argparse
import json
from pathlib import Path

from clipling.files import write_text
from clipling.report import read_run, results_table, to_markdown, with_published

ROW_OF_RECIPE = {"paper": "cls+im_cst+vl_prox(+mse)", "im_cst+vl_prox+mse": "im_cst+vl_prox(+mse)"}


def published_averages(path: Path, recipes: list[str]) -> dict[str, tuple[float | None, float | None]]:
    """The averages of Table 1 in per cent, seen and unseen, by the name of our recipe."""
    table = json.loads(path.read_text())["table1"]
    rows = {recipe: table.get(ROW_OF_RECIPE.get(recipe, recipe)) for recipe in recipes}
    return {recipe: (row["Average"][0], row["Average"][1]) for recipe, row in rows.items() if row}


def main() -> None:
    """Read the runs and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--published", type=Path)
    options = parser.parse_args()
    records = [read_run(folder.parent) for folder in sorted(options.runs.glob("*/results.json"))]
    rows = results_table(records)
    if options.published:
        rows = with_published(rows, published_averages(options.published, [record.recipe for record in records]))
    command = f"python scripts/results_table.py {options.runs} --to {options.to}"
    write_text(options.to, f"<!-- made by: {command} -->\n\n{to_markdown(rows)}\n")


if __name__ == "__main__":
    main()
