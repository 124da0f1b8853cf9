#!/usr/bin/python3
"""`freshread classify` as it is called: classify_test.py FRESHREAD

What it says of which statement is tested in tests/unit/routing.
"""
from __future__ import annotations

import os
import subprocess
import sys
import unittest

FRESHREAD = ""


def run(*arguments: str, text: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([FRESHREAD, *arguments], input=text, capture_output=True, timeout=60)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def classify(text: bytes | str, *arguments: str) -> list[list[str]]:
    """The columns of every line."""
    data = text.encode() if isinstance(text, str) else text
    answer = run("classify", *arguments, text=data).stdout.decode("utf-8", "surrogateescape")
    assert not answer or answer.endswith("\n")
    return [line.split("\t") for line in answer.split("\n")[:-1]]


def kinds(text: bytes | str, *arguments: str) -> list[str]:
    return [line[0] for line in classify(text, *arguments)]


class Lines(unittest.TestCase):
    def test_every_kind_has_its_name_and_consequence(self) -> None:
        for statement, kind, consequence in (
                ("select 1", "Read", "replica"),
                ("select pg_is_in_recovery()", "Read", "leader: NodeDependent (pg_is_in_recovery)"),
                ("/* freshread leader */ select 1", "Read", "leader: HintLeader"),
                ("delete from t", "Write", "leader, tracked: Write"),
                ("select NEXTVAL('s')", "Write", "leader, tracked: Write (nextval)"),
                ("select 1 for update", "LockingRead", "leader, tracked: LockingRead"),
                ("begin", "Transaction", "session"),
                ("set a = 1", "SessionState", "every node"),
                ("set local a = 1", "SessionState", "transaction"),
                ("listen a", "LeaderSession", "leader, tracked: LeaderSession"),
                ("show freshread.last_route", "Freshread", "driver"),
                ("select f(a), abs(b), g(c)", "Unknown", "leader, tracked: UnknownFunction (f,g)"),
                ("select 1; delete from t", "Unknown", "leader, tracked: SeveralStatements"),
                ("frobnicate", "Unknown", "leader, tracked: UnknownStatement")):
            self.assertEqual(classify(statement)[0][:2], [kind, consequence], statement)

    def test_names_are_lists(self) -> None:
        (line,) = classify('select lower(a), Pg_Catalog . ABS (1), lower(b) '
                           'from s.T, "B c", "d", T, s . t where a === 1')
        self.assertEqual(line[2:4], ["s.t,\"B c\",d,t", "lower,pg_catalog.abs,==="])
        (line,) = classify("select if(a, 1, 2), Abs(a) from `Db` . `T`, `a b`", "--dialect", "mariadb")
        self.assertEqual(line[2:4], ["Db.T,`a b`", "Abs"])

    def test_hints_are_a_list(self) -> None:
        (line,) = classify("select 1 /* freshread replica fresh user=a,b token=c */")
        self.assertEqual(line[4], "replica,fresh,user=a,token=c,malformed=b")

    def test_a_name_never_breaks_the_line(self) -> None:
        (line,) = classify(b'select 1 from "a,b\tc\nd\re\\f\x01g\x7fh", "\xc3\xa4"\0', "-0")
        self.assertEqual(line, ["Read", "replica", '"a\\x2cb\\x09c\\x0ad\\x0de\\x5cf\\x01g\\x7fh","ä"', "", ""])

    def test_there_is_a_line_for_every_statement(self) -> None:
        self.assertEqual(len(classify("")), 0)
        self.assertEqual(len(classify("\n")), 1)
        self.assertEqual(kinds("select 1\n\n \r\ndelete from t"), ["Read", "Unknown", "Unknown", "Write"])
        self.assertEqual(kinds(b"select\n1\0delete\nfrom t\0\0", "-0"), ["Read", "Write", "Unknown"])

    def test_any_bytes_in_any_length(self) -> None:
        everything = bytes(byte for byte in range(256) if byte != 10)
        (line,) = classify(everything * 20)
        self.assertEqual((line[0], len(line)), ("Unknown", 5))
        long = b"select 'x' from t where a in (" + b"1, " * 700_000 + b"1)"
        self.assertEqual(kinds(b"\n".join([long, b"select 1", long + b")"])), ["Read", "Read", "Unknown"])

    def test_who_asks_line_by_line_is_answered_line_by_line(self) -> None:
        with subprocess.Popen([FRESHREAD, "classify"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin and process.stdout
            for statement, kind in ((b"select 1\n", b"Read"), (b"delete from t\n", b"Write"),
                                    (b"begin\n", b"Transaction")):
                process.stdin.write(statement)
                process.stdin.flush()
                self.assertTrue(process.stdout.readline().startswith(kind + b"\t"))
            process.stdin.close()
            self.assertEqual(process.wait(60), 0)


class Dialects(unittest.TestCase):
    def test_each_reads_in_its_own_way(self) -> None:
        for dialect, kind in (("postgresql", "Unknown"), ("mariadb", "Read"), ("MySQL", "Read"), ("generic", "Read")):
            self.assertEqual(classify("select `a` from t", "--dialect", dialect)[0][0], kind, dialect)
        self.assertEqual(classify("select 1 # freshread leader", "--dialect=mysql")[0][4], "leader")

    def test_backslashes_are_read_in_every_way_the_session_might(self) -> None:
        self.assertEqual(classify(r"select 'a\', f(1), ' '")[0][0], "Unknown")
        self.assertEqual(classify(r"select 'it\'s'", "--dialect", "mariadb")[0][0], "Read")


class Calls(unittest.TestCase):
    def test_help_and_version(self) -> None:
        self.assertIn(b"classify", run("--help").stdout)
        self.assertIn(b"--dialect", run("classify", "--help").stdout)
        self.assertRegex(run("--version").stdout, rb"^freshread \d+\.\d+")

    def test_a_wrong_call_says_what_is_wrong(self) -> None:
        for arguments, said in (([], b"subcommand"), (["frobnicate"], b"subcommand"),
                                (["classify", "--dialect", "oracle"], b"oracle"),
                                (["classify", "--dialect"], b"--dialect"),
                                (["classify", "file.sql"], b"file.sql")):
            done = run(*arguments, code=2)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_what_cannot_be_read_or_written_fails(self) -> None:
        folder = os.open("/", os.O_RDONLY)
        try:
            done = subprocess.run([FRESHREAD, "classify"], stdin=folder, capture_output=True)
        finally:
            os.close(folder)
        self.assertIn(b"cannot read", done.stderr)
        self.assertEqual(done.returncode, 1)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([FRESHREAD, "classify"], input=b"select 1\n", stdout=full, stderr=subprocess.PIPE)
        self.assertIn(b"cannot write", done.stderr)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    FRESHREAD = sys.argv.pop(1)
    unittest.main()
