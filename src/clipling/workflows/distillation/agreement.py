"""What becomes of images without classes in a run: what they teach, what is measured, and what is said of it."""

from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from clipling.contracts.encoders import NO_LABEL
from clipling.contracts.errors import InputError
from clipling.deploy.bundle import read_bundle
from clipling.evaluation.agreement import agreement, chance_agreement
from clipling.evaluation.coherence import coherence
from clipling.evaluation.predictions import top_predictions
from clipling.files import write_jsonl
from clipling.training.config import NEED_LABELS, Caching, Loading
from clipling.training.journal import Journal
from clipling.workflows.console import say
from clipling.workflows.distillation.images import Images
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.measurement import by_measure, encode_bundle, prediction_rows
from clipling.workflows.distillation.spaces import encode_run, teacher_store
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.distillation.train import StoredTargets
from clipling.workflows.run import Run
from clipling.workflows.settings import EPOCHS_AVERAGED, Settings


def announce(settings: Settings, inputs: Inputs, targets: StoredTargets) -> None:
    """Say what the images without classes teach. Raises InputError when labels are needed and the teacher has none."""
    split, weights = inputs.split, settings.recipe.losses.weights
    free, bound = ([name for name in weights if (name in NEED_LABELS) is needs] for needs in (False, True))
    say(f"images without classes: {len(split.train)} to train on, {len(split.id)} held out to compare with the teacher")
    if free:
        say(f"{', '.join(free)}: trained on all of them")
    if not split.classes:
        return
    kept, highest = int((targets.labels != NO_LABEL).sum()), float(targets.chances.max())
    if bound and not kept:
        raise InputError(
            f"sure is {settings.sure}: the teacher gives no name in {settings.names} so high a probability, for any "
            f"image (the highest is {highest:.2f}); give a smaller --sure, or names of what the images show"
        )
    say(
        f"{', '.join(bound) or 'no loss'}: trained on {kept} of them ({kept / len(split.train):.0%}), of which the "
        f"teacher gives one of the {len(split.classes)} names a probability of at least {settings.sure:g}"
    )


def measure_agreement(
    run: Run, inputs: Inputs, pixels: Images, side: TeacherSide, targets: StoredTargets, hardware: Loading
) -> dict[str, Any]:
    """Measure the bundle of a run, write predictions.jsonl, and return what results.json will say."""
    bundle, held = read_bundle(run.student), inputs.split.id
    student, teacher = encode_bundle(bundle, pixels, hardware).id, side.store.rows(held)
    last = Journal(run.log).last_accuracies(EPOCHS_AVERAGED, "agreement")
    results: dict[str, Any] = {"schema": 1}
    if held:
        results["agreement"] = {
            "images": len(held),
            "mean": by_measure(last, fmean),
            "std": by_measure(last, pstdev),
            "bundle": agreement(student, teacher, bundle.text),
            "chance": chance_agreement(targets.image.cpu(), teacher, bundle.text),
        }
        results["coherence"] = {"id": coherence(student, teacher, bundle.text)}
    rows: list[dict[str, Any]] = []
    if names := inputs.split.classes:
        results["pseudo_labels"] = {
            "names": len(names),
            "sure": run.config["sure"],
            "images": int((targets.labels != NO_LABEL).sum()),
            "of": len(targets.labels),
        }
        said, taught = (
            top_predictions(features, bundle.text, names, temperature=bundle.config.temperature)
            for features in (student, teacher)
        )
        rows = prediction_rows("id", held, {}, said, taught)
    write_jsonl(run.folder / "predictions.jsonl", rows)
    return results | {"seed": run.config["seed"], "epochs_averaged": len(last)}


def agreement_of_bundle(run: Run, data: Path | None, hardware: Caching) -> dict[str, float]:
    """The agreement of a run's shipped weights, from its bundle, its copy of the split and the teacher's features."""
    space = encode_run(run, data, hardware, parts=("id",))
    held = space.inputs.split.id
    teacher = teacher_store(space, hardware).rows(held) if held else space.student["id"]
    return agreement(space.student["id"], teacher, space.bundle.text)
