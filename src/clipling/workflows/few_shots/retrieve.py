"""Few shots without training: what the teacher sees in them becomes a cache that the student's features are held to."""

from lightning_fabric import Fabric

from clipling.evaluation.few_shot import part_accuracies
from clipling.evaluation.retrieval import RANDAUGMENT, SHARPNESS, VIEWS, retrieval_logits
from clipling.teacher.store import extract_features
from clipling.teacher.tower import load_teacher
from clipling.teacher.views import Views
from clipling.workflows.console import counting
from clipling.workflows.distillation.images import loading_workers, workspace
from clipling.workflows.distillation.teaching import default_store, same_weights
from clipling.workflows.few_shots.examination import Examination, Shown, begin, conclude, nearest

_IMAGES_AT_ONCE = 8


def retrieve(fabric: Fabric, shown: Shown, overwrite: bool) -> None:
    """Measure the student beside a cache of the shots. The parts without shots are as before, as nothing is trained."""
    if fabric.global_rank:
        return
    settings, student = shown.experiment.settings, shown.student
    teacher = load_teacher(settings.teacher, device=str(fabric.device))
    same_weights(settings.teacher, teacher, student.config.teacher["weights_hash"])
    folder = default_store(workspace(settings.out), shown.inputs.root, teacher)
    with counting("views of the shots") as progress:
        store = extract_features(
            teacher,
            shown.inputs.root,
            shown.shots,
            folder.with_name(f"{folder.name}-{VIEWS}views"),
            views=Views(teacher.pixels, VIEWS, *RANDAUGMENT),
            batch_size=_IMAGES_AT_ONCE,
            workers=loading_workers(settings.hardware),
            progress=progress,
        )
    begin(fabric, shown, overwrite)
    exam = Examination.of(shown.inputs.split, shown.parts, [entry.key for entry in student.classes])
    classes = exam.parts[shown.taught_part]
    cached = store.rows(shown.shots).reshape(len(classes), -1, teacher.width)
    beside_cache = part_accuracies(
        {shown.taught_part: classes},
        exam.labels,
        shown.features,
        lambda features, rows: retrieval_logits(features, student.text[rows], cached),
    )
    after = part_accuracies(exam.parts, exam.labels, shown.features, nearest(student.text)) | beside_cache
    conclude(shown, after, views=VIEWS, randaugment=list(RANDAUGMENT), sharpness=SHARPNESS)
