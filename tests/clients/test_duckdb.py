"""DuckDB reads the files that the manifests name, and every row of every table is the one that `tidewatch sql` shows."""

import decimal
import json
import pathlib
import shutil
import unittest

import duckdb

import program

TABLES = ["incident_events", "findings", "cost_signals", "rejects", "windows"]


def plain(value):
    """A value as text that is the same whichever engine wrote it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, decimal.Decimal)):
        return repr(float(value))
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def rows_of_duckdb(files):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1, hive_partitioning = false)", [files]).fetchall()
    columns = {name: kind for name, kind, *_ in described}
    shown = [
        f"epoch_us({name}) AS {name}" if kind.startswith("TIMESTAMP") else name for name, kind in columns.items()
    ]
    rows = connection.execute(f"SELECT {', '.join(shown)} FROM read_parquet($1, hive_partitioning = false)", [files]).fetchall()
    return columns, sorted([plain(value) for value in row] for row in rows)


def rows_of_tidewatch(lake, table, columns):
    shown = [
        f"CAST({name} AS BIGINT) AS {name}" if kind.startswith("TIMESTAMP") else name
        for name, kind in columns.items()
    ]
    numbers = [any(kind.startswith(name) for name in ("DOUBLE", "BIGINT", "DECIMAL", "TIMESTAMP")) for kind in columns.values()]
    output = program.run(
        "sql", "--lake", str(lake), "--format", "json", f"SELECT {', '.join(shown)} FROM {table}"
    )
    rows = json.loads(output)
    number = lambda value: "" if value is None else repr(float(value))
    return sorted(
        [number(row.get(name)) if is_number else plain(row.get(name)) for name, is_number in zip(columns, numbers)]
        for row in rows
    )


class Rows(unittest.TestCase):
    maxDiff = 2000

    def compare(self, lake):
        compared = 0
        for table in TABLES:
            files = program.run("lake", "files", table, "--lake", str(lake)).split()
            if not files:
                continue
            columns, found = rows_of_duckdb(files)
            self.assertEqual(found, rows_of_tidewatch(lake, table, columns), table)
            compared += len(found)
        return compared

    def test_every_row_is_the_same(self):
        self.assertGreater(self.compare(program.demo_lake()), 2000)

    def test_every_row_is_the_same_after_files_were_merged(self):
        lake = pathlib.Path(program.scratch().name) / "merged"
        shutil.copytree(program.demo_lake(), lake)
        before = rows_of_duckdb(program.run("lake", "files", "findings", "--lake", str(lake)).split())
        program.run("lake", "compact", "--lake", str(lake))
        files = program.run("lake", "files", "findings", "--lake", str(lake)).split()
        self.assertEqual(rows_of_duckdb(files), before)
        self.assertGreater(self.compare(lake), 2000)

    def test_a_question_has_the_same_answer(self):
        lake = program.demo_lake()
        files = program.run("lake", "files", "findings", "--lake", str(lake)).split()
        question = "SELECT tenant, detector, count(*) AS findings, max(score) AS score FROM {} GROUP BY 1, 2 ORDER BY 1, 2"
        connection = duckdb.connect()
        theirs = connection.execute(question.format("read_parquet($1)"), [files]).fetchall()
        ours = program.ask(question.format("findings"), "--lake", str(lake))
        ours = [(row["tenant"], row["detector"], int(row["findings"]), float(row["score"])) for row in ours]
        self.assertEqual(theirs, ours)


if __name__ == "__main__":
    unittest.main()
