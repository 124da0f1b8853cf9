#!/usr/bin/python3
"""One real pyodbc session, direct and through Freshread, with the replica current and with replay paused: the same answers."""
from __future__ import annotations

import datetime
import decimal
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))
from cluster import Cluster, client_environment  # noqa: E402


def session(dsn: str) -> None:
    """Prints what an application sees."""
    import pyodbc

    connection = pyodbc.connect(f"DSN={dsn}")
    cursor = connection.cursor()
    cursor.execute("drop table if exists everything")
    cursor.execute("create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp, "
                   "flag boolean, word varchar(40), long_text text, bytes bytea, real float8)")
    connection.commit()
    rows = [
        (1, decimal.Decimal("12345.678"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 30, 1, 250000),
         True, "naïve – 数据 🙂", "x" * 100_000, b"\x00\xff" * 5000, 1.5),
        (2, None, None, None, None, None, None, None, None),
        (3, decimal.Decimal("-0.001"), datetime.date(1, 1, 1), datetime.datetime(1999, 12, 31, 23, 59, 59), False, "",
         "it's", b"", -0.0),
    ]
    insert = "insert into everything values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    for row in rows:
        cursor.execute(insert, row)
    connection.commit()
    cursor.executemany("insert into everything (id, word) values (?, ?)", [(n, f"word {n}") for n in range(10, 30)])
    connection.commit()
    cursor.fast_executemany = True
    cursor.executemany("insert into everything (id, word, amount) values (?, ?, ?)",
                       [(n, f"word {n}", decimal.Decimal(n) / 8) for n in range(100, 130)])
    connection.commit()

    reader = pyodbc.connect(f"DSN={dsn}", autocommit=True)
    query = reader.cursor()
    for row in query.execute("select * from everything order by id").fetchall():
        print(row)
    print(query.description)
    print(query.execute("select count(*) from everything where id > ?", 20).fetchval())
    print(query.execute("select word from everything where word = ?", "naïve – 数据 🙂").fetchval())
    print([tuple(column)[2:7] for column in query.columns(table="everything")])
    print([tuple(key)[3:5] for key in query.primaryKeys("everything")])
    print([tuple(table)[2:4] for table in query.tables(table="everything")])
    query.execute("select id from everything order by id")
    print(query.fetchmany(3), query.fetchone(), query.rowcount)
    query.execute("update everything set word = 'changed' where id between 10 and 14")
    print(query.rowcount, query.execute("select count(*) from everything where word = 'changed'").fetchval())
    for bad in ("select * from nowhere", "selec 1", "insert into everything (id) values (1)", "select 1/0"):
        try:
            query.execute(bad)
            print("no error:", bad)
        except pyodbc.Error as error:
            print(type(error).__name__, error.args)
    cursor.execute("delete from everything where id = 1")
    connection.rollback()
    print(query.execute("select count(*) from everything where id = 1").fetchval())
    with connection:
        connection.execute("insert into everything (id) values (5000)")
    print(query.execute("select id from everything where id = 5000").fetchval())
    print(connection.getinfo(pyodbc.SQL_DBMS_NAME), connection.getinfo(pyodbc.SQL_DRIVER_NAME))
    print(query.execute("select ?::int + 1, ?::text, ?::bytea", 41, "ü" * 5000, b"\x01" * 9000).fetchone())
    reader.close()
    connection.close()


class Session(unittest.TestCase):
    maxDiff = 4000

    def run_session(self, dsn: str) -> str:
        self.cluster.leader.sql("drop table if exists everything")
        result = subprocess.run([sys.executable, __file__, "session", dsn], env={**os.environ, **client_environment()},
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_the_same_answers(self) -> None:
        self.cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
        direct = self.run_session("pg_leader")
        self.assertIn("naïve", direct)
        for state in ("current", "late", "paused"):
            with self.subTest(replica=state):
                if state == "late":
                    self.cluster["replica1"].delay(0.2)
                if state == "paused":
                    self.cluster["replica1"].pause()
                try:
                    self.assertEqual(self.run_session("freshread").splitlines(), direct.splitlines())
                finally:
                    self.cluster["replica1"].resume()


if __name__ == "__main__":
    if sys.argv[1:2] == ["session"]:
        session(sys.argv[2])
    else:
        unittest.main(verbosity=2)
