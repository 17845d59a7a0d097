"""SQLAlchemy with psycopg 3 and with psycopg2, as Superset uses it: questions, names, columns, cursors of the server."""

import unittest

import sqlalchemy

import gateway
import program
import psycopg
import psycopg2

MAKERS = {
    "psycopg": lambda name: psycopg.connect(gateway.serve().dsn(name)),
    "psycopg2": lambda name: psycopg2.connect(gateway.serve().dsn(name)),
}


def engines(name="analyst"):
    for driver, connect in MAKERS.items():
        yield driver, sqlalchemy.create_engine(f"postgresql+{driver}://", creator=lambda: connect(name))


class SqlAlchemy(unittest.TestCase):
    def test_answers_are_those_of_the_command_line(self):
        question = "SELECT severity, count(*) AS n FROM incidents GROUP BY severity ORDER BY severity"
        expected = [list(row.values()) for row in program.ask(question, *gateway.own("analyst"))]
        for driver, engine in engines():
            with engine.connect() as connection:
                rows = connection.execute(sqlalchemy.text(question)).fetchall()
            self.assertEqual([[severity, str(n)] for severity, n in rows], expected, driver)

    def test_names_of_schemas_tables_and_views_are_found(self):
        for driver, engine in engines():
            inspector = sqlalchemy.inspect(engine)
            self.assertIn("public", inspector.get_schema_names(), driver)
            self.assertEqual(set(inspector.get_table_names()), {"incident_events", "findings", "cost_signals", "rejects", "windows"}, driver)
            self.assertIn("noisy_neighbours", inspector.get_view_names(), driver)

    def test_columns_are_found_with_their_types(self):
        for driver, engine in engines():
            columns = {column["name"]: column["type"] for column in sqlalchemy.inspect(engine).get_columns("findings")}
            self.assertIsInstance(columns["tenant"], sqlalchemy.TEXT, driver)
            self.assertIsInstance(columns["actual"], sqlalchemy.Double, driver)
            self.assertIsInstance(columns["window_start"], sqlalchemy.TIMESTAMP, driver)
            self.assertIsInstance(columns["culprits"], sqlalchemy.ARRAY, driver)

    def test_a_table_is_loaded_and_asked_by_its_columns(self):
        for driver, engine in engines("acme"):
            findings = sqlalchemy.Table("findings", sqlalchemy.MetaData(), autoload_with=engine)
            question = (
                sqlalchemy.select(findings.c.tenant, sqlalchemy.func.count().label("n"))
                .where(findings.c.window_start > sqlalchemy.text("TIMESTAMP '2020-01-01'"))
                .where(findings.c.tenant == "acme")
                .group_by(findings.c.tenant)
            )
            with engine.connect() as connection:
                [[tenant, count]] = connection.execute(question).fetchall()
            self.assertEqual(tenant, "acme", driver)
            self.assertGreater(count, 0, driver)

    def test_many_rows_come_through_a_cursor_of_the_server(self):
        question = sqlalchemy.text("SELECT record_partition, record_offset FROM findings ORDER BY 1, 2")
        for driver, engine in engines():
            with engine.connect() as connection:
                expected = connection.execute(question).fetchall()
                streamed = connection.execution_options(stream_results=True, max_row_buffer=9).execute(question).fetchall()
            self.assertEqual(streamed, expected, driver)


if __name__ == "__main__":
    unittest.main()
