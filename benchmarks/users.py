"""`gatepost users push` of many users, and again, against psql's `\\copy` of the same rows.

    python benchmarks/users.py              # 200,000 users
    python benchmarks/users.py --users 20000

The floor is text that was prepared before, sent by psql's `\\copy` into `auth.users` and `auth.identities` with their
indexes and keys on, as a project has them. `again` finds every user there and compares it.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from gatepost.local.account import give, unprivileged
from gatepost.local.binaries import find
from gatepost.local.cluster import SUPERUSER, Cluster

HASH = "$2b$12$" + "a" * 53
USERS = "id, aud, role, email, encrypted_password, email_confirmed_at, raw_user_meta_data, created_at"
IDENTITIES = "provider_id, user_id, provider, identity_data, created_at"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=200_000)
    users = parser.parse_args().users
    directory = Path(tempfile.mkdtemp(prefix="gp-users-"))
    give(directory, unprivileged())
    cluster = Cluster(directory, find(), unprivileged(), (("max_wal_size", "8GB"), ("shared_buffers", "256MB")))
    try:
        cluster.initialise()
        cluster.launch()
        source = directory / "app.db"
        write(source, users)
        print(f"{users:,} users, load {os.getloadavg()[0]:.1f}\n\n{'':8}{'seconds':>9}{'CPU':>7}  ")
        script = prepared(directory, users)
        timed("floor", ["psql", "-q", "-X", "-f", str(script), project(cluster, "floor")])
        push = [sys.executable, "-m", "gatepost.cli", "users", "push", str(source), "--url", project(cluster, "ours")]
        timed("first", push)
        timed("again", push)
    finally:
        cluster.stop()
        shutil.rmtree(directory)


def project(cluster, name):
    """Make a database that is shaped like a project; return its URL."""
    with closing(psycopg2.connect(cluster.url("postgres", SUPERUSER))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
    url = cluster.url(name, SUPERUSER)
    command = [sys.executable, "-m", "gatepost.cli", "local", "bootstrap", "--url", url]
    subprocess.run(command, check=True, capture_output=True)
    return url


def user(number):
    return (
        f"00000000-0000-4000-9000-{number:012d}",
        f"u{number}@example.org",
        f"User {number}",
        "2025-01-09 22:38:08.0413",
    )


def write(path, users):
    with closing(sqlite3.connect(path)) as app, app:
        app.execute("CREATE TABLE users (id, email, full_name, created_at, hashed_password, is_active BOOLEAN)")
        rows = ((*user(number), HASH, 1) for number in range(users))
        app.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?)", rows)


def prepared(directory, users):
    """Write the rows as `\\copy` reads them, and the script that does it; return the script."""
    with (directory / "users").open("w") as people, (directory / "identities").open("w") as identities:
        for key, email, name, at in map(user, range(users)):
            parts = (key, "authenticated", "authenticated", email, HASH, at, f'{{"name": "{name}"}}', at)
            people.write("\t".join(parts) + "\n")
            data = f'{{"sub": "{key}", "email": "{email}"}}'
            identities.write("\t".join((key, key, "email", data, at)) + "\n")
    script = directory / "floor.sql"
    lines = ["BEGIN;", f"\\copy auth.users ({USERS}) FROM '{directory}/users'"]
    lines += [f"\\copy auth.identities ({IDENTITIES}) FROM '{directory}/identities'", "COMMIT;"]
    script.write_text("\n".join(["\\set ON_ERROR_STOP on", *lines]))
    return script


def timed(name, command):
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    seconds, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{name:8}{seconds:9.1f}{cpu:7.1f}  {done.stdout.strip() or done.stderr.strip()[-300:]}", flush=True)


if __name__ == "__main__":
    main()
