"""The verdict rule on invented differences."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from clipling.contracts.errors import InputError
from clipling.report.ledger import Claim, Clause, Figure, Matrix, Verdict, figures_of, interval, judge, measured
from clipling.report.ledger_page import ledger_markdown
from clipling.report.records import Record, read_record, read_records, write_record

A, B = Figure("a", "student", "accuracy"), Figure("b", "student", "accuracy")


def records(**accuracies: list[float]) -> list[Record]:
    return [
        Record("birds", label, seed, f"{label}{seed}", {}, {"student": {"accuracy": value}}, {"device": "cpu"})
        for label, values in accuracies.items()
        for seed, value in enumerate(values)
    ]


def matrix(made: Sequence[Record], *, title: str = "small, teacher", seeds: int = 3, **students: str) -> Matrix:
    return Matrix(title, tuple(made), f"run {title}", seeds, **students)


def verdict(claim: Claim, made: list[Record]) -> Verdict:
    return judge(claim, measured(claim, figures_of(matrix(made))))


def page_of(claims: Sequence[Claim], *matrices: Matrix) -> str:
    return ledger_markdown(claims, matrices, made_by="me")


def test_the_interval_is_students_t_over_seeds() -> None:
    found = interval([0.01, 0.02, 0.03])
    assert found
    assert found.mean == pytest.approx(0.02)
    assert (found.high - found.low) / 2 == pytest.approx(4.303 * 0.01 / math.sqrt(3))
    alone = interval([0.5])
    assert alone
    assert (alone.low, alone.high) == (-math.inf, math.inf)
    assert interval([]) is None


@pytest.mark.parametrize(
    ("a", "b", "above", "expected"),
    [
        ([0.50, 0.52, 0.54], [0.40, 0.42, 0.45], 0.0, Verdict.HOLDS),
        ([0.40, 0.42, 0.45], [0.50, 0.52, 0.54], 0.0, Verdict.DOES_NOT),
        ([0.40, 0.52, 0.45], [0.41, 0.42, 0.54], 0.0, Verdict.CANNOT_TELL),
        ([0.50], [0.40], 0.0, Verdict.CANNOT_TELL),
        ([], [0.4, 0.4, 0.4], 0.0, Verdict.NOT_TESTABLE),
        ([0.500, 0.520, 0.540], [0.501, 0.522, 0.541], -0.01, Verdict.HOLDS),
        ([0.48, 0.50, 0.52], [0.501, 0.522, 0.541], -0.01, Verdict.DOES_NOT),
    ],
)
def test_the_verdict_is_whether_the_interval_excludes_the_bound(
    a: list[float], b: list[float], above: float, expected: Verdict
) -> None:
    claim = Claim("a beats b", "Table 0", (Clause("a − b", A, B, above),))
    assert verdict(claim, records(a=a, b=b)) is expected


def test_pairs_are_of_one_seed_and_only_common_seeds_count() -> None:
    claim = Claim("a beats b", "Table 0", (Clause("a − b", A, B),))
    far_apart = records(a=[0.1, 0.5, 0.9], b=[0.09, 0.489, 0.891])
    assert verdict(claim, far_apart) is Verdict.HOLDS
    assert verdict(claim, far_apart[:4]) is Verdict.CANNOT_TELL


def test_every_clause_must_hold_and_one_against_it_is_enough() -> None:
    over, under = Clause("a − b", A, B), Clause("b − a", B, A)
    made = records(a=[0.50, 0.52, 0.54], b=[0.40, 0.42, 0.45])
    absent = Clause("c", Figure("c", "student", "accuracy"))
    assert verdict(Claim("both", "", (over, under)), made) is Verdict.DOES_NOT
    assert verdict(Claim("both", "", (over, absent)), made) is Verdict.NOT_TESTABLE
    assert verdict(Claim("both", "", (under, absent)), made) is Verdict.DOES_NOT


def test_what_is_not_drawn_needs_one_measurement() -> None:
    claim = Claim("a beats b", "", (Clause("a − b", A, B),), exact=True)
    assert verdict(claim, records(a=[0.5], b=[0.4])) is Verdict.HOLDS
    assert verdict(claim, records(a=[0.4], b=[0.5])) is Verdict.DOES_NOT


def test_the_page_tells_claim_figure_verdict_and_rows() -> None:
    claims = [
        Claim("a beats b.", "Table 0", (Clause("unseen: a − b", A, B),)),
        Claim("c beats b.", "Table 0", (Clause("c − b", Figure("c", "student", "accuracy"), B),), "a teacher of c"),
        Claim("d beats b.", "", (Clause("d − b", Figure("d", "student", "accuracy"), B),), table="table1"),
        Claim("a hardly loses.", "", (Clause("a − b", A, B, above=-0.01),)),
    ]
    page = page_of(claims, matrix(records(a=[0.5, 0.52, 0.54], b=[0.4, 0.42, 0.45])))
    assert "<!-- made by: me -->" in page
    assert "\n    run small, teacher\n" in page
    assert (
        "| 1 | a beats b. | Table 0 | unseen: a − b | **holds**<br>+9.7 [+8.2, +11.1], 3 | `ledger --rows a b` |"
        in page
    )
    assert "| c − b | **not testable here**: needs a teacher of c | `ledger --rows c b` |" in page
    assert "| **not testable here**: needs the runs d | `table1 --rows d b` |" in page, "b has a record"
    assert "| a − b (bound -1.0) | **holds**<br>+9.7 [+8.2, +11.1], 3 |" in page
    assert "**small, teacher**: 4 claims: 2 holds, 2 not testable here." in page


def test_teachers_stand_side_by_side_and_what_is_not_all_there_is_so_far() -> None:
    claims = [
        Claim("a beats b.", "", (Clause("a − b", A, B),)),
        Claim("b is above 0.", "", (Clause("b", B),)),
        Claim("c is above 0.", "", (Clause("c", Figure("c", "student", "accuracy")),)),
    ]
    first = matrix(records(a=[0.50, 0.52, 0.54], b=[0.40, 0.42, 0.45]))
    second = matrix(records(a=[0.40, 0.42], b=[0.50, 0.53]), title="small, other teacher", seeds=5)
    page = page_of(claims, first, second)
    assert "|  | claim | paper | difference | small, teacher | small, other teacher | TABLE --rows ROWS |" in page
    cells = "**holds**<br>+9.7 [+8.2, +11.1], 3 | **does not hold** so far<br>-10.5 [-16.9, -4.1], 2"
    assert f"| a − b | {cells} | `ledger --rows a b` |" in page
    assert "| c | **not testable here**: needs the runs c | – | `ledger --rows c` |" in page, "left out of the second"
    assert "**small, other teacher**: 2 claims: 1 holds, 1 does not hold." in page


def test_a_matrix_may_have_another_student_and_that_one_may_be_the_other_backbone() -> None:
    made = [
        replace(record, label=label, settings={"student": student})
        for label, student in (("a@tiny", "tiny"), ("a", "resnet18"), ("a@mobilenetv2_100", "mobilenetv2_100"))
        for record in records(a=[len(student) / 100])
    ]

    def found(**students: str) -> dict[str, float]:
        return {figure.label: values[0] for figure, values in figures_of(matrix(made, **students)).items()}

    assert found() == {"a": 0.08, "a@mobilenetv2_100": 0.15}
    assert found(student="tiny", other="resnet18") == {"a": 0.04, "a@mobilenetv2_100": 0.08}
    assert found(student="tiny", other="tiny") == {"a": 0.04, "a@mobilenetv2_100": 0.04}


def test_texts_of_the_training_stand_against_those_of_the_test() -> None:
    def asked(label: str, part: str, shares: list[float]) -> list[Record]:
        return [
            Record("birds", label, seed, "", {}, {part: {"names/ood_zero_shot": share, "own/ood_zero_shot": 0.3}}, {})
            for seed, share in enumerate(shares)
        ]

    made = [*asked("shuffled", "other_texts", [0.1, 0.2]), *asked("teacher", "teacher_other_texts", [0.515])]
    page = page_of([], matrix(records(a=[0.5])), matrix(made, title="small, other teacher"))
    assert "| small, other teacher | trained with another class's | 15.0 ± 7.1 | 30.0 ± 0.0 | – | – |" in page
    assert "| small, other teacher | the teacher itself | 51.5 | 30.0 | – | – |" in page
    assert "trained with own" not in page
    assert "texts of the training" not in page_of([], matrix(records(a=[0.5])))


def test_records_that_may_not_be_compared_are_refused() -> None:
    with pytest.raises(InputError, match="two records of a, seed 0"):
        page_of([], matrix(records(a=[0.5]) * 2))
    small, large = (
        replace(records(**{label: [0.5]})[0], settings={"image_size": size, "recipe": {"epochs": epochs}})
        for label, size, epochs in (("a", 32, 8), ("b", 64, 8))
    )
    with pytest.raises(InputError, match="image_size is 32 in a, seed 0, and 64 in b, seed 0"):
        page_of([], matrix([small, large]))
    longer = replace(small, label="b", settings={"image_size": 32, "recipe": {"epochs": 90}})
    with pytest.raises(InputError, match="epochs is 8 in a, seed 0, and 90 in b, seed 0"):
        page_of([], matrix([small, longer]))
    with pytest.raises(InputError, match="records of several data sets"):
        page_of([], matrix([*records(a=[0.5]), replace(records(b=[0.5])[0], data="cars")]))
    page_of([], matrix([small]), matrix([large]))  # two matrices need not agree


def test_runs_without_a_common_seed_are_said_to_lack_one() -> None:
    claim = Claim("a beats b.", "", (Clause("a − b", A, B),))
    apart = [*records(a=[0.5]), *records(b=[0.4, 0.4])[1:]]
    assert "needs the same seeds of its runs" in page_of([claim], matrix(apart))


def test_what_was_measured_again_with_more_texts_counts_once() -> None:
    claims = [Claim("a is above 0.", "", (Clause("a", A),))]
    old = replace(records(a=[0.4])[0], settings={"split": "1", "files": {"classes.csv": "2"}})
    new = replace(
        records(a=[0.6])[0], settings={"split": "1", "files": {"classes.csv": "2", "captions.jsonl": "3"}}, digest="b"
    )
    assert "+60.0, one seed" in page_of(claims, matrix([new, old]))
    other_names = replace(new, settings={"split": "1", "files": {"classes.csv": "4", "captions.jsonl": "3"}})
    with pytest.raises(InputError, match="two records of a, seed 0"):
        page_of(claims, matrix([other_names, old]))


def test_a_record_reads_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("records")
    [record] = records(a=[0.5])
    write_record(folder / "a.json", record)
    assert read_records(folder) == [record]
    (folder / "a.json").write_text('{"schema": 1, "data": "birds"}')
    with pytest.raises(InputError, match=r"a\.json: 'label' is None"):
        read_record(folder / "a.json")
