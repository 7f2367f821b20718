import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from clipling.cli import VERBS, function_of, main

HEAVY = ("torch", "timm", "open_clip", "transformers", "torchvision", "matplotlib", "mujoco", "h5py")


def run(capsys: pytest.CaptureFixture[str], *tokens: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(tokens))
    said = capsys.readouterr()
    return int(stopped.value.code or 0), " ".join((said.out + said.err).split())


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_loads_nothing_heavy(verb: str) -> None:
    code = (
        "import sys\nfrom clipling.cli import main\n"
        f"try: main({[*verb.split(), '--help']!r})\n"
        "except SystemExit as stopped: assert not stopped.code, stopped.code\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert "Usage: clipling" in done.stdout


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, clipling; dir(clipling); print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_verb_says_what_its_function_says() -> None:
    for verb, summary in VERBS.items():
        module, name = function_of(verb).split(":")
        function = getattr(import_module(module), name)
        assert function.__doc__.strip().splitlines()[0] == summary


def test_every_verb_has_its_python_call() -> None:
    import clipling
    from clipling.workflows.report import report

    for verb in VERBS:
        if find_spec(f"clipling.workflows.{verb.split()[0]}"):  # else it is an application's
            name = verb.replace(" ", "_")
            function = report if verb == "report" else getattr(clipling, name)
            assert (function.__name__, function.__module__) == (name, f"clipling.workflows.{verb.split()[0]}")


DISTILL = ("distill", "a", "b", "c")


def test_public_names_are_all_there() -> None:
    import clipling

    for name in clipling.__all__:
        assert getattr(clipling, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'distil'"):
        _ = clipling.distil  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (("distil", "a"), 'Did you mean "distill"?'),
        ((*DISTILL, "--recpie", "cls"), "Did you mean --recipe?"),
        ((*DISTILL, "--losses.clz", "1"), "Did you mean --losses.cls?"),
        ((*DISTILL, "--recipe", "papr"), "unknown recipe 'papr': did you mean 'paper'?"),
        ((*DISTILL, "--epochs", "many"), '"many"'),
        ((*DISTILL, "--epochs", "0"), "epochs is 0; expected at least 1"),
        (
            (*DISTILL, "--losses.temperature", "0"),
            "losses.temperature is 0.0; expected a number above 0",
        ),
        ((*DISTILL, "--losses.mse", "-1"), "losses.mse is -1.0; expected a weight of 0 or above"),
        ((*DISTILL, "--losses.k", "0"), "losses.k is 0; expected at least 1"),
        ((*DISTILL, "--repeats", "0"), "repeats is 0; expected at least 1"),
        ((*DISTILL, "--recipe.epochs", "3"), "Unknown option: --recipe.epochs"),
        ((*DISTILL, "--optimizer.lr", "0"), "optimizer.lr is 0.0; expected a number above 0"),
        ((*DISTILL, "--optimizer.lr", "inf"), "optimizer.lr is inf; expected a number above 0"),
        ((*DISTILL, "--losses.cls", "nan"), "losses.cls is nan; expected a weight of 0 or above"),
        ((*DISTILL, "--optimizer.momentum", "1"), "optimizer.momentum is 1.0; expected 0 or above"),
        ((*DISTILL, "--optimizer.weight-decay", "-1"), "optimizer.weight_decay is -1.0"),
        ((*DISTILL, "--schedule.gamma", "-1"), "schedule.gamma is -1.0; expected a number above 0"),
        ((*DISTILL, "--schedule.milestones", "30"), "schedule.milestones is (30.0,); expected shares"),
        ((*DISTILL, "--schedule.milestones", "0.3", "6"), "schedule.milestones is (0.3, 6.0); expected shares"),
        ((*DISTILL, "--hardware.workers", "-2"), "hardware.workers is -2; expected at least 0"),
        (
            ("evaluate", "a", "--hardware.cache-gb", "-1"),
            "hardware.cache_gb is -1.0; expected a number of gigabytes, 0 or",
        ),
        (("evaluate", "a", "--hardware.cache-gb", "inf"), "hardware.cache_gb is inf; expected a number of gigabytes"),
        ((*DISTILL, "--hardware.precision", "fp8"), "fp8"),
        (("evaluate", "a", "--hardware.precision", "bf16"), "Unknown option: --hardware.precision"),
        (("coherence", "a", "--hardware.compile"), "Unknown option: --hardware.compile"),
        (("features", "a", "b", "c", "--hardware.cache-gb", "1"), "Unknown option: --hardware.cache-gb"),
        (("caption", "a", "--hardware.workers", "1"), "Unknown option: --hardware.workers"),
        (("space", "a", "b", "c", "--hardware.workers", "1"), "Unknown option: --hardware.workers"),
        ((*DISTILL, "--config", "absent.yaml"), "absent.yaml: no such file"),
        ((*DISTILL, "--config", "a:x:b.yaml"), "a:x:b.yaml: no such file"),  # and no emoji
        (("distill", "a"), "teacher"),
        (("demo", "--epochs", "0"), "epochs is 0; expected at least 1"),
        (("split", "a", "b", "--overwrit"), "Did you mean --overwrite?"),
        (("split", "a", "b", "--seed", "1.9"), "--seed is 1.9; expected a whole number"),
        (("demo", "--seed", "-5"), "seed is -5; expected at least 0"),
        (
            ("demo", "--seed", "9223372036854775808"),
            "seed is 9223372036854775808; expected at most 9223372036854775807",
        ),
        (("reproduce", "table1", "--seeds", "0", "-1"), "seeds is -1; expected at least 0"),
        ((*DISTILL, "--seed", "18446744073709551616"), "seed is 18446744073709551616; expected at most"),
        ((*DISTILL, "--seed", "9" * 5000), "seed"),
        ((*DISTILL, "--optimizer.lr", "1e39"), "optimizer.lr is 1e+39; expected a number above 0, at most 1000"),
        ((*DISTILL, "--losses.mse", "1e308"), "losses.mse is 1e+308; expected a weight of 0 or above, at most 1000"),
        ((*DISTILL, "--optimizer.weight-decay", "1e300"), "optimizer.weight_decay is 1e+300"),
        ((*DISTILL, "--losses.temperature", "1e-30"), "losses.temperature is 1e-30; expected a number above 0"),
        ((*DISTILL, "--schedule.gamma", "1e300"), "schedule.gamma is 1e+300; expected a number above 0, at most 1"),
        ((*DISTILL, "--hardware.workers", "100000"), "hardware.workers is 100000; expected at most 256"),
        ((*DISTILL, "--image-size", "1000000"), "image_size is 1000000; expected at most 4096"),
        ((*DISTILL, "--text.prompt", "1000000000"), "text.prompt is 1000000000; expected at most 1000"),
        ((*DISTILL, "--repeats", "1000000000"), "repeats is 1000000000; expected at most 1000"),
        (("predict", "a", "b", "--workers", "9999"), "workers is 9999; expected at most 256"),
        ((*DISTILL, "--losses", "3"), "--losses is 3; expected a group, such as --losses.NAME 3"),
        ((*DISTILL, "--hardware", "cpu"), "--hardware is cpu; expected a group"),
        ((*DISTILL, "--epochs", "1.9"), "--epochs is 1.9; expected a whole number"),
        ((*DISTILL, "--epochs", "19e-1"), "--epochs is 19e-1; expected a whole number"),
        ((*DISTILL, "--augmentation.randaugment", "2", "9.5"), "randaugment is 9.5; expected a whole number"),
        ((*DISTILL, "--hardware.workers", ".5"), "--hardware.workers is .5; expected a whole number"),
        (("reproduce", "table1", "--seeds", "0", "1.5"), "--seeds is 1.5; expected a whole number"),
    ],
)
def test_a_typo_is_named_with_the_nearest_word(
    tokens: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output = run(capsys, *tokens)
    assert status == 2
    assert said.lower() in output.lower()
    assert "Traceback" not in output


def test_a_setting_of_the_yaml_file_that_does_not_exist_is_named(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path_factory.mktemp("config") / "mine.yaml"
    config.write_text("epoch: 3\n")
    status, output = run(capsys, "distill", "a", "b", "c", "--config", str(config))
    assert status == 2
    assert "epoch" in output
    config.write_text("epochs: 3.5\n")
    status, output = run(capsys, "distill", "a", "b", "c", "--config", str(config))
    assert (status, "--epochs is 3.5; expected a whole number" in output) == (2, True), output
    config.write_text("epochs: [3\n")
    status, output = run(capsys, "distill", "a", "b", "c", "--config", str(config))
    assert status == 2
    assert "not valid YAML" in output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("losses: 3", "--losses is 3; expected a group"),
        ("losses: [1, 2]", "--losses is 1; expected a group"),
        ("hardware: cpu", "--hardware is cpu; expected a group"),
        ("text: a photo of {}", "--text is a photo of {}; expected a group"),
        ("epochs: [1, 2]", "--epochs is [1, 2]; expected one value"),
        ("epochs: []", "--epochs is []; expected one value"),
        ("student: [resnet18, resnet34]", "--student is [resnet18, resnet34]; expected one value"),
        ("losses: {cls: [1, 2]}", "--losses.cls is [1, 2]; expected one value"),
        ("losses: {cls: {mse: 1}}", "losses"),
        ("seed: true", "seed"),
        ("seed: .nan", "mine.yaml: not valid YAML (nan where a finite number belongs)"),
        ("epochs: 2024-02-30", "epochs"),
        ("epochs: 1\nepochs: 2", "mine.yaml: not valid YAML (line 1: the key 'epochs' comes more than once)"),
        ("epochs: &a [*a]", "anchors and aliases"),
        ("epochs: !!python/name:os.system", "tags"),
        ("1: 2", "the key 1 is no text"),
        ("- 1", "mine.yaml: expected options by name"),
        ("losses: " + "[" * 1000, "deep"),
    ],
)
def test_a_config_of_another_form_is_named(
    content: str, said: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path_factory.mktemp("config") / "mine.yaml"
    config.write_text(content + "\n")
    status, output = run(capsys, "distill", "a", "b", "c", "--config", str(config))
    assert (status, said in output, "Traceback" in output) == (2, True, False), output


def test_callers_in_python_are_told_the_same() -> None:
    calls = {
        "distill('a', 'b', 'c', epochs=1.5)": "epochs is 1.5; expected a whole number",
        "distill('a', 'b', 'c', seed=True)": "seed is True; expected a whole number",
        "distill('a', 'b', 'c', losses=3)": "losses is 3; expected an object, or group",
        "distill('a', 'b', 'c', image_size='64')": "image_size is '64'; expected a whole number",
        "distill('a', 'b', 'c', optimizer=OptimizerConfig(lr='fast'))": "optimizer.lr is 'fast'; expected a number",
        "distill('a', 'b', 'c', hardware=Hardware(workers=1.5))": "hardware.workers is 1.5; expected a whole number",
        "demo('a', epochs=2.5)": "epochs is 2.5; expected a whole number",
        "predict('a', 'b', top=1.5)": "top is 1.5; expected a whole number",
    }
    code = (
        "import clipling\nfrom clipling import *\nfrom clipling.training.config import Hardware, OptimizerConfig\n"
        f"for call in {[*calls]!r}:\n"
        "    try: eval(call)\n"
        "    except clipling.InputError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [said for line, said in zip(done.stdout.splitlines(), calls.values(), strict=True) if said not in line] == []


def test_another_recipe_than_the_files_brings_its_own_numbers(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipling.workflows import distill as module

    seen: dict[str, object] = {}
    monkeypatch.setattr(module, "_check", lambda settings: seen.update(recipe=settings.recipe) or exit(7))
    config = tmp_path_factory.mktemp("config") / "run.yaml"
    config.write_text("recipe: paper\nlosses: {cls: 1.0, mse: 1.0, im_cst: 1.0}\nseed: 5\n")
    for tokens, name, weights in (
        ([], "paper", {"cls": 1.0, "mse": 1.0, "im_cst": 1.0, "vl_prox": 1.0}),
        (["--losses.mse", "0"], "paper", {"cls": 1.0, "im_cst": 1.0, "vl_prox": 1.0}),
        (["--recipe", "cls"], "cls", {"cls": 1.0}),
        (["--recipe", "cls", "--losses.cap", "2"], "cls", {"cls": 1.0, "cap": 2.0}),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["distill", "a", "b", "c", "--config", str(config), *tokens])
        assert stopped.value.code == 7
        assert (seen["recipe"].name, seen["recipe"].losses.weights) == (name, weights)  # type: ignore[attr-defined]
