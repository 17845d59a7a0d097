"""The program as a user starts it, and the lake that its demo leaves."""

import csv
import functools
import io
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Longest that a command may take, in seconds.
LIMIT = 240


def run(*arguments, environment=None):
    """Runs the program to its end and returns what it printed; a failure raises with its words."""
    command = [os.environ["TIDEWATCH_PROGRAM"], *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT, env={**os.environ, **(environment or {})}
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


@functools.cache
def scratch():
    """A folder that is deleted when the tests end."""
    return tempfile.TemporaryDirectory(prefix="tidewatch-clients-")


@functools.cache
def demo_lake():
    """The lake of the recorded fleet, made once."""
    folder = pathlib.Path(scratch().name) / "demo"
    run("demo", "--once", "--speed", "0", "--lake", str(folder))
    return folder


def ask(question, *place, environment=None):
    """The rows of the answer to a question, as dictionaries of text."""
    output = run("sql", *place, "--format", "csv", question, environment=environment)
    return list(csv.DictReader(io.StringIO(output)))
