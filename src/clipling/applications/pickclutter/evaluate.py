"""`clipling pickclutter evaluate`: measure the shipped weights of a run again."""

from pathlib import Path

from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.train import Answers
from clipling.workflows.run import AnyRun, as_run


def evaluate(run: AnyRun) -> Answers:
    """Measure a run's shipped weights again; repeats `measures_bundle` of its results.json.

    Parameters
    ----------
    run
        Folder of a finished run, or the folder `fewshot` in it.

    """
    run = as_run(run)
    settings = Settings.from_record(run.config, run.folder / "config.yaml")
    recorded = run.result("measures_bundle", dict[str, float])
    from clipling.applications.pickclutter.bundle import read_bundle  # torch loads here, not for --help
    from clipling.applications.pickclutter.scenes import open_scenes
    from clipling.applications.pickclutter.training import exam_of

    scenes = open_scenes(settings, run.setting("shots", Path | None), run.setting("scenes", int | None))
    bundle = read_bundle(run.student)
    now = exam_of(settings, scenes).measured(bundle.net, bundle.pairs)
    same = now == recorded
    verdict = "exactly as recorded" if same else "not as recorded: other scenes, or another processor?"
    title = f"{run.folder}: the shipped weights, {verdict}"
    return Answers(title, now, None if same else recorded, exit_status=0 if same else 1)
