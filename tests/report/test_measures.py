"""Names in words, their order, and how figures are written."""

from clipling.report.measures import duration, in_order, label_of, percent


def test_labels() -> None:
    assert label_of("ood_zero_shot") == "Unseen classes"
    assert label_of("ood_few_shot/16") == "Unseen, 16 images of each"
    assert label_of("something_new") == "something_new"


def test_order_puts_few_shot_by_number_before_the_joint_measures() -> None:
    given = ["zz", "joint_seen", "ood_few_shot/10", "id", "ood_few_shot/5", "ood_zero_shot", "id"]
    assert in_order(given) == ["ood_zero_shot", "id", "ood_few_shot/5", "ood_few_shot/10", "joint_seen", "zz"]


def test_figures_are_written_as_people_write_them() -> None:
    assert percent(0.3824) == "38.2\u00a0%"
    assert percent(1.0, 0) == "100\u00a0%"
    assert [duration(s) for s in (42.4, 754.0, 11_100.0)] == ["42 s", "13 min", "3 h 05 min"]
