"""psql, as an analyst types it."""

import os
import re
import signal
import subprocess
import time
import unittest

import gateway
import program

TABLES = {"incident_events", "findings", "cost_signals", "rejects", "windows"}
VIEWS = {"incidents", "tenants", "noisy_neighbours", "month_end", "resilience", "cost_by_tenant", "false_alarms", "coverage", "fair_share", "waiting"}


def psql(*arguments, name="analyst", **more):
    command = ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose", gateway.serve().dsn(name, **more)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=program.LIMIT)


def cells(question, name="analyst"):
    done = psql("--csv", "--tuples-only", "--command", question, name=name)
    if done.returncode != 0:
        raise AssertionError(f"{question}: {done.stderr}")
    return [line.split(",") for line in done.stdout.splitlines()]


class Asking(unittest.TestCase):
    def test_answers_are_those_of_the_command_line(self):
        question = "SELECT incident_id, revision, severity FROM incidents ORDER BY incident_id"
        for name in gateway.PASSWORDS:
            expected = [list(row.values()) for row in program.ask(question, *gateway.own(name))]
            self.assertEqual(cells(question, name), expected, name)
        self.assertGreater(len(cells(question)), len(cells(question, "acme")))

    def test_times_are_written_with_their_offset(self):
        [[moment]] = cells("SELECT max(updated_at) FROM incidents")
        self.assertRegex(moment, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00(:00)?$")

    def test_several_questions_come_in_one_message(self):
        done = psql("--tuples-only", "--no-align", "--command", "BEGIN; SELECT 1; SELECT 2; COMMIT")
        self.assertEqual(done.stdout.split(), ["BEGIN", "1", "2", "COMMIT"], done.stderr)

    def test_a_cursor_gives_an_answer_bit_by_bit(self):
        script = "BEGIN; DECLARE c CURSOR FOR SELECT window_start FROM findings ORDER BY 1;"
        fetched = psql("--tuples-only", "--no-align", "--quiet", "--command", script + "FETCH 3 FROM c; FETCH 2 FROM c; CLOSE c; COMMIT")
        expected = psql("--tuples-only", "--no-align", "--quiet", "--command", "SELECT window_start FROM findings ORDER BY 1 LIMIT 5")
        self.assertEqual(fetched.stdout.split("\n"), expected.stdout.split("\n"), fetched.stderr)
        self.assertEqual(len(fetched.stdout.split("\n")), 6)


class Looking(unittest.TestCase):
    def shown(self, command, name="analyst"):
        done = psql("--csv", "--tuples-only", "--command", command, name=name)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
        return done.stdout

    def test_tables_and_views_are_listed(self):
        names = lambda text: {line.split(",")[1] for line in text.splitlines()}
        self.assertEqual(names(self.shown(r"\dt")), TABLES)
        self.assertEqual(names(self.shown(r"\dv")), VIEWS)
        self.assertEqual(names(self.shown(r"\d")), TABLES | VIEWS)
        self.assertNotIn("rejects", names(self.shown(r"\d", "acme")))

    def test_a_table_is_described(self):
        columns = [line.split(",") for line in self.shown(r"\d findings").splitlines()]
        kinds = {column[0]: column[1] for column in columns if len(column) > 1}
        self.assertEqual(kinds["tenant"], "text")
        self.assertEqual(kinds["actual"], "double precision")
        self.assertRegex(kinds["window_start"], "^timestamp")
        self.assertEqual(kinds["culprits"], "text[]")

    def test_the_rest_of_what_people_look_at_is_shown(self):
        self.assertIn("public", self.shown(r"\dn"))
        self.assertIn("tidewatch", self.shown(r"\l"))
        for command in [r"\conninfo", r"\d incidents", r"\d noisy_neighbours", r"\di", r"\ds", r"\dm", r"\dx"]:
            self.shown(command)


class Refusing(unittest.TestCase):
    def refused(self, question, code, words, name="analyst"):
        done = psql("--command", question, name=name)
        self.assertNotEqual(done.returncode, 0, question)
        self.assertIn(code, done.stderr, question)
        self.assertRegex(done.stderr, words, question)

    def test_nobody_comes_in_without_the_right_password(self):
        for name, more in [("analyst", {"password": "anvil"}), ("analyst", {"password": ""}), ("acme", {"user": "nobody"})]:
            done = psql("--command", "SELECT 1", name=name, **more)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertRegex(done.stderr, "(?i)password|authentication|SCRAM|SASL")

    def test_a_certificate_of_nobody_is_not_trusted_and_passwords_are_bound_to_ours(self):
        bound = psql("--command", "SELECT 1", channel_binding="require")
        self.assertEqual(bound.returncode, 0, bound.stderr)
        other = psql("--command", "SELECT 1", sslrootcert="/dev/null")
        self.assertNotEqual(other.returncode, 0)

    def test_nothing_is_changed(self):
        for question in [
            "DROP TABLE findings", "CREATE TABLE t AS SELECT 1", "INSERT INTO findings SELECT * FROM findings",
            "DELETE FROM findings", "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '/etc'",
            "COPY (SELECT 1) TO '/tmp/t.csv'", "CREATE VIEW v AS SELECT 1", "TRUNCATE findings",
        ]:
            self.refused(question, "ERROR", "(?i)only questions|not|unsupported|expected|cannot")
        self.refused("SET datafusion.execution.batch_size = 1", "42704", "there is no setting")
        self.refused("SET ROLE postgres", "0A000", "only settings")

    def test_wrong_questions_are_told_in_words(self):
        self.refused("SELEC 1", "42601", "SELEC|[Ee]xpected")
        self.refused("SELECT * FROM nowhere", "42P01", "nowhere")
        self.refused("SELECT nothing FROM findings", "42703", "nothing")
        self.refused("SELECT nothing(1)", "42883", "nothing")
        self.refused("SELECT * FROM rejects", "42P01", "rejects", name="acme")
        self.refused("SELECT a.value FROM range(200) a, range(200) b", "54000", "more than 20000 rows: add a LIMIT")
        self.refused("FETCH 1 FROM nothing", "34000", "no cursor")

    def test_a_question_that_takes_too_long_ends(self):
        endless = "SELECT count(*) FROM range(100000) a, range(3000000) b WHERE a.value + b.value < 0"
        begin = time.monotonic()
        self.refused(f"SET statement_timeout = '1s'; {endless}", "57014", "no answer within 1s")
        self.assertLess(time.monotonic() - begin, 15)
        command = ["psql", "--no-psqlrc", gateway.serve().dsn("analyst"), "--command", endless]
        asking = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        asking.send_signal(signal.SIGINT)
        _, words = asking.communicate(timeout=15)
        self.assertRegex(words, re.compile("cancel", re.IGNORECASE))


if __name__ == "__main__":
    unittest.main()
