"""What a copy lost or changed is named."""

from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.deploy.seal import SEAL, seal, verify
from clipling.files import hash_file, read_json, write_json


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    for name in ("a.bin", "b.txt", "c.md"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    seal(tmp_path)
    return tmp_path


def test_the_seal_holds_the_hash_of_every_other_file(sealed: Path):
    assert read_json(sealed / SEAL) == {name: hash_file(sealed / name) for name in ("a.bin", "b.txt", "c.md")}
    verify(sealed, ("a.bin",))


def test_all_that_is_missing_or_changed_is_named(sealed: Path):
    (sealed / "a.bin").unlink()
    (sealed / "b.txt").write_bytes((sealed / "b.txt").read_bytes()[:-1])
    with pytest.raises(InputError, match=r"missing: a\.bin; changed: b\.txt") as caught:
        verify(sealed, ())
    assert "c.md" not in str(caught.value)


def test_a_required_file_that_was_never_sealed(sealed: Path):
    with pytest.raises(InputError, match=r"does not list model\.bin"):
        verify(sealed, ("a.bin", "model.bin"))


@pytest.mark.parametrize("name", ["../elsewhere", "/etc/hostname", "sub/file"])
def test_names_that_lead_elsewhere(sealed: Path, name: str):
    write_json(sealed / SEAL, {name: "0" * 64})
    with pytest.raises(InputError, match="no plain file name"):
        verify(sealed, ())


@pytest.mark.parametrize("content", [[], {"a.bin": 3}, None])
def test_a_seal_of_another_form(sealed: Path, content: object):
    write_json(sealed / SEAL, content)
    with pytest.raises(InputError, match="expected an object"):
        verify(sealed, ())
