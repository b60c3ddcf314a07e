"""One trial: the tests that run a line, against a changed module, in a process of its own.

A `Laboratory` is a process that has imported everything that the tests import except the project itself, from a copy
of the project. It is forked once to learn which test runs which lines of the files to be changed, and how long it
takes; then once for every mutant. The child imports the project with one module's source replaced, and runs the tests
that touch the changed lines, quickest first, until one fails; of the cases of one parametrized test at most `CASES`.
Hypothesis runs derandomized, with the examples that the tests ask for, and does not shrink. Limits are in processor
time, so that a busy or paused machine kills no mutant.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import hypothesis
import pytest

LIMIT = (5.0, 3.0)  # seconds of processor time a test may take: so many, and so many times what it took when watched
CASES = 8  # a hundred targets find what eight do, and a survivor waits for all of them
PATIENCE = 300  # seconds that a child may sleep: a deadlock
WATCHED = 3600  # seconds for all tests, each line watched
MEMORY = 8 * 2**30
PLUGINS = ("cacheprovider", "unraisableexception", "threadexception", "faulthandler", "logging")
ARGUMENTS = ("-x", "-q", "--no-header", "--assert=plain", *(f"-pno:{name}" for name in PLUGINS))


class Laboratory:
    """The warm process: `prepare` once, then one `trial` a mutant, each answered by the test that failed."""

    def __init__(self, root: Path, workshop: Path, tests: tuple[str, ...], watched: Collection[str]) -> None:
        self.workshop, self.tests = workshop, tests
        self.watched = {str(workshop / name) for name in watched}
        for name in ("uat", "tests"):
            shutil.copytree(root / name, workshop / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(root / "pyproject.toml", workshop)
        texts = {str(path.relative_to(workshop)): path.read_bytes() for path in sorted(workshop.glob("tests/**/*.py"))}
        helpers = b"".join(text for name, text in texts.items() if "/test_" not in name)
        self.files = {
            name: hashlib.sha256(helpers + text).hexdigest()[:16]
            for name, text in texts.items()
            if "/test_" in name and name.startswith(tests)
        }
        self.seconds: dict[str, float] = {}
        self.touched: dict[str, set[tuple[str, int]]] = {}

    def prepare(self) -> None:
        """Learn what the tests import and which lines they run."""
        os.environ |= {"OMP_NUM_THREADS": "1", "CI": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        os.environ["PYTHONPATH"] = str(self.workshop)
        os.chdir(self.workshop)
        sys.path.insert(0, str(self.workshop))
        file = self.workshop / "watched.json"

        def watch() -> str:
            watcher = Watcher(self.watched)
            pytest.main([*ARGUMENTS, *self.tests], plugins=[watcher])
            modules = [name for name in sys.modules if name.split(".")[0] not in ("uat", "tests", "__main__")]
            tests = {name: (watcher.seconds[name], sorted(lines)) for name, lines in watcher.touched.items()}
            file.write_text(json.dumps([modules, tests]))
            return watcher.failed

        failed = _forked(watch, WATCHED)
        if failed or not file.exists():
            raise SystemExit(f"the tests fail without any mutation: {failed}")
        modules, tests = json.loads(file.read_text())
        for name in modules:
            with contextlib.suppress(ImportError):  # not all that is loaded can be imported by its name
                importlib.import_module(name)
        for test, (seconds, lines) in tests.items():
            self.seconds[test] = seconds
            self.touched[test] = {(name, line) for name, line in lines}
        gc.freeze()

    def trial(self, module: str, source: str, lines: range, line: int, passed: Collection[str] = ()) -> str:
        """The first test that fails when the module has that source, "timeout: ..." or "" for a survivor.

        Test files in `passed` are left out: they let this mutant live before.
        """
        name = module.split(".")[-1] + ".py"
        exact = {test for test, seen in self.touched.items() if (name, line) in seen}
        if lines:
            wanted = {test for test, seen in self.touched.items() if any((name, k) in seen for k in lines)}
        else:  # runs at import, or once for many tests
            wanted = {test for test, seen in self.touched.items() if any(file == name for file, _ in seen)}
        ranks = {test: (test not in exact, self.seconds[test]) for test in wanted}
        cases: Counter[str] = Counter()
        order = {}
        for test in sorted(ranks, key=lambda test: ranks[test]):
            cases[test.split("[")[0]] += 1
            if cases[test.split("[")[0]] <= CASES and test.split("::")[0] not in passed:
                order[test] = ranks[test]
        if not order:
            return ""

        def run() -> str:
            sys.meta_path.insert(0, Changed(module, source))
            runner = Runner(order)
            status = pytest.main([*ARGUMENTS, *sorted({test.split("::")[0] for test in order})], plugins=[runner])
            return runner.failed or ("" if status == 0 else f"pytest ended with {status!r}")

        return _forked(run)


def _forked(work: Callable[[], str], patience: int = PATIENCE) -> str:
    """What the work returns in a child, or "timeout: ..." where it ran or slept too long."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        answer = "the child ended"
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001 - whatever it was, the child must not go on as its parent
            answer = f"raised {type(error).__name__}: {error}"
        finally:
            os.write(writing, answer.encode()[:4000])
            os._exit(0)
    os.close(writing)
    for _ in range(100 * patience):  # ticks, not a clock: while this process is stopped no patience is lost
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        status = signal.SIGPROF
    with os.fdopen(reading) as answers:
        answer = answers.read()
    if os.WIFSIGNALED(status):
        dead = os.WTERMSIG(status)
        return f"timeout: {answer}" if dead == signal.SIGPROF else f"killed by signal {dead}"
    return answer


class Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, with another source."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.machinery.ModuleSpec(fullname, self) if fullname == self.module else None

    def get_source(self, fullname: str) -> str:
        return self.source


class Runner:
    """A pytest plugin: the chosen tests, in their order, each with a limit, and the name of the one that failed."""

    def __init__(self, order: dict[str, tuple[bool, float]] | None = None) -> None:
        self.order, self.failed = order, ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        parent = hypothesis.settings.get_profile("ci")  # of tests/conftest.py
        hypothesis.settings.register_profile("mutation", parent=parent, phases=phases)
        hypothesis.settings.load_profile("mutation")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.order is not None:
            order = self.order
            items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        seconds = self.order[item.nodeid][1] if self.order is not None else 60.0
        signal.setitimer(signal.ITIMER_PROF, LIMIT[0] + LIMIT[1] * seconds)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed = self.failed or f"import of {report.nodeid}"


class Watcher(Runner):
    """The same for all tests, with the lines of some files that each of them runs."""

    def __init__(self, files: Collection[str]) -> None:
        super().__init__()
        self.files = files
        self.seconds: dict[str, float] = {}
        self.touched: dict[str, set[tuple[str, int]]] = {}
        self.lines: set[tuple[str, int]] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        self.lines = self.touched.setdefault(item.nodeid, set())
        start = time.process_time()
        threading.settrace(self._enter)
        sys.settrace(self._enter)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid] = time.process_time() - start

    def _enter(self, frame: Any, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if file not in self.files:
            return None
        name, lines = os.path.basename(file), self.lines
        lines.add((name, frame.f_lineno))

        def line(frame: Any, event: str, argument: Any) -> Any:
            lines.add((name, frame.f_lineno))
            return line

        return line
