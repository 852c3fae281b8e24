"""Makes `.venv` from the hash-locked requirements, builds the page, compiles the kernels; later calls skip what is done.

Each step leaves a stamp that names its inputs (the lock file's hash, the page's sources, the kernels' folder); a step whose
stamp agrees costs a file read. One lock serves all: two commands started together set up once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CACHE = ROOT / ".cache"
PAGE_SOURCES = ROOT / "web"
PAGE_BUILT = ROOT / "src" / "vedette" / "web" / "static"
NODE_MAJOR_MIN = 22


class SetupFailed(Exception):
    """Says what failed and what to do about it."""


def prepare(*requirements: str, page: bool = True, kernels: bool = True) -> Path:
    """Everything that the program needs; returns the environment's Python. Raises SetupFailed."""
    with one_at_a_time():
        make_venv()
        for name in requirements:
            install(name)
        if page:
            build_page()
        if kernels:
            compile_kernels()
    return PYTHON


def environment() -> dict[str, str]:
    """For the program's processes: our sources first, kernels from the checkout's own cache, byte code kept (it halves a start)."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "VEDETTE_KERNEL_CACHE": str(CACHE)}


@contextmanager
def one_at_a_time() -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / "setup.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another setup of this checkout to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    if PYTHON.exists():
        return
    with step("virtual environment"):
        result = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if result.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            output = (result.stdout + result.stderr).strip()
            if "ensurepip" in output:
                raise SetupFailed(
                    f"this Python cannot make virtual environments: ensurepip is missing\n"
                    f"hint: on Debian or Ubuntu run `apt install python{version}-venv`, then start again"
                )
            raise SetupFailed(f"cannot make {VENV}: {output}")


def install(name: str) -> None:
    """The packages of `requirements/<name>.txt`, checked against their hashes."""
    locked = ROOT / "requirements" / f"{name}.txt"

    def pip() -> None:
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                locked,
            ],
            hint="is the package index reachable? pip's own settings (PIP_INDEX_URL, proxies) are honoured",
        )

    once(f"python packages ({name})", VENV / f".installed-{name}", digest([locked]), pip)


def build_page() -> None:
    sources = sorted(
        path for path in PAGE_SOURCES.rglob("*") if path.is_file() and not {"node_modules", ".vite"} & set(path.parts)
    )

    def build() -> None:
        node_bin = find_node()
        path = f"{node_bin}{os.pathsep}{os.environ.get('PATH', '')}"
        env = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
        npm = node_bin / "npm"
        run(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=PAGE_SOURCES,
            env=env,
            hint="is the npm registry reachable?",
        )
        run([npm, "run", "--silent", "build"], cwd=PAGE_SOURCES, env=env)

    once("page", PAGE_BUILT / ".built", digest(sources), build)


def find_node() -> Path:
    """The folder of a Node that is new enough: the machine's, or the one from PyPI in our environment."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip().lstrip("v")
        if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= NODE_MAJOR_MIN:
            return Path(found).parent
    install("page")
    return VENV / "bin"


def compile_kernels() -> None:
    sources = sorted((ROOT / "src" / "vedette" / "kernels").rglob("*.py"))
    locked = ROOT / "requirements" / "run.txt"

    def compile_all() -> None:
        run([PYTHON, "-m", "vedette.kernels.warm", "--forget-older"], env=environment())

    once("kernels", CACHE / ".kernels", digest([*sources, locked]), compile_all)


def once(what: str, stamp: Path, inputs: str, work: Callable[[], None]) -> None:
    if stamp.exists() and stamp.read_text() == inputs:
        return
    with step(what):
        work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs)


def digest(files: Sequence[Path]) -> str:
    total = hashlib.sha256(sys.version.encode())
    for file in files:
        total.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return total.hexdigest()


def run(command: Sequence[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None, hint: str = "") -> None:
    result = subprocess.run([str(part) for part in command], cwd=cwd, env=env, stdout=sys.stderr)
    if result.returncode:
        words = " ".join(Path(part).name if isinstance(part, Path) else part for part in command)
        raise SetupFailed(f"`{words}` failed with exit code {result.returncode}" + (f"\nhint: {hint}" if hint else ""))


@contextmanager
def step(what: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"{what} ...")
    yield
    say(f"{what} done in {time.monotonic() - started:.0f} s")


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)
