"""The statements that Grafana and DBeaver send when they look around, which are not run here themselves."""

import unittest

import psycopg

import gateway

GRAFANA = [
    "SELECT 1",
    "SELECT current_setting('server_version_num')::int/100 as version",
    "SELECT 'timescaledb' AS name WHERE false",
    """SELECT CASE WHEN quote_ident(table_schema) IN (
         SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
         FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1),
           array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
           string_to_array(current_setting('search_path'),',') s)
       THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table"
       FROM information_schema.tables
       WHERE quote_ident(table_schema) NOT IN ('information_schema','pg_catalog','_timescaledb_cache')
       ORDER BY CASE WHEN quote_ident(table_schema) IN ('public') THEN 0 ELSE 1 END, 1""",
    """SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns
       WHERE quote_ident(table_name) = 'findings'""",
    "SELECT window_start AS \"time\", actual FROM findings"
    " WHERE window_start BETWEEN '2020-01-01T00:00:00Z' AND '2030-01-01T00:00:00Z' ORDER BY 1 LIMIT 10",
    "SELECT date_bin(interval '300 seconds', window_start) AS \"time\", tenant, count(*) AS n FROM findings GROUP BY 1, 2 ORDER BY 1",
    "SELECT floor(extract(epoch from window_start)/300)*300 AS \"time\", avg(actual) FROM findings GROUP BY 1 ORDER BY 1",
]
DBEAVER = [
    "SET extra_float_digits = 3",
    "SET application_name = 'DBeaver 25.2 - Main'",
    "SELECT current_schema(), session_user",
    "SELECT version()",
    "SHOW search_path",
    "SHOW standard_conforming_strings",
    "SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datname = 'tidewatch'",
    "SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n"
    " LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 ORDER BY nspname",
    "SELECT c.oid, c.*, d.description FROM pg_catalog.pg_class c"
    " LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0"
    " WHERE c.relkind NOT IN ('i', 'I', 'c') ORDER BY c.relname",
    "SELECT c.relname, a.*, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value FROM pg_catalog.pg_attribute a"
    " INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid)"
    " LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum)"
    " WHERE NOT a.attisdropped AND c.relname = 'findings' ORDER BY a.attnum",
    "SELECT t.oid, t.*, c.relkind FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid"
    " WHERE typnamespace = 11 LIMIT 50",
    "SELECT * FROM findings LIMIT 200",
    "EXPLAIN SELECT * FROM findings",
]


class Introspection(unittest.TestCase):
    def ask_all(self, statements):
        failures = []
        for name in ("analyst", "acme"):
            with psycopg.connect(gateway.serve().dsn(name), autocommit=True) as connection:
                for statement in statements:
                    try:
                        connection.execute(statement)
                    except psycopg.Error as error:
                        failures.append(f"{name}: {statement}\n  {error}")
        self.assertEqual(failures, [], "\n".join(failures))

    def test_grafana_finds_tables_columns_and_times(self):
        self.ask_all(GRAFANA)
        with psycopg.connect(gateway.serve().dsn("analyst")) as connection:
            tables = [row[0] for row in connection.execute(GRAFANA[3])]
            self.assertIn("public.findings", tables)
            columns = dict(connection.execute(GRAFANA[4]).fetchall())
            self.assertIn("window_start", columns)

    def test_dbeaver_finds_schemas_tables_and_columns(self):
        self.ask_all(DBEAVER)
        with psycopg.connect(gateway.serve().dsn("analyst")) as connection:
            columns = [row[2] for row in connection.execute(DBEAVER[9]).fetchall()]
            self.assertIn("window_start", columns)


if __name__ == "__main__":
    unittest.main()
