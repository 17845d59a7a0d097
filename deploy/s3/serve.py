"""A bucket on loopback: moto, asked for one thing at a time.

moto looks whether an object is there and writes it in two steps, so that two creations of one object at the same moment
could both succeed. A bucket decides that in one step; the lock here makes this one do the same.
"""

import argparse
import http.client
import os
import sys
import threading


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("bucket")
    parser.add_argument("--page", type=int, default=1000)
    return parser.parse_args()


def one_at_a_time(app):
    lock = threading.Lock()

    def answer(environ, start_response):
        with lock:
            parts = app(environ, start_response)
            try:
                return list(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()

    return answer


def create(address, bucket):
    connection = http.client.HTTPConnection(*address)
    connection.request("PUT", f"/{bucket}", headers={"Content-Length": "0"})
    response = connection.getresponse()
    if response.status != 200:
        sys.exit(f"the bucket {bucket} could not be made: {response.status} {response.read().decode()}")


def main():
    arguments = parse()
    os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = str(arguments.page)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        def log_request(self, *_):
            pass

    app = one_at_a_time(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    create(server.server_address, arguments.bucket)
    print(f"127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


main()
