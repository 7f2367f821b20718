"""Zero-shot accuracy of an open_clip export, measured by the package clip-benchmark on the unseen classes of a run.

    python benchmarks/small_clip.py --bundle RUN --export RUN/exports/open_clip-fp32

Twice: on the images as they are, which open_clip resizes in its own way, and on the squares that the student was
evaluated on, where the accuracy must be that of `results.json`. Needs
`pip install clip-benchmark webdataset 'numpy<2.4'`.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from clipling.data.split import read_split
from clipling.deploy import read_bundle
from clipling.deploy.pixels import pixels_of
from clipling.workflows.run import Run
from recording import write_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="a finished run")
    parser.add_argument("--export", type=Path, required=True, help="what `clipling export RUN --to open_clip` made")
    given = parser.parse_args()
    run = Run(given.bundle)
    bundle = read_bundle(run.student)

    def as_it_is(path: Path) -> Image.Image:
        return Image.open(path).convert("RGB")

    def square(path: Path) -> Image.Image:
        return Image.fromarray(pixels_of(path, bundle.config).permute(1, 2, 0).numpy())

    names = {one.key: one.name for one in bundle.classes}
    figures = {
        "clip_benchmark_as_it_is": accuracy(run, names, bundle.config.template, as_it_is, given.export),
        "clip_benchmark_squares": accuracy(run, names, bundle.config.template, square, given.export),
        "results.json": run.results["accuracy_bundle"]["ood_zero_shot"],
    }
    write_record("small_clip", figures, private={"RUN": given.bundle}, precision="fp32")


def accuracy(
    run: Run, names: dict[str, str], template: str, picture: Callable[[Path], Image.Image], export: Path
) -> float:
    """Mean accuracy over the unseen classes, as clip-benchmark finds it."""
    root = Path(run.config["data"])
    split = read_split(run.split, root)
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "test").mkdir()
        with tarfile.open(folder / "test" / "0.tar", "w") as shard:
            for number, file in enumerate(split.ood):
                png = io.BytesIO()
                picture(root / file).save(png, "PNG")
                add(shard, f"{number:06}.png", png.getvalue())
                add(shard, f"{number:06}.cls", str(split.unseen_classes.index(split.labels[file])).encode())
        (folder / "test" / "nshards.txt").write_text("1")
        (folder / "classnames.txt").write_text("\n".join(names[label] for label in split.unseen_classes))
        (folder / "zeroshot_classification_templates.txt").write_text(template.replace("{}", "{c}"))
        command = [sys.executable, "-m", "clip_benchmark.cli", "eval", "--dataset", "wds/own", "--task"]
        command += ["zeroshot_classification", "--dataset_root", place, "--model", f"local-dir:{export.resolve()}"]
        command += ["--pretrained", "", "--no_amp", "--num_workers", "0", "--output", str(folder / "answer.json")]
        subprocess.run(command, check=True)
        found = json.loads((folder / "answer.json").read_text())["metrics"]
    return float(found["mean_per_class_recall"])


def add(shard: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    shard.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main()
