"""ADBC over Arrow Flight SQL: answers of any length as Arrow tables, values bound to questions, and what there is to ask."""

import unittest

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi
import adbc_driver_manager
import pyarrow

import gateway
import program

TLS_AUTHORITY = "adbc.flight.sql.client_option.tls_root_certs"


def connect(name="analyst", password=None):
    served = gateway.serve()
    options = {
        "username": name,
        "password": gateway.PASSWORDS[name] if password is None else password,
        TLS_AUTHORITY: served.authority.read_text(),
    }
    return adbc_driver_flightsql.dbapi.connect(f"grpc+tls://127.0.0.1:{served.flight}", db_kwargs=options, autocommit=True)


def table(question, name="analyst", values=None):
    with connect(name) as connection, connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetch_arrow_table()


class Questions(unittest.TestCase):
    def test_answers_are_those_of_the_command_line(self):
        question = "SELECT detector, count(*) AS n FROM findings GROUP BY detector ORDER BY detector"
        for name in gateway.PASSWORDS:
            rows = [{key: str(value) for key, value in row.items()} for row in table(question, name).to_pylist()]
            self.assertEqual(rows, program.ask(question, *gateway.own(name)), name)

    def test_columns_have_the_types_of_the_lake(self):
        schema = table("SELECT tenant, actual, fails, window_start, culprits, record_offset FROM findings LIMIT 1").schema
        self.assertEqual(schema.field("actual").type, pyarrow.float64())
        self.assertEqual(schema.field("window_start").type, pyarrow.timestamp("us", "UTC"))
        self.assertEqual(schema.field("record_offset").type, pyarrow.int64())
        self.assertTrue(pyarrow.types.is_list(schema.field("culprits").type))

    def test_a_long_answer_comes_whole(self):
        long = table("SELECT a.value * 1000 + b.value AS n FROM range(1000) a, range(1000) b")
        self.assertEqual(long.num_rows, 1_000_000)
        self.assertEqual(pyarrow.compute.sum(long["n"]).as_py(), 499_999_500_000)

    def test_an_answer_without_rows_has_columns(self):
        nothing = table("SELECT tenant, actual FROM findings WHERE tenant = 'nobody'")
        self.assertEqual((nothing.num_rows, nothing.column_names), (0, ["tenant", "actual"]))

    def test_values_are_bound(self):
        question = "SELECT count(*) AS n FROM findings WHERE tenant = $1 AND actual > $2"
        [bound] = table(question, values=("acme", -1.0)).to_pylist()
        [written] = table("SELECT count(*) AS n FROM findings WHERE tenant = 'acme' AND actual > -1.0").to_pylist()
        self.assertEqual(bound, written)
        self.assertGreater(bound["n"], 0)
        [strange] = table(question, values=("x' OR '1' = '1", -1.0)).to_pylist()
        self.assertEqual(strange["n"], 0)


class Service(unittest.TestCase):
    def test_catalogs_tables_and_columns_are_told(self):
        with connect() as connection:
            self.assertEqual(connection.adbc_get_info()["vendor_name"], "Tidewatch")
            self.assertEqual(set(connection.adbc_get_table_types()), {"TABLE", "VIEW"})
            [catalog] = connection.adbc_get_objects(depth="all", table_name_filter="findings").read_all().to_pylist()
            self.assertEqual(catalog["catalog_name"], "tidewatch")
            [schema] = catalog["catalog_db_schemas"]
            [findings] = schema["db_schema_tables"]
            names = [column["column_name"] for column in findings["table_columns"]]
            self.assertEqual(names[:3], ["detector", "pool", "tenant"])
            self.assertIn("window_start", connection.adbc_get_table_schema("findings").names)

    def test_nobody_comes_in_without_the_right_password(self):
        for name, password in [("analyst", "anvil"), ("acme", "")]:
            with self.assertRaises(adbc_driver_manager.Error) as refused:
                with connect(name, password) as connection, connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            self.assertRegex(str(refused.exception), "(?i)password|unauthenticated")

    def test_what_is_no_question_is_refused_in_words(self):
        cases = {
            "DROP TABLE findings": "only questions can be asked here",
            "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '/etc'": "only questions can be asked here",
            "COPY (SELECT 1) TO '/tmp/t.csv'": "only questions can be asked here",
            "SET datafusion.execution.batch_size = 1": "only questions can be asked here",
            "SELECT * FROM nowhere": "nowhere",
            "SELEC 1": "SELEC",
        }
        with connect() as connection:
            for question, words in cases.items():
                with self.assertRaises(adbc_driver_manager.Error, msg=question) as refused, connection.cursor() as cursor:
                    cursor.execute(question)
                    cursor.fetchall()
                self.assertIn(words, str(refused.exception), question)

    def test_a_tenant_has_no_table_of_rejects_and_no_rows_of_others(self):
        self.assertEqual({row["tenant"] for row in table("SELECT DISTINCT tenant FROM findings", "acme").to_pylist()}, {"acme"})
        with connect("acme") as connection:
            [catalog] = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
            names = {found["table_name"] for found in catalog["catalog_db_schemas"][0]["db_schema_tables"]}
            self.assertIn("findings", names)
            self.assertNotIn("rejects", names)


if __name__ == "__main__":
    unittest.main()
