"""Asks Tidewatch and DuckDB the questions of docs/questions-of-a-year.sql on the same files, in turns, and compares.

bench_lake.py LAKE [ROUNDS]

Each asks through a connection that is open; what counts is the time from the question to the last row in Python, the least of
several rounds. The answers must be the same.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb
import psycopg

QUESTIONS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "questions-of-a-year.sql"
CONFIGURATION = """
sql:
  postgres: 127.0.0.1:0
  accounts: { analyst: { password: { env: ANALYST }, sees: everything } }
  memory: 4GiB
  time: 10m
"""


def questions():
    for block in QUESTIONS.read_text().split(";\n"):
        title, _, sql = block.strip().partition("\n")
        if sql:
            yield title.removeprefix("-- "), sql


def serve(lake, folder):
    configuration = pathlib.Path(folder) / "tidewatch.yaml"
    configuration.write_text(CONFIGURATION)
    command = [os.environ["TIDEWATCH_PROGRAM"], "sql", "--serve", "--config", str(configuration), "--lake", lake]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "ANALYST": "sesame"})
    for line in process.stderr:
        found = re.search(r"address=127\.0\.0\.1:(\d+)", re.sub(r"\x1b\[[0-9;]*m", "", line))
        if found:
            return process, int(found[1])
    raise RuntimeError("the gateway did not start")


def plain(value):
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return str(value) if not isinstance(value, (int, str)) else value


def timed(connection, sql):
    begin = time.perf_counter()
    rows = connection.execute(sql).fetchall()
    return time.perf_counter() - begin, rows


def same(left, right):
    if len(left) != len(right):
        return False
    for one, other in zip(left, right):
        for a, b in zip(one, other):
            if isinstance(a, (int, float)) and isinstance(b, (int, float)):
                if abs(a - b) > 1e-6 * max(1.0, abs(a)):
                    return False
            elif plain(a) != plain(b):
                return False
    return True


def main(lake, rounds):
    files = subprocess.run(
        [os.environ["TIDEWATCH_PROGRAM"], "lake", "files", "windows", "--lake", lake], capture_output=True, text=True, check=True
    ).stdout.split()
    size = sum(os.path.getsize(name) for name in files)
    threads = os.cpu_count()
    with tempfile.TemporaryDirectory() as folder:
        process, port = serve(lake, folder)
        try:
            ours = psycopg.connect(f"host=127.0.0.1 port={port} dbname=tidewatch user=analyst password=sesame", autocommit=True)
            theirs = duckdb.connect()
            theirs.execute(f"SET threads = {threads}; SET TimeZone = 'UTC'")
            theirs.execute("CREATE VIEW windows AS SELECT * FROM read_parquet($1, hive_partitioning = false)".replace("$1", repr(files)))
            rows = theirs.execute("SELECT count(*) FROM windows").fetchone()[0]
            print(f"{rows:,} rows, {len(files)} files, {size / 2**30:.2f} GiB, {threads} threads, DuckDB {duckdb.__version__}, least of {rounds} rounds\n")
            print("| question | rows of the answer | Tidewatch, s | DuckDB, s | ratio |\n|---|---|---|---|---|")
            sums, wrong = [0.0, 0.0], []
            for title, sql in questions():
                least, answers = [float("inf")] * 2, [None, None]
                for _ in range(rounds):
                    for at, connection in enumerate((ours, theirs)):
                        took, answers[at] = timed(connection, sql)
                        least[at] = min(least[at], took)
                if not same(*answers):
                    wrong.append(title)
                sums = [total + took for total, took in zip(sums, least)]
                print(f"| {title} | {len(answers[0])} | {least[0]:.2f} | {least[1]:.2f} | {least[0] / least[1]:.2f} |", flush=True)
            print(f"| all | | {sums[0]:.2f} | {sums[1]:.2f} | {sums[0] / sums[1]:.2f} |")
            if wrong:
                sys.exit("answers differ: " + "; ".join(wrong))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
