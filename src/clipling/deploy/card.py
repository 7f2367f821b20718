"""The model card of a bundle: what a person wants to know before using it, from what the bundle itself holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from clipling.contracts.figures import AGREEMENT, few_choices
from clipling.deploy.config import BundleConfig
from clipling.deploy.threshold import Threshold
from clipling.markdown import markdown_line, markdown_table, markdown_text

_HEAD = """\
---
library_name: clipling
pipeline_tag: zero-shot-image-classification
---
"""
"""What the Hugging Face Hub reads."""
_UNSTATED = "not stated beside its weights: ask whoever published them"
_MEANING = {
    "id": "seen classes, new images",
    "ood_zero_shot": "unseen classes, among themselves",
    "joint_seen": "seen classes, chosen among all",
    "joint_unseen": "unseen classes, chosen among all",
    "harmonic_mean": "harmonic mean of the last two",
}
_USE = """\
    import clipling

    student = clipling.load("PATH/OF/THIS/FOLDER")  # or "hf-hub:ORG/NAME"
    student.predict("image.jpg")
    student.set_classes(["a class it never saw", "another"])  # by the teacher's text tower
    student.predict(["image.jpg", "another.png"], k=1)
"""
_LIMITS = """\
- It follows its teacher as far as the training images led it: the less a class resembles them, the less well it is
  recognised.
- Probabilities are a softmax over the classes given. They always sum to one, also for an image that shows none of them,
  which only the threshold above tells.
- Prejudices of the teacher are inherited, and were not examined here.
- Texts of new classes need the teacher named above, or its exported text tower; images never do.
- What may be done with it depends on the licences of its teacher and of the training images too.
"""
_LISTS = """\
The limit was chosen on seen classes to keep 95% of the known images; unseen classes are a report. On a longer list more
images of either kind are kept, on a shorter one fewer. It holds for class texts made as in training.
"""


def model_card(config: BundleConfig, seen: Sequence[str], unseen: Sequence[str]) -> str:
    """Markdown: use, network, teacher, training, accuracies, classes, limits. What was not measured says so."""
    sections = {
        "Use": _USE,
        "Network": _table(_network(config)),
        "Teacher": _table({"licence": _UNSTATED, **config.teacher}),
        "Training": _table(config.about) if config.about else "Nothing was recorded about the training.\n",
        "Accuracy": _accuracy(config.results or {}, len(seen), len(unseen)),
        **_agreement(config.results or {}),
        "None of these": _none_of_these(Threshold.of_results(config.results)),
        "Limits": _LIMITS,
        f"Classes it was trained on ({len(seen)})": _listing(seen),
        f"Classes it holds texts for but never saw ({len(unseen)})": _listing(unseen),
    }
    title = f"# A student of {markdown_text(str(config.teacher['id']))}\n\n"
    what = f"A {markdown_text(config.architecture)} that maps images into its teacher's space"
    lead = f"{what} of {config.width} dimensions.\n\n"
    return _HEAD + title + lead + "\n".join(f"## {heading}\n\n{text}" for heading, text in sections.items())


def _network(config: BundleConfig) -> dict[str, Any]:
    return {
        "architecture": f"{config.architecture} (timm)",
        "input": f"{config.image_size} x {config.image_size} pixels, {config.channels} channels",
        "embedding": config.width,
        "temperature": config.temperature,
        "class text": _class_text(config),
    }


def _class_text(config: BundleConfig) -> str:
    if config.prompt is not None:
        return f"learned vectors ({config.prompt}), then the name"
    return config.template or "none: a learned vector for each class, and no other class is known"


def _accuracy(results: Mapping[str, Any], seen: int, unseen: int) -> str:
    student = results.get("accuracy_bundle", results.get("accuracy", {}))
    teacher = results.get("teacher", {})
    keys = [key for key in _MEANING if key in student]
    if not keys:
        return "Not measured.\n"
    rows = [[_MEANING[key], _share(student, key), _share(teacher, key)] for key in keys]
    note = "Mean over classes of the share of images recognised.\n"
    for key, classes, which in (("id", seen, "seen"), ("ood_zero_shot", unseen, "unseen")):
        if key in keys and (warning := few_choices(classes, which)):
            note += f"\nMind that {warning}.\n"
    return markdown_table("lrr", ["", "student", "teacher"], rows) + "\n" + note


def _agreement(results: Mapping[str, Any]) -> dict[str, str]:
    """A section for a student of images without classes; none for others."""
    found = results.get("agreement")
    if not found:
        return {}
    rows = [
        [meaning, f"{found['bundle'][key]:.3f}", f"{found['chance'][key]:.3f}"]
        for key, meaning in AGREEMENT.items()
        if key in found["bundle"]
    ]
    note = (
        f"On {found['images']} images that were held out; without learning: one feature, or answer, for all of them.\n"
    )
    return {
        "Agreement with its teacher": markdown_table("lrr", ["", "student", "without learning"], rows) + "\n" + note
    }


def _none_of_these(threshold: Threshold | None) -> str:
    if threshold is None:
        return "No threshold was calibrated.\n"
    measured = {"seen classes, half of them hidden": threshold.seen, "unseen classes": threshold.unseen}
    rows = [
        [which, str(shares.labels), f"{shares.known_kept:.1%}", f"{shares.unknown_rejected:.1%}"]
        for which, shares in measured.items()
        if shares is not None
    ]
    head = ["unknown images are of", "classes on the list", "known images kept", "unknown ones rejected"]
    lead = f"An image whose nearest class has a cosine below {threshold.cosine:.4f} shows none of these.\n"
    return "\n".join([lead, markdown_table("lrrr", head, rows), _LISTS])


def _share(scores: Mapping[str, Any], key: str) -> str:
    return f"{scores[key]:.1%}" if key in scores else "not measured"


def _table(facts: Mapping[str, Any]) -> str:
    return markdown_table("ll", ["", ""], [[name, _plain(value)] for name, value in facts.items()])


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listing(names: Sequence[str]) -> str:
    return (markdown_line(", ".join(names)) if names else "None.") + "\n"
