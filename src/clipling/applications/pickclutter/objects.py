"""The paper's 26 YCB objects: 14 a student is trained on, 12 it never saw, and what each looks like in one sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Thing:
    """An object a robot may be asked for."""

    model_id: str
    """Its identity in YCB and in recorded episodes, such as `011_banana`."""
    description: str
    """What it looks like, for `<context> {name} . {description}`."""
    seen: bool

    @property
    def name(self) -> str:
        """What a person calls it: the identity without its number."""
        return spoken_name(self.model_id)


def spoken_name(model_id: str) -> str:
    """`011_banana` -> `banana`; what has no number in front keeps all its words."""
    number, _, rest = model_id.partition("_")
    return (rest if number[:1].isdigit() else model_id).replace("_", " ")


_SEEN = {
    "002_master_chef_can": "a wide blue coffee can with a white word on it and a silver lid",
    "006_mustard_bottle": "a bright yellow squeeze bottle with a red label and a pointed yellow cap",
    "011_banana": "a long curved yellow fruit with dark tips",
    "013_apple": "a round red fruit with a short brown stem in a hollow",
    "015_peach": "a small round fruit that blends from orange to red, with a groove along one side",
    "024_bowl": "a round hollow dish of glossy dark red plastic",
    "030_fork": "a slender grey metal handle that ends in four tines",
    "032_knife": "a long grey metal handle that ends in a flat blade, rounded at its tip",
    "035_power_drill": "an orange and black power tool with a pistol grip, a battery foot and a dark chuck",
    "037_scissors": "two crossed grey blades joined by a screw, with two large orange rings as handles",
    "048_hammer": "a long black and yellow handle with a heavy steel head across its end",
    "056_tennis_ball": "a fuzzy yellow-green ball with one curved white seam",
    "058_golf_ball": "a small hard white ball covered with little dimples",
    "062_dice": "a tiny white cube with black dots on its faces",
}
_UNSEEN = {
    "003_cracker_box": "a large flat red cardboard box with a yellow panel and a picture of crackers",
    "012_strawberry": "a small pointed red fruit with yellow seeds and a tuft of green leaves",
    "014_lemon": "a bright yellow oval fruit with a nub at each end",
    "016_pear": "a yellow-green fruit, wide at the bottom and narrow at the top, with a brown stem",
    "017_orange": "a round orange fruit with a finely pitted peel",
    "021_bleach_cleanser": "a tall white plastic bottle with a blue label and a blue cap",
    "026_sponge": "a thin rectangular pad, yellow and porous on one side and dark green on the other",
    "031_spoon": "a slender grey metal handle that ends in an oval bowl",
    "036_wood_block": "a long square block of plain light brown wood with visible grain",
    "043_phillips_screwdriver": "a thick black and orange handle with a long thin steel shaft",
    "053_mini_soccer_ball": "a large white ball with black pentagon patches",
    "077_rubiks_cube": "a cube of small coloured squares in red, green, blue, yellow, orange and white",
}

OBJECTS = {
    model_id: Thing(model_id, text, seen)
    for half, seen in ((_SEEN, True), (_UNSEEN, False))
    for model_id, text in half.items()
}
"""Every object by its identity, the seen ones first."""
SEEN = tuple(_SEEN)
UNSEEN = tuple(_UNSEEN)
