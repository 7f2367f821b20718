"""Jobs spread over several GPUs: what each process sees, and what becomes of the others when one is killed."""

import os
import signal

from clipling.workflows.reproduction.work import each


def saw(item: int) -> str:
    return f"{item} on {os.environ.get('CUDA_VISIBLE_DEVICES')}"


def test_with_several_gpus_each_process_sees_one() -> None:
    seen = {told for _, told in each(saw, range(4), ["3", "5"])}
    assert {told.split()[-1] for told in seen} == {"3", "5"}
    assert {told.split()[0] for told in seen} == {"0", "1", "2", "3"}


def killed_at_one(item: int) -> str | None:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return None


def test_a_process_that_is_killed_fails_its_own_job_alone() -> None:
    failed = {item: error for item, error in each(killed_at_one, range(3), ["3", "5"]) if error}
    assert failed.keys() == {1}
    assert "killed" in failed[1]
