#!/usr/bin/python3
"""isql and iusql, direct and through Freshread, with the replica current and with replay paused: the same output."""
from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cluster"))
from cluster import Cluster, client_environment  # noqa: E402

SCRIPT = """drop table if exists everything
create table everything (id int primary key, word varchar(20), amount numeric(10,2), day date)
insert into everything values (1, 'one', 1.5, '2024-02-29')
insert into everything values (2, null, null, null)
select * from everything order by id
update everything set word = 'two' where id = 2
select word from everything where id = 2
begin
insert into everything values (3, 'three', 3, null)
select count(*) from everything
rollback
select count(*) from everything
select * from nowhere
insert into everything values (1, 'again', 0, null)
set search_path = pg_catalog, public
select relname from pg_class where relname = 'everything'
delete from everything
select count(*) from everything
help everything
"""


class Isql(unittest.TestCase):
    maxDiff = 4000

    def run_script(self, program: str, dsn: str) -> str:
        self.cluster.leader.sql("drop table if exists everything")
        result = subprocess.run([program, "-b", "-v", "-c", dsn], input=SCRIPT, env={**os.environ, **client_environment()},
                                capture_output=True, text=True, timeout=60)
        return result.stdout + result.stderr

    def test_the_same_output(self) -> None:
        self.cluster = Cluster.open(Path(os.environ["FRESHREAD_TEST_CLUSTER"]))
        for program in ("isql", "iusql"):
            direct = self.run_script(program, "pg_leader")
            self.assertIn("one", direct)
            for state in ("current", "late", "paused"):
                with self.subTest(program=program, replica=state):
                    if state == "late":
                        self.cluster["replica1"].delay(0.2)
                    if state == "paused":
                        self.cluster["replica1"].pause()
                    try:
                        self.assertEqual(self.run_script(program, "freshread").splitlines(), direct.splitlines())
                    finally:
                        self.cluster["replica1"].resume()


if __name__ == "__main__":
    unittest.main(verbosity=2)
