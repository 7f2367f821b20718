"""The page as a person meets it, in a real browser: by mouse, on a phone, by keyboard alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import clipling
from workflows.playground_server import Served, served

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
NOT_LOOKED_AT = "the page is not looked at in a browser; `make test-playground` does, where Chromium is"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason=f"playwright is absent: {NOT_LOOKED_AT}")
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no Chromium here: {NOT_LOOKED_AT}")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox", *CAMERA])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def server(browser: Any, finished: clipling.Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(finished.folder, tmp_path_factory.mktemp("served")) as page:
        yield page


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(browser: Any, server: Served, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page as it is opened, on either screen; it may ask no other machine for anything."""
    opened = browser.new_page(viewport=request.param)
    strangers = list[str]()
    opened.on("request", lambda asked: None if _own(asked.url, server) else strangers.append(asked.url))
    opened.goto(server.url)
    opened.wait_for_selector("#names textarea")
    opened.wait_for_selector("#picture input[type=file]", state="attached")
    yield opened
    opened.close()
    assert strangers == []


def _own(url: str, server: Served) -> bool:
    return url.startswith((server.url, "data:", "blob:"))


@pytest.fixture
def bird(aviary: Path) -> Path:
    return next(iter(sorted(aviary.rglob("*.jpg"))))


def names_shown(page: Any) -> list[str]:
    """The names in the student's card, best first."""
    found: list[str] = page.locator(".cl-card").first.locator(".cl-name").all_inner_texts()
    return found


def test_upload_names_answer(page: Any, bird: Path) -> None:
    assert "No image yet" in page.inner_text("#answer")
    page.set_input_files("#picture input[type=file]", bird)
    page.get_by_text("Chosen among 200 names").wait_for()
    page.fill("#names textarea", "a red owl\na green <b>finch</b>, a boat")
    page.click("#ask")
    page.get_by_text("Chosen among 3 names").wait_for()
    assert sorted(names_shown(page)) == ["a boat", "a green <b>finch</b>", "a red owl"]
    assert page.locator(".cl-card").count() == 2
    assert " ms" in page.inner_text("#answer")
    other = names_shown(page)[2]
    page.get_by_label(other, exact=True).check()
    page.get_by_alt_text(f"Where the student looked for {other}").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_camera_is_asked_about(page: Any) -> None:
    page.get_by_role("button", name="Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#picture video')?.videoWidth > 0")
    page.get_by_role("button", name="capture photo").first.click()
    page.get_by_text("Chosen among 200 names").wait_for()
    assert page.locator("#picture img").count() == 1


def test_a_broken_image_gets_a_message_and_the_next_one_an_answer(page: Any, bird: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(bird.read_bytes()[:200])
    page.set_input_files("#picture input[type=file]", tmp_path / "broken.jpg")
    page.get_by_text("This image cannot be read").wait_for()
    assert page.locator(".cl-card").count() == 0
    page.get_by_role("button", name="Ask").click()
    page.get_by_text("This image cannot be read").wait_for()


def tab_to(page: Any, where: str) -> None:
    """Press Tab until the focus is on, or in, what `where` selects."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("where => document.activeElement.closest(where) !== null", where):
            return
    raise AssertionError(f"{where} is not reached by Tab")


def test_by_keyboard_alone(page: Any) -> None:
    tab_to(page, "#names textarea")
    page.keyboard.type("a red owl, a boat")
    tab_to(page, "#ask")
    tab_to(page, ".gallery-item, .gallery button")
    page.keyboard.press("Enter")
    page.locator("#picture img").wait_for()
    page.get_by_text("Chosen among 2 names").wait_for()
    second = names_shown(page)[1]
    tab_to(page, f"#look-for input[value='{second}']")
    page.keyboard.press("Space")
    page.get_by_alt_text(f"Where the student looked for {second}").wait_for()


def test_its_own_names_can_be_edited(page: Any, bird: Path) -> None:
    page.get_by_role("button", name="its own names").click()
    page.wait_for_function("document.querySelector('#names textarea').value.split('\\n').length === 200")
    page.fill("#names textarea", "\n".join(page.input_value("#names textarea").split("\n")[:7]))
    page.set_input_files("#picture input[type=file]", bird)
    page.get_by_text("Chosen among 7 names").wait_for()
