import subprocess
import sys
from pathlib import Path

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.training.config import Hardware
from clipling.training.devices import make_fabric

ONE_STEP = Path(__file__).with_name("one_step.py")


def one_step(out: Path, processes: int) -> dict[str, dict[str, torch.Tensor]]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    done = subprocess.run([*launcher, ONE_STEP, out], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(f"{out}.tied").read_text() == "False", "threads of a group may abort a process that exits"
    written: dict[str, dict[str, torch.Tensor]] = torch.load(out, weights_only=True)
    return written


def test_two_processes_have_the_loss_and_gradients_of_one(tmp_path: Path) -> None:
    alone, together = (one_step(tmp_path / f"{n}.pt", n) for n in (1, 2))
    assert alone["losses"].keys() == {"loss", "cls", "mse", "im_cst", "vl_prox", "cap"}
    assert "context" in alone["gradients"]
    for kind in ("losses", "gradients"):
        assert alone[kind].keys() == together[kind].keys()
        for name, value in alone[kind].items():
            scale = float(value.abs().max())
            assert scale > 0, name
            torch.testing.assert_close(together[kind][name], value, rtol=1e-5, atol=2e-6 * scale, msg=name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match=r"hardware\.accelerator is 'cuda'.*no GPU"):
        make_fabric(Hardware(accelerator="cuda"))


def test_precision_as_asked() -> None:
    assert make_fabric(Hardware(accelerator="cpu", precision="bf16"))._precision.precision == "bf16-mixed"
    assert make_fabric(Hardware(accelerator="cpu", precision="fp32"))._precision.precision == "32-true"
