import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.training.checkpoint import load_latest, save_checkpoint


def state(epoch: int) -> dict[str, object]:
    return {"epoch": epoch, "net": {"w": torch.full((3,), float(epoch))}}


def test_latest_is_what_was_saved_and_only_two_are_kept(tmp_path: Path) -> None:
    for epoch in range(1, 5):
        save_checkpoint(tmp_path, state(epoch))
    latest = load_latest(tmp_path)
    assert latest is not None
    assert latest["epoch"] == 4
    assert torch.equal(latest["net"]["w"], torch.full((3,), 4.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0003.pt", "epoch-0004.pt"]


def test_after_epoch_9999_comes_10000(tmp_path: Path) -> None:
    for epoch in (9998, 9999, 10000):
        save_checkpoint(tmp_path, state(epoch))
    assert load_latest(tmp_path) == {"epoch": 10000, "net": {"w": pytest.approx(torch.full((3,), 10000.0))}}
    assert {path.name for path in tmp_path.iterdir()} == {"epoch-9999.pt", "epoch-10000.pt"}


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert load_latest(tmp_path / "absent") is None


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_cut_short_names_the_file_and_the_one_before(tmp_path: Path, keep: int) -> None:
    save_checkpoint(tmp_path, state(1))
    path = save_checkpoint(tmp_path, state(2))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"epoch-0002\.pt.*cut short.*epoch-0001\.pt"):
        load_latest(tmp_path)
    path.unlink()
    latest = load_latest(tmp_path)
    assert latest is not None
    assert latest["epoch"] == 1


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "ran"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {target}",)

    torch.save(Payload(), tmp_path / "epoch-0001.pt")
    with pytest.raises(InputError, match="damaged"):
        load_latest(tmp_path)
    assert not target.exists()


def test_killed_while_writing_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from pathlib import Path; from clipling.training.checkpoint import save_checkpoint\n"
        "epoch = 0\n"
        "while True:\n"
        "    epoch += 1\n"
        "    save_checkpoint(Path(sys.argv[1]), {'epoch': epoch, 'net': {'w': torch.full((300_000,), float(epoch))}})\n"
        "    print(epoch, flush=True)\n"
    )
    for wait in (0.003, 0.011, 0.024):
        folder = tmp_path / str(wait)
        writer = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        written = int(writer.stdout.readline())
        time.sleep(wait)
        writer.send_signal(signal.SIGKILL)
        written = max([written, *(int(line) for line in writer.communicate()[0].split())])
        latest = load_latest(folder)
        assert latest is not None
        assert latest["epoch"] >= written
        assert torch.equal(latest["net"]["w"], torch.full((300_000,), float(latest["epoch"])))
