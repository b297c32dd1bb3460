"""
How long the planner takes with a large ledger, beside the same screen in Streamlit.

The ledger is synthetic: a million routings of the last 20 days, written straight into SQLite. Measured in
headless Chromium, on this machine, with the service running in processes of its own:

* first paint of the page, when the ledger was read before and when it was not;
* the time until the numbers stand there when the ledger was not read before;
* from the move of a slider to the new numbers, median and slowest of 30 moves.

The same screen (sliders, six numbers, two charts, the same arithmetic on the same cached past) is a Streamlit
script, ``planner_streamlit.py``. Streamlit is no dependency: give the command of an environment that has it.

    python benchmarks/planner_page.py --rows 1000000 --streamlit /path/to/streamlit
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import large_ledger
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
TAMIS = str(Path(sys.executable).with_name("tamis"))
MOVES = 30

PAINT = "performance.getEntriesByType('paint').find(one => one.name === 'first-contentful-paint')?.startTime"
MOVE = """
([value]) => new Promise(done => {
  const slider = document.querySelector('input[type=range]')
  const place = document.querySelector('#numbers')
  const began = performance.now()
  new MutationObserver((_, watching) => {
    if (!place.querySelector('.numbers')) return
    watching.disconnect()
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)))
  }).observe(place, { childList: true, subtree: true })
  slider.value = value
  slider.dispatchEvent(new Event('input', { bubbles: true }))
})
"""

WATCH = """
() => {
  addEventListener('keydown', () => { window.began = performance.now(); window.took = null }, true)
  const look = () => {
    if (window.took === null && document.body.innerText.includes(window.wanted))
      requestAnimationFrame(() => setTimeout(() => { window.took = performance.now() - window.began }))
  }
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true })
}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="with 100,000 rows")
    parser.add_argument("--streamlit", help="the command, where it is installed")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = 100_000 if asked.quick else asked.rows
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        began = time.monotonic()
        large_ledger.make(home, rows=rows)
        print(f"{rows:,} routings written in {time.monotonic() - began:.0f} s", file=sys.stderr)
        found: dict[str, Any] = {"rows": rows, "tamis": _tamis(home)}
        if asked.streamlit:
            found["streamlit"] = _streamlit(home, asked.streamlit)
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    names = list(found["tamis"])
    print(f"{'ms':34}" + "".join(f"{who:>12}" for who in found if who != "rows"))
    for name in names:
        print(
            f"{name:34}"
            + "".join(f"{found[who].get(name, float('nan')):12.0f}" for who in found if who != "rows")
        )
    if asked.streamlit:
        ratio = found["streamlit"]["slider to numbers, median"] / found["tamis"]["slider to numbers, median"]
        print(f"Streamlit takes {ratio:.1f} times as long from slider to numbers.")


def _tamis(home: Path) -> dict[str, float]:
    port = _free_port()
    command = [TAMIS, "serve", "--port", str(port)]
    with _served(command, home, f"http://127.0.0.1:{port}/livez") as site, _page() as page:
        link = subprocess.run(
            [TAMIS, "link", "create", "--role", "qc_lead", "--json"],
            env=_environment(home), capture_output=True, text=True, check=True,
        )  # fmt: skip
        secret = json.loads(link.stdout)["url"].partition("token=")[2]
        page.goto(f"{site}/sign-in?token={secret}")
        page.locator("main button").click()
        page.wait_for_url(f"{site}/**")
        page.goto(f"{site}/planner/history?lang=en")
        began = time.monotonic()
        page.goto(f"{site}/planner")
        page.wait_for_selector("#numbers .numbers", timeout=120_000)
        ready = 1000 * (time.monotonic() - began)
        cold = page.evaluate(PAINT)
        warm = []
        for _ in range(5):
            page.goto(f"{site}/planner", wait_until="networkidle")
            warm.append(page.evaluate(PAINT))
        moves = [page.evaluate(MOVE, [10 + step]) for step in range(MOVES)]
    return _told(cold=cold, ready=ready, warm=warm, moves=moves)


def _streamlit(home: Path, command: str) -> dict[str, float]:
    port = _free_port()
    options = {"server.headless": "true", "server.port": str(port), "browser.gatherUsageStats": "false"}
    script = [command, "run", str(HERE / "planner_streamlit.py")]
    script += [word for name, value in options.items() for word in (f"--{name}", value)]
    with _served(script, home, f"http://127.0.0.1:{port}/_stcore/health") as site, _page() as page:
        began = time.monotonic()
        page.goto(site)
        page.get_by_text("threshold shown: 25.0").wait_for(timeout=240_000)
        ready = 1000 * (time.monotonic() - began)
        cold = page.evaluate(PAINT)
        warm = []
        for _ in range(5):
            page.goto(site, wait_until="networkidle")
            page.get_by_text("threshold shown").wait_for()
            warm.append(page.evaluate(PAINT))
        page.locator("[role=slider], input[type=range]").first.focus()
        page.evaluate(WATCH)
        moves = []
        for step in range(MOVES):
            page.evaluate("text => { window.wanted = text }", f"threshold shown: {25 + (step + 1) / 10:.1f}")
            page.keyboard.press("ArrowRight")
            page.wait_for_function("window.took !== null")
            moves.append(page.evaluate("window.took"))
            page.wait_for_timeout(200)
    return _told(cold=cold, ready=ready, warm=warm, moves=moves)


def _told(*, cold: float | None, ready: float, warm: list[float], moves: list[float]) -> dict[str, float]:
    return {
        "first paint, ledger not read": float(cold or "nan"),
        "numbers, ledger not read": ready,
        "first paint": statistics.median(warm),
        "slider to numbers, median": statistics.median(moves),
        "slider to numbers, slowest": max(moves),
    }


@contextmanager
def _page() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


@contextmanager
def _served(command: list[str], home: Path, ready: str) -> Iterator[str]:
    process = subprocess.Popen(
        command,
        env=_environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit(f"{command} ended with {process.returncode}.")
            try:
                with urllib.request.urlopen(ready, timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        yield ready.rpartition("/")[0].removesuffix("/_stcore")
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"TAMIS_HOME": str(home), "PYTHONPATH": str(HERE.parent)}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


if __name__ == "__main__":
    main()
