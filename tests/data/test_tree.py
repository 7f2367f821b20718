from collections.abc import Callable
from pathlib import Path

from clipling.data.tree import PassedOver, counted, look, walk

Make = Callable[[dict[str, int]], Path]


def test_folders_that_systems_make_are_no_classes(make_images: Make) -> None:
    root = make_images(
        {
            "cup": 1, "cup/@eaDir/000.png": 1, "#recycle/cup": 1, "$RECYCLE.BIN": 1, "System Volume Information": 1,
            "lost+found": 1, "deep/__MACOSX": 1, ".thumbnails": 1, "deep/tree": 1,
        }
    )  # fmt: skip
    tree = look(root)
    assert tree.images == ["cup/000.png", "deep/tree/000.png"]
    assert {one.path for one in tree.passed_over} == {
        "cup/@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "deep/__MACOSX",
    }  # fmt: skip
    assert counted(one.group for one in tree.passed_over) == "passed over 6: a folder of the system (6)"


def test_what_is_passed_over_is_counted_by_extension_in_one_line(make_images: Make) -> None:
    root = make_images({"cup": 1, "empty": 0})
    for name in ("a.MP4", "b.mp4", "c.docx", "none", "README.md", "classes.csv"):
        (root / "cup" / name).touch()
    (root / "cup/gone.png").symlink_to("nowhere")
    assert counted(one.group for one in look(root).passed_over) == (
        "passed over 6: .mp4 (2), .docx (1), a link that leads nowhere (1), no file extension (1), an empty folder (1)"
    )
    assert counted([]) == ""
    assert PassedOver("x.png", "lies in no class folder").group == "lies in no class folder"


def test_files_come_before_folders_and_links_last(make_images: Make) -> None:
    root = make_images({".": 1, "b": 1, "a/deep": 1, "a": 1, "../elsewhere": 1})
    (root / "0").symlink_to(root.parent / "elsewhere")
    assert [found.path for found in walk(root)] == [
        "000.png", "a/000.png", "a/deep/000.png", "b/000.png", "0/000.png",
    ]  # fmt: skip


def test_a_folder_that_cannot_be_listed_is_told(make_images: Make, too_deep: Callable[[Path], str]) -> None:
    root = make_images({"cup": 1})
    path_of_it = too_deep(root / "cup")
    tree = look(root)
    assert tree.images == ["cup/000.png"]
    [(path, reason)] = tree.unlisted
    assert f"cup/{path_of_it}".startswith(path)
    assert reason == "file name too long"
