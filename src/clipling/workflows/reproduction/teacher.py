"""What is asked of a teacher alone: its own zero-shot accuracy, and how its texts of unseen classes lie apart."""

from clipling.evaluation.text_space import text_space
from clipling.evaluation.zero_shot import accuracies
from clipling.language.classes import encode_classes
from clipling.language.config import TextConfig
from clipling.teacher.tower import Teacher
from clipling.training.devices import default_device
from clipling.workflows.distillation.images import workspace
from clipling.workflows.distillation.inputs import read_inputs
from clipling.workflows.distillation.measurement import Features, zero_shot_task
from clipling.workflows.distillation.teaching import default_store, fill_store
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.parts import written_split
from clipling.workflows.run import Run
from clipling.workflows.towers import open_teacher
from clipling.workflows.wording.texts import class_features


def zero_shot_of_teacher(job: Job, run: Run) -> dict[str, float]:
    """The teacher's accuracies on the evaluated images; its features go where students will find them."""
    inputs = read_inputs(job.source.root, written_split(job, run), seed=0, text=TextConfig())
    teacher = open_teacher(job.teacher, device=default_device(job.hardware))
    features = features_of_teacher(job, run, teacher)
    text = encode_classes(teacher, [inputs.texts[label] for label in inputs.split.classes]).cpu()
    return accuracies(zero_shot_task(inputs, text), features.id, features.ood)


def features_of_teacher(job: Job, run: Run, teacher: Teacher) -> Features:
    """The teacher's features of the evaluated images, from the store that the runs beside this one share."""
    root, split = job.source.root, job.source.split
    store = fill_store(
        teacher,
        root,
        split.id + split.ood,
        default_store(workspace(run.folder), root, teacher),
        on_bad_image="stop",
        hardware=job.hardware,
    )
    return Features(store.rows(split.id), store.rows(split.ood))


def spread_of_texts(job: Job, run: Run) -> dict[str, float]:
    """Mean cosine and singular values of the unseen classes' texts: names, and descriptions and captions if there.

    `spectrum` is the sum of the singular values, which stand largest first under `singular_values/NAME/1`, `2` ...
    """
    teacher, split = open_teacher(job.teacher, device=default_device(job.hardware)), job.source.split
    found = text_space(class_features(teacher, job.source.root, split.unseen_classes, split.ood, split.labels))
    figures = {f"{what}/{kind}": value for what in ("mean_cosine", "spectrum") for kind, value in found[what].items()}
    for kind, values in found["singular_values"].items():
        figures |= {f"singular_values/{kind}/{place}": value for place, value in enumerate(values, 1)}
    return figures
