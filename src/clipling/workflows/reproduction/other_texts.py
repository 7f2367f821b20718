"""The same images asked with other texts: what a gain owes to the texts of the training, and what to those of the test.

A class is asked for by its name, and by its name with its own description, another class's, or random words.
"""

from collections.abc import Mapping

from clipling.evaluation.zero_shot import accuracies
from clipling.language.classes import encode_classes
from clipling.language.config import Appended, TextConfig
from clipling.teacher.tower import Teacher, load_teacher
from clipling.training.devices import default_device
from clipling.workflows.distillation.inputs import read_inputs
from clipling.workflows.distillation.measurement import Features, zero_shot_task
from clipling.workflows.distillation.spaces import encode_run
from clipling.workflows.distillation.teaching import same_weights
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.parts import written_split
from clipling.workflows.reproduction.teacher import features_of_teacher
from clipling.workflows.run import Run

TEXTS: Mapping[str, Appended] = {
    "names": "none",
    "own": "own",
    "shuffled": "shuffled",
    "random_words": "random_words",
}
"""What follows the name of a class, by the word that stands in the key of a figure."""


def student_by_text(job: Job, run: Run) -> dict[str, dict[str, float]]:
    """The accuracies of the shipped student with each kind of text; the controls are drawn with the seed of the job."""
    space = encode_run(run, job.source.root, job.hardware, parts=("id", "ood"))
    teacher = load_teacher(job.teacher, device=default_device(job.hardware))
    same_weights(job.teacher, teacher, space.bundle.config.teacher["weights_hash"])
    return _by_text(job, run, teacher, Features(space.student["id"], space.student["ood"]))


def teacher_by_text(job: Job, run: Run) -> dict[str, dict[str, float]]:
    """The same of the teacher: how much of the right answer a text leaves to be found."""
    teacher = load_teacher(job.teacher, device=default_device(job.hardware))
    return _by_text(job, run, teacher, features_of_teacher(job, run, teacher))


def _by_text(job: Job, run: Run, teacher: Teacher, features: Features) -> dict[str, dict[str, float]]:
    split = written_split(job, run)
    described = job.source.described_in("").exists()
    found = {}
    for name, appended in TEXTS.items() if described else [("names", TEXTS["names"])]:
        inputs = read_inputs(job.source.root, split, seed=job.seed, text=TextConfig(descriptions=appended))
        text = encode_classes(teacher, [inputs.texts[label] for label in inputs.split.classes]).cpu()
        found[name] = accuracies(zero_shot_task(inputs, text), features.id, features.ood)
    return found
