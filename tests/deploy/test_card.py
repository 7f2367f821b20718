"""The model card says what it knows, and what was not measured."""

from dataclasses import replace

import pytest

from clipling.deploy.card import model_card
from clipling.deploy.config import BundleConfig


@pytest.fixture
def config() -> BundleConfig:
    return BundleConfig(
        architecture="resnet18",
        width=512,
        image_size=224,
        channels=3,
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
        shorter_side=256,
        temperature=0.07,
        template="a photo of {}",
        teacher={"id": "ViT-L-14/openai", "weights_hash": "abc123"},
        about={"data": "birds | and more", "split": {"seed": 3}},
        results={"accuracy_bundle": {"id": 0.8125, "ood_zero_shot": 0.4}, "teacher": {"id": 0.9}},
    )


def test_it_tells_all_that_it_was_given(config: BundleConfig):
    card = model_card(config, ["wren", "kite"], ["lark"])
    for fact in ("ViT-L-14/openai", "abc123", "resnet18", "224 x 224", "wren, kite", "lark", '{"seed": 3}'):
        assert fact in card
    assert "| data | birds \\| and more |" in card
    assert "| licence | not stated" in card
    assert "| licence | mit |" in model_card(
        replace(config, teacher={**config.teacher, "licence": "mit"}), ["wren"], []
    )
    assert card.startswith("---\nlibrary_name: clipling\n")


def test_accuracies_of_student_and_teacher_stand_side_by_side(config: BundleConfig):
    card = model_card(config, ["wren"], [])
    assert "| seen classes, new images | 81.2% | 90.0% |" in card
    assert "| unseen classes, among themselves | 40.0% | not measured |" in card
    assert "harmonic" not in card


def test_accuracies_of_the_last_epochs_serve_where_the_bundle_was_not_measured(config: BundleConfig):
    card = model_card(replace(config, results={"accuracy": {"id": 0.5}}), ["wren"], [])
    assert "| seen classes, new images | 50.0% | not measured |" in card


def test_what_is_not_known_says_so(config: BundleConfig):
    card = model_card(replace(config, results=None, about={}), ["wren"], [])
    assert "Not measured." in card
    assert "Nothing was recorded" in card
    assert "never saw (0)\n\nNone." in card
