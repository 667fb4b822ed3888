"""Checks pages of the tool in headless Chromium; Tools/check_page calls it with the tool's path and
a folder for screenshots, or an empty one."""

import base64
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

TOOL, SHOTS = sys.argv[1], sys.argv[2] and Path(sys.argv[2])
SIZE = ("--layers 1 --hidden 16 --word-dim 16 --char-dim 4 --char-filters 4 --optimizer adam --lr 0.02 "
        "--warmup-epochs 2 --rounds 2 --round-epochs 2 --density 0.3 --epochs 3 --quiet --jobs 1").split()
HOSTILE = "<img/src=x>"
HEADINGS = ["Scores", "Scores by label", "Learning curves", "Pruning", "Mask overlap",
            "What stitch units learned", "Where architectures disagree", "Times", "Environment",
            "Settings"]
problems = []


def expect(holds, what):
    if not holds:
        problems.append(what)
        print(f"check_page: WRONG: {what}", file=sys.stderr)


def tickets(*arguments):
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"check_page: tickets {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def browser(script=True, dark=False):
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--hide-scrollbars", "--force-color-profile=srgb"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    if not script:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_window_size(1280, 900)
    if dark:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    return driver


def open_page(driver, path):
    driver.get_log("performance")
    driver.get(path.as_uri())


def shoot(driver, name):
    if SHOTS:
        SHOTS.mkdir(parents=True, exist_ok=True)
        picture = driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "format": "png", "clip": {
                "x": 0, "y": 0, "scale": 1, "width": driver.execute_script("return innerWidth"),
                "height": min(6000, driver.execute_script(
                    "return document.documentElement.scrollHeight"))}})
        (SHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))


def headings(driver):
    return [found.text for found in driver.find_elements(By.TAG_NAME, "h2") if found.is_displayed()]


def visible_scores(driver):
    """The first table, by architecture."""
    table = driver.find_element(By.CSS_SELECTOR, "#scores table")
    rows = [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th,td")]
            for row in table.find_elements(By.CSS_SELECTOR, "tbody tr") if row.is_displayed()]
    return {row[0]: row[1:] for row in rows}


def check_requests(driver, page):
    asked = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"].split("#")[0])
    expect(set(asked) <= {page.as_uri()}, f"{page.name}: asks for {asked}")


def check_sideways(driver, name):
    wide, room = driver.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    expect(wide <= room, f"{name}: the page is {wide} wide in {room}")
    out = driver.execute_script("""
        const room = document.documentElement.clientWidth;
        return [...document.querySelectorAll("body *")].filter(found => found.checkVisibility() &&
          found.getBoundingClientRect().right > room + 1 && !found.closest(".scroll > *, pre, svg *"))
          .map(found => found.outerHTML.slice(0, 80));""")
    expect(not out, f"{name}: sticks out: {out[:3]}")


def check_contrast(driver, name):
    """Text against the nearest background behind it, by WCAG 2 AA."""
    low = driver.execute_script("""
        const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
          .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const behind = found => { for (; found; found = found.parentElement) {
          const colour = parse(getComputedStyle(found).backgroundColor);
          if (colour.length == 3 || colour[3] > 0) return colour; } return [255, 255, 255]; };
        return [...document.querySelectorAll("h1,h2,p,a,th,td,li,summary,figcaption,pre")]
          .filter(found => found.checkVisibility() && found.textContent.trim())
          .filter(found => { const [a, b] = [light(parse(getComputedStyle(found).color)),
            light(behind(found))].sort((x, y) => y - x); return (a + .05) / (b + .05) < 4.5; })
          .map(found => found.outerHTML.slice(0, 80));""")
    expect(not low, f"{name}: low contrast: {low[:3]}")


def check_run(page, scores):
    driver = browser()
    open_page(driver, page)
    shoot(driver, "desktop")
    expect(headings(driver) == HEADINGS, f"headings are {headings(driver)}")
    shown = visible_scores(driver)
    for result in scores:
        values = shown.get(result["sharing"], [])
        expect(f"{100 * result['value']:.2f}" in values,
               f"{result['sharing']} {result['task']} {result['value']} is not among {values}")
    expect(set(shown) == {result["sharing"] for result in scores}, f"rows are {list(shown)}")
    check_contrast(driver, "light")
    check_sorting(driver)
    links = driver.find_elements(By.CSS_SELECTOR, "nav a")
    expect([link.text for link in links] == HEADINGS, "the contents differ from the headings")
    targets = [link.get_attribute("href").split("#")[1] for link in links]
    expect(all(driver.find_elements(By.ID, target) for target in targets), "a link leads nowhere")
    folded = driver.find_element(By.CSS_SELECTOR, "#settings pre")
    expect(not folded.is_displayed(), "settings are not folded")
    driver.find_element(By.CSS_SELECTOR, "#settings summary").click()
    expect(folded.is_displayed() and "warmup-epochs: 2" in folded.text, "settings do not open")
    expect(driver.find_elements(By.CSS_SELECTOR, "#where-architectures-disagree .wrong"),
           "no wrong label is marked")
    check_requests(driver, page)
    complaints = [entry["message"] for entry in driver.get_log("browser")]
    expect(not complaints, f"the browser complains: {complaints[:3]}")
    check_print(driver)
    driver.quit()
    check_narrow(page)
    check_plain(page, scores)
    driver = browser(dark=True)
    open_page(driver, page)
    check_contrast(driver, "dark")
    shoot(driver, "dark")
    driver.quit()


def check_sorting(driver):
    table = driver.find_element(By.CSS_SELECTOR, "#scores table")
    head = table.find_elements(By.CSS_SELECTOR, "thead th")[1]
    button = head.find_element(By.TAG_NAME, "button")
    expect(button.accessible_name == "Sort by " + head.text.strip(), f"a button is {button.accessible_name}")

    def column():
        rows = table.find_elements(By.CSS_SELECTOR, "tbody:last-of-type tr")
        return [float(row.find_elements(By.CSS_SELECTOR, "th,td")[1].text) for row in rows]

    button.click()
    expect(column() == sorted(column()), "a click does not sort upwards")
    expect(head.get_attribute("aria-sort") == "ascending", "aria-sort is not ascending")
    button.send_keys(Keys.ENTER)
    expect(column() == sorted(column(), reverse=True), "Enter does not sort downwards")
    expect(head.get_attribute("aria-sort") == "descending", "aria-sort is not descending")
    head.click()
    expect(head.get_attribute("aria-sort") == "ascending", "a click beside the button does not sort")


def check_print(driver):
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(SHOTS or folder) / "page.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(printed["data"]))
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True).stdout
    for heading in HEADINGS:
        expect(heading in text, f"{heading} is not printed")
    expect("warmup-epochs: 2" in text, "the settings are not printed")
    expect("precision and recall by label, in per cent" in text, "what is folded is not printed")
    check_heads(text)


def check_heads(text):
    """A table that goes on has its head on every page: above its first row there stands a head."""
    head = re.compile(r"label\s+sharing\s+precision\s+recall\s+f1\s+support\s+predicted")
    row = re.compile(r"^\s*\S+\s+(sparse|hard|single|sluice)(\s+\d+\.\d\d){3}(\s+\d+){2}\s*$", re.M)
    going_on = 0
    for number, page in enumerate(text.split("\f")):
        first, named = row.search(page), head.search(page)
        if first:
            going_on += "precision and recall by label, in per cent" not in page[:first.start()]
            expect(named and named.start() < first.start(), f"printed page {number + 1}: rows without head")
    expect(going_on, "no table goes on to another page, so that heads are not checked")


def check_narrow(page):
    driver = browser()
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": True})
    open_page(driver, page)
    driver.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    check_sideways(driver, f"{page.name} on a phone")
    shoot(driver, f"phone-{page.stem}")
    driver.quit()


def check_plain(page, scores):
    driver = browser(script=False)
    open_page(driver, page)
    expect(not driver.find_elements(By.CSS_SELECTOR, "thead button"), "the script ran")
    expect(headings(driver) == HEADINGS, "without JavaScript headings are missing")
    expect(set(visible_scores(driver)) == {result["sharing"] for result in scores},
           "without JavaScript scores are missing")
    driver.quit()


def check_hostile(folder):
    """Labels, words and file names that would be markup are text."""
    sentences = "\n\n".join(f"word{i}\t{HOSTILE}\n<script>alert(1)</script>\tA" for i in range(12))
    for split in ("train", "dev", "test"):
        (folder / f"<b>{split}").write_text(sentences + "\n\n")
    run, page = folder / "hostile", folder / "hostile.html"
    tickets("run", "--out", run, "--tasks", "pos=1", "--sharing", "hard,single", *SIZE,
            *sum(([f"--{split}", folder / f"<b>{split}"] for split in ("train", "dev", "test")), []))
    tickets("report", run, "--html", page)
    driver = browser()
    open_page(driver, page)
    expect(not driver.find_elements(By.CSS_SELECTOR, "main img, main script, td b b"), "markup came in")
    expect(HOSTILE in driver.find_element(By.ID, "scores-by-label").text, "a hostile label is not shown")
    expect("<b>train" in driver.find_element(By.ID, "environment").text, "a file name is not shown")
    check_requests(driver, page)
    driver.quit()


def check_comparison(folder):
    out, page = folder / "comparison", folder / "comparison.html"
    options = ["--sharing", "hard,single", "--seeds", "2", "--vary", "lr=0.02;0.01"]
    tickets("compare", "--out", out, *options, *SIZE, "--train-sentences", "60", "--html", page)
    rows = json.loads(tickets("report", out, "--json"))["results"]
    driver = browser()
    open_page(driver, page)
    shoot(driver, "comparison")
    expect(headings(driver) == ["Scores", "Cost", "Scores by lr", "Runs", "Environment", "Settings"],
           f"headings of the comparison are {headings(driver)}")
    shown = [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th,td")]
             for row in driver.find_elements(By.CSS_SELECTOR, "#scores tbody tr")]
    expect(len(shown) == len(rows), f"{len(shown)} rows are shown of {len(rows)}")
    for line, row in zip(shown, rows):
        expect(line[1] == row["task"] and line[4] == f"{100 * row['mean']:.2f}", f"{line} is not {row}")
    check_contrast(driver, "comparison")
    check_requests(driver, page)
    driver.quit()
    check_narrow(page)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run, page = folder / "run", folder / "run.html"
        tickets("run", "--out", run, "--sharing", "sparse,hard,single,sluice", *SIZE,
                "--train-sentences", "200")
        tickets("report", run, "--html", page)
        scores = json.loads(tickets("evaluate", run, "--json"))["results"]
        check_run(page, scores)
        check_hostile(folder)
        check_comparison(folder)
    if problems:
        sys.exit(f"check_page: {len(problems)} problems")
    print("check_page: all passed")


main()
