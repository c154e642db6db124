"""Runs the tests a second time, on PostgreSQL: `python -m tests.on_postgresql`, with pytest's own arguments after it.

TEST_DATABASE_URL names the server and the database beside which a test database is made.
"""

import os
import sys

import psycopg

URL = os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/tensorslab_tasks"
SERVER = URL.rpartition("/")[0]


def main() -> None:
    try:
        psycopg.connect(f"{SERVER}/postgres", connect_timeout=5).close()
    except psycopg.OperationalError as error:
        sentence = f"No PostgreSQL to test on: {str(error).strip()}. Name one in TEST_DATABASE_URL.\n"
        if os.environ.get("CI") == "true":
            sys.exit(sentence)
        sys.stderr.write(sentence)
        return
    os.environ["DATABASE_URL"] = URL
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])


if __name__ == "__main__":
    main()
