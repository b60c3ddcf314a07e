"""The `uat` command as a person meets it: in a shell, with stdout, stderr and exit codes apart."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import uat
from tests.command import HERE, LISTENS, run, start


def test_the_main_job(tmp_path: Path) -> None:
    done = start(
        "approximate", "sin(x)", "--on", "0", "2*pi", "--tol", "1e-3", "--plot", "sin.png", "--save", "sin.json",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    r = uat.load(tmp_path / "sin.json")
    assert rows["pieces"].strip() == str(r.pieces)
    assert rows["neurons"].strip() == str(r.width)
    assert r.domain == (0, 6.283185307179586)
    assert (tmp_path / "sin.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sin.json", "sin.png"]


def test_json_stands_alone_on_stdout() -> None:
    done = run("approximate", "tanh", "--width", "9", "--json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["pieces"], report["neurons"]) == (8, 9)
    assert report["certificate"]["proven"] is True
    assert len(report["piecewise"]["slopes"]) == 8


def test_check_confirms_what_was_saved_and_refuses_what_was_edited(tmp_path: Path) -> None:
    run("approximate", "exp(-x)*sin(x)", "--on", "-1", "2", "--tol", "0.01", "--save", "a.json", cwd=tmp_path)
    done = run("check", "a.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("Confirmed: sup|f - g| <= 0.00")
    assert json.loads(run("check", "a.json", "--json", cwd=tmp_path).stdout)["ok"] is True
    done = run("check", "a.json", "--seconds", "1e-9", cwd=tmp_path)
    assert done.returncode == 1
    assert "could not be confirmed in 1e-09 seconds" in done.stdout
    text = (tmp_path / "a.json").read_text()
    (tmp_path / "b.json").write_text(text.replace('"upper": 0.00', '"upper": 0.0000'))
    done = run("check", "b.json", cwd=tmp_path)
    assert done.returncode == 1
    assert "edited after it was saved" in done.stdout
    assert run("check", "none.json", cwd=tmp_path).returncode == 1


def test_functions_from_files_and_modules(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text("import helper\ndef curve(x):\n    return helper.scale * abs(x)\n")
    (tmp_path / "helper.py").write_text("scale = 3\n")
    done = start("approximate", "model.py:curve", "--on", "-1", "1", "--width", "3", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["piecewise"]["values"] == [3.0, 0.0, 3.0]
    done = run("approximate", "math:cos", "--on", "0", "pi", "--step", "pi/4", "--json")
    assert json.loads(done.stdout)["pieces"] == 4
    assert done.stderr.startswith("uat: warning: the error is estimated, not proven: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sin(x)", "--on", "0", "1"], "exactly one of `tol` and `width` and `step` must be given, but none was."),
        (["sin(x)", "--on", "1", "0", "--tol", "1"], "`a` must be less than `b`, but a = 1.0 and b = 0.0."),
        (["sin(x)", "--tol", "1"], "`domain` must be a pair (a, b), but is None"),
        (["sin(x)", "--on", "0", "1", "--tol", "tiny"], "tiny"),
        (["sin(y)", "--on", "0", "1", "--tol", "1"], "y"),
        (["__import__('os')", "--on", "0", "1", "--tol", "1"], "`expression`"),
        (["9**9**9", "--on", "0", "1", "--tol", "1"], "`"),
        (["none.py:f", "--on", "0", "1", "--tol", "1"], "must name a file that exists, but 'none.py' does not."),
        (["math:nothing", "--on", "0", "1", "--tol", "1"], "'math' has no function 'nothing'; it has acos"),
        (["no_such_module:f", "--on", "0", "1", "--tol", "1"], "cannot be imported: ModuleNotFoundError"),
        (["sin(x)", "--on", "0", "1", "--tol", "1", "--plot", "a.bmp"], "must end in .png, .svg or .pdf"),
        (["sin(x)", "--on", "0", "1", "--tol", "1", "--save", "no/such/a.json"], "must lie in a folder that exists"),
        (["sin(x)", "--on", "0", "1", "--tol", "1", "--method", "magic"], "`method` must be one of 'uniform'"),
        (["sin(x)", "--width", "1.5", "--on", "0", "1"], "1.5"),
        (["--on", "0", "1", "-x", "--tol", "1"], '(a formula that begins with "-" comes first, or after "--").'),
        (["sin(x)", "--on", "0", "1", "--tol", "1", "--save", "a.npz"], "must end in .json, but is 'a.npz'"),
        (["curve.csv", "--tol", "1"], "'curve.csv' is the name of a file. Points are read by"),
        (["1/x", "--on", "0", "1", "--tol", "1"], "`f` must be finite on the interval, but f(0.0) = inf."),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(arguments: list[str], sentence: str) -> None:
    done = run("approximate", *arguments)
    if arguments[0] == "1/x":  # the last: in a process of its own it is the same
        alone = start("approximate", *arguments)
        assert (alone.returncode, alone.stdout, alone.stderr) == (done.returncode, done.stdout, done.stderr)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.startswith("uat: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_failure_is_exit_code_1_and_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(uat, "approximate", broken)
    asked = ["approximate", "x", "--on", "0", "1", "--tol", "1"]
    done = run(*asked)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "uat: failed with OSError: disk on fire (--debug shows where).\n"
    with pytest.raises(OSError, match="disk on fire") as caught:
        run(*asked, "--debug")
    assert caught.traceback[-1].name == "broken"


def test_ctrl_c_leaves_a_clean_exit(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        LISTENS + "def f(x):\n"
        "    if float(x) > 0.5: signal.raise_signal(signal.SIGINT)\n"  # in this thread, before the next line
        "    return float(x)\n"
    )
    done = start("approximate", "slow.py:f", "--on", "0", "1", "--width", "40", "--save", "a.json", cwd=tmp_path)
    assert done.returncode == 130
    assert done.stderr.strip() == "uat: interrupted."
    assert not (tmp_path / "a.json").exists()


def test_ctrl_c_while_the_program_is_still_being_read_leaves_a_clean_exit() -> None:
    code = (
        LISTENS + "import runpy, sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == sys.argv[1]: signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "if sys.argv[2] == 'module': runpy.run_module('uat', run_name='__main__')\n"
        "from importlib.metadata import EntryPoint\n"
        "EntryPoint('uat', sys.argv[3], 'console_scripts').load()()\n"
    )
    script = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]["scripts"]["uat"]
    for name in ("uat.cli", "click", "numpy"):
        for way in ("module", "script"):
            command = [sys.executable, "-c", code, name, way, script]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=HERE)
            assert (done.returncode, done.stderr) == (130, "uat: interrupted.\n"), (name, way)


@pytest.mark.parametrize("order", [["-x**2", "--on", "-1", "1"], ["--on", "-1", "1", "--", "-x**2"]])
def test_a_formula_may_begin_with_a_minus(order: list[str]) -> None:
    options = ["--tol", "0.1", "--json"]
    done = run("approximate", *(order + options if order[0] != "--on" else options + order))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["function"]["text"] == "-x**2"


def test_other_grids_are_named_where_they_answer_the_same_question() -> None:
    plain = run("approximate", "tanh(x)", "--on", "-5", "5", "--tol", "0.01", "--method", "narrowest")
    assert "other grids     uniform 31 pieces, graded 13 pieces\n" in plain.stdout
    for function, more in (
        ("tanh(x)", ["--tol", "0.01", "--rtol", "0.1"]),
        ("tanh(x)", ["--tol", "0.01", "--side", "over"]),
        ("floor(x)", ["--tol", "0.7"]),  # the limits at a jump, which samples do not see
    ):
        done = run("approximate", function, "--on", "-5", "5", "--method", "narrowest", *more)
        assert done.returncode == 0, done.stderr
        assert "other grids" not in done.stdout


def test_help_names_the_commands() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "approximate" in done.stdout
    assert run("--version").stdout.strip().endswith(uat.__version__)
    assert "--tol" in run("approximate", "--help").stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, uat.cli; print(*sorted(set(sys.modules) & {'numpy', 'scipy', 'matplotlib', 'numba', 'flint'}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() in ([], ["numpy"])


def test_a_comparison_nobody_asked_for_takes_no_longer_than_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """tan near its pole: 120 pieces at once, uniform grids by the million."""
    from uat import cli

    r = uat.approximate("tan(x)", (0, 1.57), tol=0.1, method="narrowest")
    monkeypatch.setattr(cli, "_A_GLANCE", 0.0)
    assert "uniform not found in time" in cli._other_grids(dataclasses.replace(r, seconds=0.01))
