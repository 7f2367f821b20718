"""The command line: each verb is a function of a workflow or an application, loaded when asked for. No logic here.

Settings come from, in this order: the command line, the YAML file of `--config`, the recipe, the function's defaults.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from cyclopts import App, ArgumentCollection, Parameter
from cyclopts.config import Dict
from cyclopts.exceptions import CycloptsError

from clipling.contracts.errors import InputError
from clipling.contracts.system import system_errors_translated
from clipling.files import read_yaml
from clipling.plain import visible
from clipling.recipes import RECIPES, get_recipe
from clipling.workflows.console import Terminal, delivered, write_what_can_be_written

VERBS = {
    "demo": "Show it all in minutes, without network or data: imaginary birds, their teacher, two students.",
    "label": "Write labels.csv of a data set from another tool's tables, such as those of Roboflow or Kaggle.",
    "split": "Divide the classes of a data set into seen and unseen ones, and hold out some images of the seen.",
    "check": "Check a data set: unreadable images, duplicates across the split, nameless classes, texts too long.",
    "data list": "List the paper's six data sets: size, terms of use, how to get each, and whether it is here.",
    "data fetch": "Bring one of the paper's data sets here, with its texts and its split; goes on where it stopped.",
    "data verify": "Look at every file of a fetched data set: lists by checksum, texts, whether each image decodes.",
    "describe": "Describe each class in one sentence by a language model, for `--text.descriptions own`.",
    "caption": "Say in one sentence what each image shows, by an image-to-text model, for `--losses.cap 1`.",
    "features": "Encode every image with the teacher, for `clipling distill --features`. Only what is new is encoded.",
    "distill": "Distil a teacher into a small student, measured on classes it was trained on and on ones it never saw.",
    "fewshot": "Show a finished student a few images of each unseen class: accuracy before and after, on new images.",
    "evaluate": "Measure the shipped weights of a run from its bundle; repeats `accuracy_bundle` of its results.json.",
    "predict": "Say what images show, among any class names; answers go to standard output, one after the other.",
    "textbank": "Embed many class names once by the teacher, for `clipling predict --bank` without it.",
    "coherence": "Compare the space of a run's student with its teacher's, on training, seen and unseen images.",
    "space": "Measure how wide the class names, descriptions and captions of a data set lie in a teacher's space.",
    "export": "Ship a student in another format: onnx, pt2 or open_clip; checked on real images first.",
    "playground": "Try a student in the browser, beside its teacher: any image, any class names.",
    "bench": "Measure speed, memory and size of a student in torch, of its ONNX exports, and of a teacher beside them.",
    "push": 'Share a bundle on the Hugging Face Hub, from where `clipling.load("hf-hub:ORG/NAME")` brings it back.',
    "reproduce": "Make a table or figure of the paper: run what is missing, print it beside the published numbers.",
    "pickclutter fetch": "Bring the authors' recorded scenes here; goes on where it stopped.",
    "pickclutter simulate": "Simulate clutter before a robot with two RGB-D cameras, as a file of recorded scenes.",
    "pickclutter train": "Teach a student which named objects are in a scene of two RGB-D cameras, and where.",
    "pickclutter fewshot": "Show a finished student a few scenes with unseen objects too; what that brings on others.",
    "pickclutter evaluate": "Measure a run's shipped weights again; repeats `measures_bundle` of its results.json.",
    "pickclutter report": "Write the page of a run again, from its files and the scenes it was measured on.",
    "pickclutter predict": "Say which named objects are in one observation of two RGB-D cameras, and where.",
    "pickclutter table12": "Make Table 12 of the paper: run what is missing, print it beside the published numbers.",
    "paper everything": "Make every table and figure of the paper, on one page; what cannot be made is named.",
    "report": "Write the page of a run again, or one that compares several; print the table in Markdown.",
}
"""Verb, and the first line of the docstring of the function of that name, which is not imported to show it."""
GROUPS = {
    "data": "List, fetch and verify the paper's six data sets.",
    "pickclutter": "Which of any named objects lie before a robot with two RGB-D cameras (Section 7 of the paper).",
    "paper": "Everything that the paper prints; the same as `reproduce all`.",
}
"""First words of verbs of two words."""
APPLICATIONS = {"pickclutter", "paper"}
"""Groups whose verbs are no workflows, but those of a package on top of them."""
_REPRODUCED_ELSEWHERE = {"table12": ("pickclutter", "table12"), "all": ("paper", "everything")}
"""What `reproduce` names but an application makes, with options of its own."""
_RECIPE_DECIDES = {"recipe", "student"}
RECIPE_GROUPS = ("losses", "optimizer", "schedule", "augmentation", "text")

app = App(
    name="clipling",
    help="Distil a CLIP-like teacher into a small student that still recognises classes it never saw.",
    version=lambda: version("clipling"),
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative_iterable=()),
    sort_key=None,
)


def function_of(verb: str) -> str:
    """Where a verb is: `data list` is `data_list` of `workflows.data`; an application has a module for each verb."""
    group, *rest = verb.split()
    if group in APPLICATIONS:
        return f"clipling.applications.{group}.{rest[0]}:{rest[0]}"
    return f"clipling.workflows.{group}:{verb.replace(' ', '_')}"


for _verb, _summary in VERBS.items():
    _group, *_rest = _verb.split()
    if _rest and _group not in app:
        app.command(App(name=_group, help=GROUPS[_group]))
    (app[_group] if _rest else app).command(function_of(_verb), name=_verb.split()[-1], help=_summary)
app.meta.suppress_keyboard_interrupt = False


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    config: Annotated[
        Path | None, Parameter(help="YAML file of the verb's options, such as a run's config.yaml.")
    ] = None,
) -> Any:
    settings = _read_settings(config) if config else {}

    def fill_in(verb: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        if not commands:  # parsing the options of no verb, such as --config itself
            return
        from_shell = _chosen(arguments)
        if any(
            from_shell.get(name, settings.get(name)) != settings[name] for name in _RECIPE_DECIDES & settings.keys()
        ):
            for group in RECIPE_GROUPS:  # another recipe than the file's: the numbers of the file's go with it
                settings.pop(group, None)
        Dict(reduce(lambda inner, name: {name: inner}, reversed(commands), settings), source=str(config))(
            verb, commands, arguments
        )
        _require_fitting(arguments)
        if commands[0] == "distill":
            chosen = _chosen(arguments)
            name = chosen.get("recipe", "paper")
            if name not in RECIPES and settings.keys() >= set(RECIPE_GROUPS):
                return  # a recipe of one's own, whose numbers are all in the file
            recipe = asdict(get_recipe(name, chosen.get("student", "resnet18")))
            groups = {group: _said(recipe[group]) for group in RECIPE_GROUPS}
            Dict({"distill": groups}, source="recipe")(verb, commands, arguments)

    app.config = [fill_in, _require_paths]
    return app(tokens, exit_on_error=False, print_error=False)


def _require_fitting(arguments: ArgumentCollection) -> None:
    """Raise InputError for what the parser would bend: one value for a group, several for one value, a fraction."""
    for argument in arguments:
        kinds = {get_origin(kind) or kind for kind in _kinds(argument.hint)} - {Union, UnionType, NoneType}
        values = [token.value for token in argument.tokens if not token.keys]
        if values and all(map(is_dataclass, kinds)):
            raise InputError(
                f"{argument.name} is {values[0]}; expected a group, such as {argument.name}.NAME {values[0]}"
            )
        several = len(values) > 1 or any(token.implicit_value == () for token in argument.tokens)
        if several and not kinds & {tuple, list, Sequence}:
            raise InputError(f"{argument.name} is [{', '.join(map(str, values))}]; expected one value")
        for value in values:
            if int in kinds and float not in kinds and _is_fraction(value):
                raise InputError(f"{argument.name} is {value}; expected a whole number")


def _require_paths(verb: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Raise InputError for an empty path, such as that of a variable without a value: it would be this folder."""
    for argument in arguments:
        if Path in _kinds(argument.hint) and any(token.value == "" for token in argument.tokens):
            raise InputError(f"{argument.name} is empty; expected a path")


def _kinds(hint: Any) -> Iterator[Any]:
    """A type hint and all that it is made of."""
    yield hint
    for part in get_args(hint):
        yield from _kinds(part)


def _is_fraction(word: str) -> bool:
    try:
        return not float(word).is_integer()
    except ValueError:
        return False


def _chosen(arguments: ArgumentCollection) -> dict[str, str]:
    """What has been said so far, by the option's long name."""
    return {a.name.removeprefix("--"): a.tokens[-1].value for a in arguments if a.tokens}


def _read_settings(path: Path) -> dict[str, Any]:
    settings = read_yaml(path) or {}
    if not isinstance(settings, dict):
        raise InputError(f"{path}: expected options by name, one a line")
    return _said(settings)


def _said(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings as the parser takes them: None is a word to it, not an absence, and no empty list is a tuple."""
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    return {key: _said(v) if isinstance(v, dict) else v for key, v in plain.items() if v is not None}


def _files_at_the_end(tokens: list[str]) -> list[str]:
    """After `--` everything is a file: `-front.jpg` becomes `./-front.jpg`, which nothing takes for an option."""
    end = tokens.index("--") if "--" in tokens else len(tokens)
    return tokens[:end] + [f"./{token}" if token.startswith("-") and token != "--" else token for token in tokens[end:]]


def _complain(*lines: str, about: str = "") -> None:
    terminal = Terminal(stderr=True)
    with suppress(OSError):  # standard error is full: the exit status is all that is left to tell
        terminal.print(about, end="", style="bold red")
        for line in lines:
            terminal.print(visible(line))


def routed(tokens: list[str]) -> list[str]:
    """The tokens, sent to the application that makes what `reproduce` names."""
    if tokens[:1] == ["reproduce"] and {*tokens[1:2]} & _REPRODUCED_ELSEWHERE.keys():
        return [*_REPRODUCED_ELSEWHERE[tokens[1]], *tokens[2:]]
    return tokens


def main(tokens: list[str] | None = None) -> None:
    """Run the command line; the exit status is 2 for anything the user can mend, 130 for Ctrl-C."""
    tokens = routed(_files_at_the_end(sys.argv[1:] if tokens is None else tokens))
    write_what_can_be_written()
    try:
        with system_errors_translated(), delivered():
            answer = app.meta(tokens, exit_on_error=False, print_error=False)
            if hasattr(answer, "__rich__"):
                Terminal().print(answer)
    except (InputError, CycloptsError) as error:
        lines = (error.head(), *error.lines) if isinstance(error, InputError) else (str(error),)
        _complain(*lines, about="error: ")
        sys.exit(2)
    except KeyboardInterrupt:
        _complain(
            "stopped; what is finished is kept: give the command again (distill: with --resume once the run has begun)"
        )
        sys.exit(130)
    sys.exit(getattr(answer, "exit_status", 0))
