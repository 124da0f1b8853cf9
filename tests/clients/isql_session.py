#!/usr/bin/python3
"""A session of isql or iusql as in sessions.py: isql_session.py PROGRAM DSN ROUNDS"""
from __future__ import annotations

import subprocess
import sys

WRITING = """create table everything (id int primary key, word varchar(20), amount numeric(10,2), day date, long_text text)
insert into everything values (1, 'ä€漢😀', 1.5, '2024-02-29', null)
insert into everything values (2, null, null, null, null)
update everything set word = 'two' where id = 2
begin
insert into everything values (3, 'three', 3, null, null)
select count(*) from everything
rollback
select count(*) from everything
begin
insert into everything values (4, '', -0.01, '0001-01-01', repeat('long ', 30000))
commit
"""
READING = """select id, word, amount, day from everything order by id
select word from everything where id = 2
select long_text from everything where id = 4
select count(*) from everything
select * from nowhere
insert into everything values (1, 'again', 0, null)
set search_path = pg_catalog, public
select relname from pg_class where relname = 'everything'
selec 1
select 1/0
help everything
help
begin read only
select id from everything order by id
savepoint before
set local datestyle = 'German'
select day from everything where id = 1
rollback to savepoint before
select day from everything where id = 1
insert into everything (id) values (9)
rollback
begin
set timezone = 'Asia/Tokyo'
select '2024-01-01 00:00:00+00'::timestamptz
rollback
select '2024-01-01 00:00:00+00'::timestamptz
begin isolation level repeatable read read only
select count(*) from everything
end
delete from everything
select count(*) from everything
"""


def run(program: str, dsn: str, script: str) -> str:
    done = subprocess.run([program, "-b", "-v", "-c", dsn], input=script.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.stdout.decode(errors="backslashreplace")


def main(program: str, dsn: str, rounds: int) -> None:
    print(run(program, dsn, WRITING))
    print("settle", flush=True)
    while sys.stdin.readline() != "go\n":
        run(program, dsn, "select 1 from everything where id = -1\n")
        print("settle", flush=True)
    print(run(program, dsn, READING))
    seen = 0
    for number in range(1, rounds + 1):
        word = f"round {number}"
        run(program, dsn, f"insert into everything (id, word) values ({number}, '{word}')\n")
        seen += word in run(program, dsn, f"select word from everything where id = {number}\n")
    print(f"{seen} of {rounds} rounds read what they wrote")
    print(run(program, dsn, "drop table everything\n"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
