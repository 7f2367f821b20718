import numpy as np
import pytest

from clipling.aviary.captions import TEMPLATES, full_caption, list_caption, name_caption, phrase
from clipling.aviary.species import SPECIES, TRAITS, random_species

FORMS = (name_caption, list_caption, full_caption)


@pytest.mark.parametrize("form", FORMS)
def test_a_caption_tells_at_least_one_trait_and_knows_which(form):
    rng = np.random.default_rng(1)
    for _ in range(100):
        caption = form(random_species(rng), rng)
        assert caption.told
        assert set(caption.told) <= set(TRAITS)
        assert "{" not in caption.text


def test_a_name_caption_says_the_words_of_the_traits_it_tells():
    rng = np.random.default_rng(2)
    for _ in range(100):
        bird = random_species(rng)
        caption = name_caption(bird, rng)
        for part in {"crown", "wing", "belly", "tail"} & set(caption.told):
            assert f"{bird.trait(part)}-{part}"[:-1] in caption.text


def test_a_full_caption_holds_the_description():
    rng = np.random.default_rng(3)
    caption = full_caption(SPECIES[0], rng)
    assert SPECIES[0].description in caption.text
    assert caption.told == tuple(TRAITS)


def test_captions_of_one_bird_vary_in_form_and_are_reproducible():
    texts = [[list_caption(SPECIES[0], rng).text for _ in range(50)] for rng in map(np.random.default_rng, (4, 4))]
    assert texts[0] == texts[1]
    assert len(set(texts[0])) > 45


@pytest.mark.parametrize("trait", TRAITS)
def test_phrases_of_different_values_never_coincide(trait: str):
    rng = np.random.default_rng(5)
    said: dict[str, set[str]] = {}
    for _ in range(400):
        bird = random_species(rng)
        said.setdefault(bird.trait(trait), set()).add(phrase(bird, trait, rng))
    assert set(said) == set(TRAITS[trait])
    assert sum(map(len, said.values())) == len(set().union(*said.values()))


def test_the_plain_frame_is_among_the_templates():
    assert "a photo of {}" in TEMPLATES
