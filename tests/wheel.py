"""Run again what needs more of the package than its code: against the built wheel, from an empty folder.

What only the checkout has (a file the wheel forgot, a path that happens to be right) fails here. The
dependencies are those of the environment that runs this; only Tamis itself comes from the wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TESTS = (
    *("architecture", "journeys", "data/store", "evaluation/charts", "serving/web", "serving/api"),
    *("serving/test_cli.py", "serving/test_configs.py", "serving/test_demo.py", "serving/test_up.py"),
)
"""What reads files of the package, starts its commands, or imports all of it."""


def main() -> int:
    """Build, install into a fresh environment, run with our arguments; return pytest's exit status."""
    with tempfile.TemporaryDirectory(prefix="tamis-wheel-") as folder:
        empty = Path(folder)
        source = empty / "source"
        tracked = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout.split("\0")
        for name in filter(None, tracked):
            if (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, source / name)
        build = [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--installer",
            "uv",
            "--outdir",
            str(empty / "dist"),
        ]
        subprocess.run([*build, str(source)], check=True, stdout=subprocess.DEVNULL)
        wheel = next((empty / "dist").glob("*.whl"))

        environment = empty / "environment"
        venv.create(environment, with_pip=False)
        python = environment / "bin" / "python"
        packages = next((environment / "lib").glob("python*")) / "site-packages"
        uv = [
            str(Path(sys.executable).with_name("uv")),
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--python",
            str(python),
        ]
        subprocess.run([*uv, str(wheel)], check=True)
        # The dependencies of this environment, without its development link to the checkout.
        ours = next(Path(p) for p in sys.path if p.endswith("site-packages"))
        # Hypothesis would read every module that does not lie in a folder of this name, for its constants.
        borrowed = empty / "borrowed" / "site-packages"
        borrowed.mkdir(parents=True)
        for entry in ours.iterdir():
            if "tamis" not in entry.name.lower():
                (borrowed / entry.name).symlink_to(entry)
        (packages / "borrowed.pth").write_text(f"{borrowed}\n")

        work = empty / "work"
        shutil.copytree(ROOT / "tests", work / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(ROOT / "pyproject.toml", work / "pyproject.toml")
        environ = {**os.environ, "PYTHONSAFEPATH": "1"}
        environ["PATH"] = f"{environment / 'bin'}{os.pathsep}{environ['PATH']}"
        command = [str(python), "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:]]
        command += [f"tests/{name}" for name in TESTS]
        return subprocess.run(command, cwd=work, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
