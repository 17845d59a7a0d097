"""psycopg, version 3: values bound to questions, in text and in binary, and cursors of the server."""

import datetime
import decimal
import time
import unittest

import psycopg

import gateway
import program


def connect(name="analyst", **options):
    return psycopg.connect(gateway.serve().dsn(name), **options)


class Values(unittest.TestCase):
    def test_every_kind_of_column_comes_back_as_what_it_is(self):
        question = (
            "SELECT tenant, actual, fails, window_start, culprits, record_offset FROM findings"
            " WHERE detector = 'contention' ORDER BY record_offset LIMIT 1"
        )
        with connect() as connection:
            for binary in (False, True):
                row = connection.cursor(binary=binary).execute(question).fetchone()
                kinds = [str, float, bool, datetime.datetime, list, int]
                for value, kind in zip(row, kinds):
                    self.assertTrue(value is None or isinstance(value, kind), f"{value!r} is no {kind}, binary {binary}")
                self.assertEqual(row[3].utcoffset(), datetime.timedelta(0))
                money = connection.cursor(binary=binary).execute("SELECT sum(effective_cost) FROM cost_signals").fetchone()
                self.assertIsInstance(money[0], (decimal.Decimal, type(None)))

    def test_values_are_bound(self):
        with connect() as connection:
            [tenant, start] = connection.execute("SELECT tenant, window_start FROM findings ORDER BY 1, 2 LIMIT 1").fetchone()
            counted = "SELECT count(*) FROM findings WHERE tenant = %s AND window_start <= %s AND actual > %s"
            for binary in (False, True):
                count = connection.cursor(binary=binary).execute(counted, (tenant, start, -1.0)).fetchone()[0]
                self.assertGreater(count, 0)
            strange = connection.execute("SELECT count(*) FROM findings WHERE tenant = %s", ("x' OR '1' = '1",)).fetchone()
            self.assertEqual(strange[0], 0)
            self.assertEqual(connection.execute("SELECT %s::bigint + 1", (41,)).fetchone()[0], 42)

    def test_a_question_that_is_asked_often_is_prepared_once(self):
        with connect(prepare_threshold=1) as connection:
            answers = {connection.execute("SELECT count(*) FROM incidents WHERE revision >= %s", (n % 2,)).fetchone() for n in range(10)}
            self.assertEqual(len(answers), 1)

    def test_answers_are_those_of_the_command_line(self):
        question = "SELECT detector, count(*) AS n FROM findings GROUP BY detector ORDER BY detector"
        for name in gateway.PASSWORDS:
            with connect(name) as connection:
                rows = [[detector, str(count)] for detector, count in connection.execute(question)]
            expected = [list(row.values()) for row in program.ask(question, *gateway.own(name))]
            self.assertEqual(rows, expected, name)


class Connections(unittest.TestCase):
    def test_a_cursor_of_the_server_gives_every_row_once(self):
        question = "SELECT record_partition, record_offset FROM findings ORDER BY 1, 2"
        with connect() as connection:
            expected = connection.execute(question).fetchall()
        with connect() as connection, connection.cursor(name="all") as cursor:
            cursor.itersize = 7
            cursor.execute(question)
            self.assertEqual(cursor.fetchall(), expected)
        self.assertGreater(len(expected), 20)

    def test_a_failed_transaction_is_over_after_rollback(self):
        with connect() as connection:
            with self.assertRaises(psycopg.errors.Error):
                connection.execute("SELECT nothing FROM findings")
            with self.assertRaises(psycopg.errors.InFailedSqlTransaction):
                connection.execute("SELECT 1")
            connection.rollback()
            self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_a_savepoint_lets_a_failed_transaction_go_on(self):
        with connect() as connection:
            with self.assertRaises(psycopg.errors.Error), connection.transaction():
                connection.execute("SELECT 1")
                with connection.transaction():
                    connection.execute("SELECT nothing FROM findings")
            self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_errors_have_codes_that_the_client_knows(self):
        with connect(autocommit=True) as connection:
            with self.assertRaises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("CREATE VIEW v AS SELECT 1")
            with self.assertRaises(psycopg.errors.ProgramLimitExceeded):
                connection.execute("SELECT a.value FROM range(200) a, range(200) b")
            self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))

    def test_there_is_room_for_some_clients_and_not_for_more(self):
        open_connections = []
        try:
            with self.assertRaises(psycopg.OperationalError) as full:
                for _ in range(20):
                    open_connections.append(connect())
            self.assertIn("too many clients", str(full.exception))
            self.assertGreaterEqual(len(open_connections), 8)
        finally:
            for connection in open_connections:
                connection.close()
        # The places of those who left are free a moment later.
        for attempt in range(50):
            try:
                with connect() as connection:
                    self.assertEqual(connection.execute("SELECT 1").fetchone(), (1,))
                return
            except psycopg.OperationalError:
                self.assertLess(attempt, 49)
                time.sleep(0.1)

    def test_a_tenant_learns_nothing_of_others(self):
        with connect("acme", autocommit=True) as connection:
            with connect() as operator:
                others = [name for [name] in operator.execute("SELECT tenant FROM tenants WHERE tenant <> 'acme'")]
            self.assertIn("cobalt", others)
            for question in [
                "SELECT * FROM tenants", "SELECT * FROM findings", "SELECT * FROM incident_events", "SELECT * FROM cost_signals",
                "SELECT * FROM noisy_neighbours", "SELECT * FROM pg_catalog.pg_tables", "SELECT * FROM pg_catalog.pg_class",
                "SELECT * FROM pg_catalog.pg_roles", "SELECT * FROM pg_catalog.pg_settings", "SELECT * FROM information_schema.tables",
                "SELECT * FROM information_schema.df_settings", "EXPLAIN ANALYZE SELECT * FROM findings WHERE tenant = 'cobalt'",
                "SELECT current_user, session_user, version()",
            ]:
                try:
                    shown = repr(connection.execute(question).fetchall())
                except psycopg.Error as error:
                    shown = str(error)
                for other in others:
                    self.assertNotRegex(shown.replace("'cobalt'", "").replace('Utf8("cobalt")', ""), rf"\b{other}\b", question)


if __name__ == "__main__":
    unittest.main()
