"""The verdict rule on invented differences."""

import math
from dataclasses import replace

import pytest

from clipling.contracts.errors import InputError
from clipling.report.ledger import Claim, Clause, Figure, Verdict, figures_of, interval, judge, measured
from clipling.report.ledger_page import ledger_markdown
from clipling.report.records import Record, read_record, read_records, write_record

A, B = Figure("a", "student", "accuracy"), Figure("b", "student", "accuracy")


def records(**accuracies: list[float]) -> list[Record]:
    return [
        Record("birds", label, seed, f"{label}{seed}", {}, {"student": {"accuracy": value}}, {"device": "cpu"})
        for label, values in accuracies.items()
        for seed, value in enumerate(values)
    ]


def verdict(claim: Claim, made: list[Record]) -> Verdict:
    return judge(claim, measured(claim, figures_of(made)))


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
    ]
    claims.append(Claim("d beats b.", "", (Clause("d − b", Figure("d", "student", "accuracy"), B),), table="table1"))
    page = ledger_markdown(claims, records(a=[0.5, 0.52, 0.54], b=[0.4, 0.42, 0.45]), command="run it", made_by="me")
    assert "<!-- made by: me -->" in page
    assert "\n    run it\n" in page
    assert (
        "| 1 | a beats b. | Table 0 | unseen: a − b: +9.7 [+8.2, +11.1], 3 | **holds** | `ledger --rows a b` |" in page
    )
    assert "| c − b: – | **not testable here**: needs a teacher of c | `ledger --rows c b` |" in page
    assert "| **not testable here**: needs the runs d | `table1 --rows d b` |" in page, "b has a record"
    assert "3 claims: 1 holds, 2 not testable here." in page
    with pytest.raises(InputError, match="two records of a, seed 0"):
        ledger_markdown(claims, records(a=[0.5]) * 2, command="", made_by="")
    small, large = (
        replace(records(**{label: [0.5]})[0], settings={"image_size": size, "recipe": {"epochs": epochs}})
        for label, size, epochs in (("a", 32, 8), ("b", 64, 8))
    )
    with pytest.raises(InputError, match="image_size is 32 in a, seed 0, and 64 in b, seed 0"):
        ledger_markdown(claims, [small, large], command="", made_by="")
    longer = replace(small, label="b", settings={"image_size": 32, "recipe": {"epochs": 90}})
    with pytest.raises(InputError, match="epochs is 8 in a, seed 0, and 90 in b, seed 0"):
        ledger_markdown(claims, [small, longer], command="", made_by="")
    mixed = [*records(a=[0.5]), replace(records(b=[0.5])[0], data="cars")]
    with pytest.raises(InputError, match="records of several data sets"):
        ledger_markdown(claims, mixed, command="", made_by="")


def test_runs_without_a_common_seed_are_said_to_lack_one() -> None:
    claim = Claim("a beats b.", "", (Clause("a − b", A, B),))
    apart = [*records(a=[0.5]), *records(b=[0.4, 0.4])[1:]]
    assert "needs the same seeds of its runs" in ledger_markdown([claim], apart, command="", made_by="")


def test_what_was_measured_again_with_more_texts_counts_once() -> None:
    claims = [Claim("a is above 0.", "", (Clause("a", A),))]
    old = replace(records(a=[0.4])[0], settings={"split": "1", "files": {"classes.csv": "2"}})
    new = replace(
        records(a=[0.6])[0], settings={"split": "1", "files": {"classes.csv": "2", "captions.jsonl": "3"}}, digest="b"
    )
    assert "a: +60.0, one seed" in ledger_markdown(claims, [new, old], command="", made_by="")
    other_names = replace(new, settings={"split": "1", "files": {"classes.csv": "4", "captions.jsonl": "3"}})
    with pytest.raises(InputError, match="two records of a, seed 0"):
        ledger_markdown(claims, [other_names, old], command="", made_by="")


def test_a_record_reads_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("records")
    [record] = records(a=[0.5])
    write_record(folder / "a.json", record)
    assert read_records(folder) == [record]
    (folder / "a.json").write_text('{"schema": 1, "data": "birds"}')
    with pytest.raises(InputError, match=r"a\.json: 'label' is None"):
        read_record(folder / "a.json")
