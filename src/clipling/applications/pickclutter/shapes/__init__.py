"""What each of the 26 objects looks like: compositions of primitives at the sizes and in the colours of YCB."""

from collections.abc import Callable

from clipling.applications.pickclutter.shapes import fruit, groceries, tableware, tools, toys
from clipling.applications.pickclutter.shapes.part import Shape

SHAPES: dict[str, Callable[[], Shape]] = {
    "002_master_chef_can": groceries.coffee_can,
    "003_cracker_box": groceries.cracker_box,
    "006_mustard_bottle": groceries.mustard_bottle,
    "011_banana": fruit.banana,
    "012_strawberry": fruit.strawberry,
    "013_apple": fruit.apple,
    "014_lemon": fruit.lemon,
    "015_peach": fruit.peach,
    "016_pear": fruit.pear,
    "017_orange": fruit.orange,
    "021_bleach_cleanser": groceries.bleach_bottle,
    "024_bowl": tableware.bowl,
    "026_sponge": groceries.sponge,
    "030_fork": tableware.fork,
    "031_spoon": tableware.spoon,
    "032_knife": tableware.knife,
    "035_power_drill": tools.power_drill,
    "036_wood_block": tools.wood_block,
    "037_scissors": tools.scissors,
    "043_phillips_screwdriver": tools.screwdriver,
    "048_hammer": tools.hammer,
    "053_mini_soccer_ball": toys.soccer_ball,
    "056_tennis_ball": toys.tennis_ball,
    "058_golf_ball": toys.golf_ball,
    "062_dice": toys.dice,
    "077_rubiks_cube": toys.rubiks_cube,
}
"""How to make each object, by its identity in YCB."""
