"""The `uat` command for the tests: `run` in this process, `start` in a Python of its own, as a shell would.

Both end in stdout, stderr and an exit code. What the two could do differently (exit codes, Ctrl-C, what is
imported when) is tested with `start`; everything else with `run`, at a tenth of the time.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

import uat
import uat.cli

# the tests also run where the package is not installed
HERE = {**os.environ, "PYTHONPATH": str(Path(uat.__file__).parent.parent)}
# A shell that starts the tests in the background has them and their children ignore Ctrl-C: the children listen again.
LISTENS = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"

Done = subprocess.CompletedProcess[str]


def start(*arguments: str, cwd: Path | None = None) -> Done:
    """`python -m uat ARGUMENTS`."""
    command = [sys.executable, "-W", "error", "-W", "default::UserWarning", "-m", "uat", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, env=HERE)


def run(*arguments: str, cwd: Path | None = None) -> Done:
    """The same, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or "."),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["uat", *arguments]),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        warnings.simplefilter("always", UserWarning)
        code: object = None
        try:
            uat.cli.main()
        except SystemExit as ending:
            code = ending.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(["uat", *arguments], code, out.getvalue(), err.getvalue())
