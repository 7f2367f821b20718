"""What the system refuses, in words."""

import errno
import os
import sys
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.contracts.system import system_errors_translated


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENAMETOOLONG, "longer than the file system takes"),
        (errno.ELOOP, "symbolic links lead in a circle"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "the disk reports an error"),
        (errno.ENOENT, "no such file or directory"),
        (errno.ENXIO, os.strerror(errno.ENXIO).lower()),
    ],
)
def test_an_error_names_the_path_and_what_to_do(number: int, said: str) -> None:
    with pytest.raises(InputError, match=f"^/a/b: .*{said}"), system_errors_translated():
        raise OSError(number, os.strerror(number), "/a/b")


def test_two_paths_are_both_named() -> None:
    with pytest.raises(InputError, match=r"^/a -> b: .*another place"), system_errors_translated():
        raise OSError(errno.ENOSPC, "full", b"/a", None, "b")


def test_a_circle_of_links_whatever_finds_it(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for look in (lambda path: path.resolve(strict=True), lambda path: path.stat(), lambda path: path.open()):
        with (
            pytest.raises(InputError, match=r"circle.*: its symbolic links lead in a circle"),
            system_errors_translated(),
        ):
            look(tmp_path / "circle")


def test_a_nul_in_a_path() -> None:
    with pytest.raises(InputError, match="a path holds a NUL character"), system_errors_translated():
        Path("a\0b").stat()


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(InputError, match="the working directory no longer exists"), system_errors_translated():
        Path("data").resolve()


def test_a_name_that_the_locale_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    with (
        pytest.raises(InputError, match=r"'caf\\xe9': the locale's encoding is ascii.*PYTHONUTF8=1"),
        system_errors_translated(),
    ):
        "caf\u00e9".encode("ascii")


@pytest.mark.parametrize(
    "error", [ValueError("no"), RuntimeError("no"), OSError("libx.so: cannot open"), KeyError("a")]
)
def test_what_is_no_refusal_of_the_system_passes(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, system_errors_translated():
        raise error
    assert raised.value is error
