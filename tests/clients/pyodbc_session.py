#!/usr/bin/python3
"""A session of pyodbc as in sessions.py: pyodbc_session.py DSN ROUNDS"""
from __future__ import annotations

import datetime
import decimal
import sys

import pyodbc


def main(dsn: str, rounds: int) -> None:
    connection = pyodbc.connect(f"DSN={dsn}")
    cursor = connection.cursor()
    cursor.execute("drop table if exists everything")
    cursor.execute("create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp, "
                   "flag boolean, word varchar(40), long_text text, bytes bytea, real float8)")
    connection.commit()
    rows = [
        (1, decimal.Decimal("12345.678"), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 30, 1, 250000),
         True, "naïve – 数据 🙂", "x" * 120_000, b"\x00\xff" * 5000, 1.5),
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
    print("settle", flush=True)
    while sys.stdin.readline() != "go\n":
        query.execute("select 1 from everything where id = -1").fetchall()
        print("settle", flush=True)
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
    print(sum(query.execute("select amount from everything where id = ?", n).fetchval() for n in range(100, 130)))
    other = reader.cursor()
    for (number,) in query.execute("select id from everything where id < 14 order by id"):
        print(number, other.execute("select word from everything where id > ? order by id", number).fetchone())
    print(query.execute("select ?::int + 1, ?::text, ?::bytea", 41, "ü" * 5000, b"\x01" * 9000).fetchone())
    for bad in ("select * from nowhere", "selec 1", "insert into everything (id) values (1)", "select 1/0"):
        try:
            query.execute(bad)
            print("no error:", bad)
        except pyodbc.Error as error:
            print(type(error).__name__, error.args)
    query.execute("update everything set word = 'changed' where id between 10 and 14")
    print(query.rowcount, query.execute("select count(*) from everything where word = 'changed'").fetchval())
    cursor.execute("delete from everything where id = 1")
    connection.rollback()
    print(query.execute("select count(*) from everything where id = 1").fetchval())
    with connection:
        connection.execute("insert into everything (id) values (5000)")
    print(query.execute("select id from everything where id = 5000").fetchval())
    # Autocommit is off: transactions that only read, and settings that are taken back.
    for isolation in ("read committed", "repeatable read"):
        cursor.execute(f"set transaction isolation level {isolation} read only")
        print(cursor.execute("select count(*) from everything where id > 100").fetchval())
        cursor.execute("set local datestyle = 'German'")
        print(cursor.execute("select day::text from everything where id = 3").fetchval())
        connection.commit()
        cursor.execute("set datestyle = 'German'")
        connection.rollback()
        print(cursor.execute("select day::text from everything where id = 3").fetchval())
        connection.rollback()
    print(connection.getinfo(pyodbc.SQL_DBMS_NAME), connection.getinfo(pyodbc.SQL_DRIVER_NAME))
    reader.close()

    seen = 0
    for number in range(1, rounds + 1):
        cursor.execute("insert into everything (id, word) values (?, ?)", 1000 + number, f"round {number}")
        connection.commit()
        another = pyodbc.connect(f"DSN={dsn}", autocommit=number % 2 == 0)
        found = another.execute("select word from everything where id = ?", 1000 + number).fetchone()
        seen += found is not None and found[0] == f"round {number}"
        another.close()
    print(f"{seen} of {rounds} rounds read what they wrote")
    cursor.execute("drop table everything")
    connection.commit()
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
