"""A lake in a bucket: what was written to a folder is read, merged and forgotten there as well, and DuckDB agrees.

The bucket is a stand-in on loopback that answers as S3 does (deploy/s3).
"""

import pathlib
import subprocess
import unittest
import urllib.parse
import urllib.request

import duckdb

import program

BUCKET = "lake"
QUESTION = "SELECT tenant, detector, count(*) AS findings, max(score) AS score FROM findings GROUP BY 1, 2 ORDER BY 1, 2"


class Bucket:
    def __enter__(self):
        serve = program.ROOT / "deploy" / "s3" / "serve"
        # Listings come in many pages.
        command = [str(serve), BUCKET, "--page", "5"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def put(self, name, content):
        path = urllib.parse.quote(f"/{BUCKET}/{name}")
        # Without a type of its own the content would be taken for a form.
        request = urllib.request.Request(
            f"http://{self.address}{path}",
            data=content,
            method="PUT",
            headers={"Content-Type": "application/octet-stream"},
        )
        urllib.request.urlopen(request, timeout=30).close()

    def get(self, name):
        path = urllib.parse.quote(f"/{BUCKET}/{name}")
        # What the stand-in does not check is that the signature is right, only that there is one.
        signed = {
            "Authorization": "AWS4-HMAC-SHA256 Credential=key/20261122/eu-central-1/s3/aws4_request, "
            "SignedHeaders=host, Signature=00"
        }
        request = urllib.request.Request(f"http://{self.address}{path}", headers=signed)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()

    def place(self):
        """A configuration that names the bucket, and the environment with its credentials."""
        config = pathlib.Path(program.scratch().name) / f"s3-{self.address.rpartition(':')[2]}.yaml"
        config.write_text(
            f"lake:\n  url: s3://{BUCKET}/a\n  options:\n    aws_endpoint: http://{self.address}\n"
            "    aws_allow_http: true\n    aws_region: eu-central-1\n"
            "    aws_access_key_id: {env: LAKE_KEY}\n    aws_secret_access_key: {env: LAKE_SECRET}\n"
        )
        return ["--config", str(config)], {"LAKE_KEY": "key", "LAKE_SECRET": "secret"}


class InABucket(unittest.TestCase):
    def rows_of_duckdb(self, bucket, place, environment, question):
        """DuckDB's own client for S3 is an extension that it downloads; the files that are named come here instead."""
        files = program.run("lake", "files", "findings", *place, environment=environment).split()
        folder = pathlib.Path(program.scratch().name)
        copies = []
        for at, url in enumerate(files):
            copy = folder / f"copy-{at}.parquet"
            copy.write_bytes(bucket.get(url.removeprefix(f"s3://{BUCKET}/")))
            copies.append(str(copy))
        return duckdb.connect().execute(question.replace("FROM findings", "FROM read_parquet($1)"), [copies]).fetchall()

    def test_it_is_read_merged_and_forgotten(self):
        lake = program.demo_lake()
        with Bucket() as bucket:
            for path in sorted(path for path in lake.rglob("*") if path.is_file()):
                bucket.put(f"a/{path.relative_to(lake)}", path.read_bytes())
            place, environment = bucket.place()
            in_folder = program.ask(QUESTION, "--lake", str(lake))
            self.assertEqual(program.ask(QUESTION, *place, environment=environment), in_folder)

            program.run("lake", "compact", *place, environment=environment)
            self.assertEqual(program.ask(QUESTION, *place, environment=environment), in_folder)
            theirs = self.rows_of_duckdb(bucket, place, environment, QUESTION)
            ours = [(row["tenant"], row["detector"], int(row["findings"]), float(row["score"])) for row in in_folder]
            self.assertEqual(theirs, ours)

            said = program.run("lake", "forget", "delta", *place, environment=environment)
            self.assertIn("rows removed", said)
            left = [row for row in in_folder if row["tenant"] != "delta"]
            counted = program.ask(QUESTION, *place, environment=environment)
            self.assertEqual([row["tenant"] for row in counted], [row["tenant"] for row in left])
            named = "SELECT count(*) AS n FROM incident_events WHERE array_has(tenants, 'delta') OR summary LIKE '%delta%'"
            self.assertEqual(program.ask(named, *place, environment=environment), [{"n": "0"}])


if __name__ == "__main__":
    unittest.main()
