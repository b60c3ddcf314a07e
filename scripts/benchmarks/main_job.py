"""Where the time of the whole main job goes: each step in a fresh interpreter, and the command as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmarks.measure import Row, seconds, summary

TOPIC = "main job"
ROOT = Path(__file__).parent.parent.parent

STEPS = """
import json, sys, time
marks = [("", time.perf_counter())]
def mark(name): marks.append((name, time.perf_counter()))
import numpy as np
mark("import numpy")
import uat
from uat import PiecewiseAffine, ReluNet
mark("import uat, beyond numpy")
f = uat.Formula("sin(x)")
mark("parse the formula")
p = uat.interpolate(f, 0, 2 * np.pi, pieces=71)
net = ReluNet.from_piecewise(p)
mark("build: interpolant and network of 71 pieces")
net(np.linspace(0, 6, 1000))
mark("evaluate 1000 points, the first time")
uat.certify(f, p)
mark("certify, imports included")
r = uat.approximate("sin(x)", (0, 2 * np.pi), tol=1e-3)
mark("approximate: choose 71 pieces, build, certify")
r.plot(sys.argv[1] + "/sin.png")
mark("draw the picture, imports included")
r.save(sys.argv[1] + "/sin.json")
mark("save")
assert "numba" not in sys.modules
print(json.dumps([[b[0], 1e3 * (b[1] - a[1])] for a, b in zip(marks, marks[1:])]))
"""


def rows(quick: bool) -> Iterator[Row]:
    turns = 2 if quick else 9
    with tempfile.TemporaryDirectory() as folder:
        runs = [json.loads(_python("-c", STEPS, folder)) for _ in range(turns)]
        for k, (name, _) in enumerate(runs[0]):
            goal = "< 250" if name.startswith("import uat") else ""
            yield summary(TOPIC, name, [run[k][1] for run in runs], unit=" ms", goal=goal)
        job = ["-m", "uat", "approximate", "sin(x)", "--on", "0", "2*pi", "--tol", "1e-3"]
        commands = {
            "uat --help": (["-m", "uat", "--help"], "< 0.6"),
            'uat approximate "sin(x)" --on 0 2*pi --tol 1e-3': (job, "< 1.2"),
            "the same with --plot and --save": (
                [*job, "--plot", f"{folder}/s.png", "--save", f"{folder}/s.json"],
                "",
            ),
        }
        for name, (command, goal) in commands.items():
            times = [seconds(lambda c=command: _python(*c)) for _ in range(turns)]
            yield summary(TOPIC, name, times, unit=" s", goal=goal)


def _python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout
