from pathlib import Path

import torch
from PIL import Image

from applications.pickclutter.conftest import drawn_scene
from clipling.applications.pickclutter.pictures import draw_scene, telling


def test_what_is_there_comes_first_then_what_was_said_then_what_came_near() -> None:
    scores = {"apple": 0.1, "bowl": 0.9, "fork": 0.4, "dice": 0.7, "pear": 0.3}
    assert telling(scores, ["apple", "bowl"], 5) == ["bowl", "apple", "dice", "fork", "pear"]
    assert telling(scores, [], 2) == ["bowl", "dice"]


def test_the_map_lies_over_the_picture(tmp_path: Path) -> None:
    seen = drawn_scene(0, ("011_banana", "013_apple"), 3)
    maps = [torch.zeros(2, 2), torch.zeros(2, 2)]
    maps[0][0, 0] = maps[1][1, 1] = 1.0
    colours = []
    for number, heat in enumerate(maps):
        path = tmp_path / f"{number}.png"
        draw_scene(path, seen, {"banana": 0.6}, {"banana": heat}, ["banana"])
        with Image.open(path) as image:
            column = image.convert("RGB").crop((image.width // 2, image.height // 2, image.width, image.height))
            colours.append(column.resize((2, 2), Image.Resampling.BOX).getpixel((0, 0)))
    assert sum(colours[0]) > sum(colours[1]), "bright where it was looked for"
