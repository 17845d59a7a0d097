"""`tidewatch sql --serve` on the lake of the demo, with an operator, two tenants and TLS, for every file of tests that asks it."""

import atexit
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import threading

import trustme

import program

PASSWORDS = {"analyst": "sesame, open", "acme": "anvil", "cobalt": "c:o'balt"}
CONFIGURATION = """
sql:
  postgres: 127.0.0.1:0
  flight: 127.0.0.1:0
  tls: {{ certificate: {certificate}, key: {key} }}
  accounts:
    analyst: {{ password: {{ env: ANALYST }}, sees: everything }}
    acme: {{ password: {{ env: ACME }}, sees: {{ tenant: acme }} }}
    cobalt: {{ password: {{ env: COBALT }}, sees: {{ tenant: cobalt }} }}
  rows: 20000
  time: 20s
  connections: 12
"""
LISTENING = re.compile(r'listening protocol="(?P<protocol>[^"]+)" address=127\.0\.0\.1:(?P<port>\d+)')
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclasses.dataclass(frozen=True)
class Gateway:
    """Where it listens, and the certificate of whoever vouches for it."""

    postgres: int
    flight: int
    authority: pathlib.Path

    def dsn(self, name, **more):
        """How libpq connects as `name`, with everything checked that can be."""
        parts = {
            "host": "127.0.0.1", "port": self.postgres, "dbname": "tidewatch", "user": name, "password": PASSWORDS[name],
            "sslmode": "verify-full", "sslrootcert": self.authority, "connect_timeout": 20, **more,
        }
        quoted = lambda value: "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
        return " ".join(f"{key}={quoted(value)}" for key, value in parts.items())


@functools.cache
def serve():
    """The gateway, started once."""
    folder = pathlib.Path(program.scratch().name) / "gateway"
    folder.mkdir()
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    files = {name: folder / f"{name}.pem" for name in ("certificate", "key", "authority")}
    certificate.private_key_pem.write_to_path(files["key"])
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(files["certificate"], append=True)
    authority.cert_pem.write_to_path(files["authority"])
    configuration = folder / "tidewatch.yaml"
    configuration.write_text(CONFIGURATION.format(**files))
    secrets = {name.upper(): password for name, password in PASSWORDS.items()}
    command = [
        os.environ["TIDEWATCH_PROGRAM"], "sql", "--serve", "--config", str(configuration),
        "--lake", str(program.demo_lake()),
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **secrets}
    )
    atexit.register(end, process)
    ports, said = {}, []
    for line in process.stderr:
        said.append(COLOUR.sub("", line))
        found = LISTENING.search(said[-1])
        if found:
            ports[found["protocol"]] = int(found["port"])
        if len(ports) == 2:
            break
    if len(ports) < 2:
        raise RuntimeError("the gateway did not start:\n" + "".join(said))
    # What it says from now on must be read, or it would stop when nobody does.
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return Gateway(ports["PostgreSQL"], ports["Flight SQL"], files["authority"])


def end(process):
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def own(name):
    """The place of a lake and whose questions they are, for `tidewatch sql`."""
    place = ["--lake", str(program.demo_lake())]
    return place if name == "analyst" else [*place, "--tenant", name]
