"""Processes that a test stops as a person does."""

import signal


def heed_ctrl_c() -> None:
    """For `preexec_fn`: a process started from a shell's background job would ignore Ctrl-C, as that job does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
