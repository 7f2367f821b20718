"""Against a real HTTP server that drops connections, with ranges and without."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.sets import download as module
from clipling.data.sets.download import download
from moody import Source, serving

CONTENT = hashlib.shake_128(b"archive").digest(3_000_000)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(module, "PAUSES", (0.01, 0.01))
    with serving({"/archive.tgz": CONTENT}) as source:
        yield source


def right(path: Path) -> bool:
    return path.read_bytes() == CONTENT


def test_what_was_dropped_half_way_goes_on_from_there(source: Source, tmp_path: Path) -> None:
    source.drops = 3
    seen = list[tuple[int, int]]()
    download(
        source.url + "/archive.tgz",
        tmp_path / "a.tgz",
        right=right,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert right(tmp_path / "a.tgz")
    assert source.asked == [None, "bytes=1500000-", "bytes=2250000-", "bytes=2625000-"]
    assert seen[-1] == (3, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tgz"]


def test_a_later_command_goes_on_where_an_earlier_one_stopped(source: Source, tmp_path: Path) -> None:
    (tmp_path / "a.tgz.part").write_bytes(CONTENT[:1_000_000])
    download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert source.asked == ["bytes=1000000-"]
    assert right(tmp_path / "a.tgz")


def test_a_server_without_ranges_is_asked_for_all_of_it_again(source: Source, tmp_path: Path) -> None:
    source.ranges, source.drops = False, 1
    download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert source.asked == [None, "bytes=1500000-"]
    assert right(tmp_path / "a.tgz")


def test_a_server_that_always_drops_is_given_up_and_what_came_is_kept(source: Source, tmp_path: Path) -> None:
    source.ranges, source.drops = False, 99
    with pytest.raises(InputError, match=r"broke after 1,500,000 of 3,000,000 bytes.*give the command again"):
        download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert len(source.asked) == 4
    assert (tmp_path / "a.tgz.part").stat().st_size == 1_500_000
    assert not (tmp_path / "a.tgz").exists()


def test_a_complete_part_is_only_checked(source: Source, tmp_path: Path) -> None:
    (tmp_path / "a.tgz.part").write_bytes(CONTENT)
    download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert right(tmp_path / "a.tgz")


def test_a_busy_server_is_asked_again_and_an_absent_file_is_not(source: Source, tmp_path: Path) -> None:
    source.states = [503, 429]
    download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert right(tmp_path / "a.tgz")
    source.asked, source.states = [], [404]
    with pytest.raises(InputError, match=r"answers 404.*--images"):
        download(source.url + "/archive.tgz", tmp_path / "b.tgz", right=right)
    assert len(source.asked) == 1


def test_the_wrong_content_is_never_given_the_name(source: Source, tmp_path: Path) -> None:
    source.content["/archive.tgz"] = CONTENT[:-1] + b"!"
    with pytest.raises(InputError, match="checksum"):
        download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert list(tmp_path.iterdir()) == []


def test_a_right_file_is_not_asked_for_and_a_wrong_one_not_touched(source: Source, tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(CONTENT)
    download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    (tmp_path / "a.tgz").write_bytes(b"mine")
    with pytest.raises(InputError, match="move it away"):
        download(source.url + "/archive.tgz", tmp_path / "a.tgz", right=right)
    assert (tmp_path / "a.tgz").read_bytes() == b"mine"
    assert source.asked == []


def test_no_server_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSES", ())
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9/a\.tgz.*refused"):
        download("http://127.0.0.1:9/a.tgz", tmp_path / "a.tgz", right=right)
