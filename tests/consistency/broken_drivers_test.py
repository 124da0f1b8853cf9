#!/usr/bin/python3
"""The checker finds a violation with each driver in which a rule is broken (BrokenDrivers.cmake); with FRESHREAD_LONG also
none with users in Redis and the driver as it is shipped.

Inside `tests/cluster/cluster run`: broken_drivers_test.py CHECKER NAME=DRIVER...
"""
from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

CHECKER = ""
DRIVERS: dict[str, str] = {}
# How each is run for what is broken in it to matter; replay is paused where nothing else is said, and late otherwise.
WITH: dict[str, list[str]] = {"last_writer_wins": ["--disturbed", "--pace", "0", "--keywords", "Capture=commit"],
                             "sample_of_before_the_connection": ["--disturbed", "--pace", "4", "--only", "new worker"]}


class BrokenDrivers(unittest.TestCase):
    def test_are_found(self) -> None:
        folder = Path(os.environ["FRESHREAD_TEST_DIR"])
        installed = Path(os.environ["ODBCSYSINI"])
        for name, driver in DRIVERS.items():
            own = folder / f"odbc-{name}"
            own.mkdir()
            (own / "data").mkdir()
            for file in installed.iterdir():
                if not file.is_file():
                    continue
                text = file.read_text()
                if file.name == "odbcinst.ini":
                    section = text.index("[Freshread]")
                    begin = text.index("Driver", section)
                    text = text[:begin] + f"Driver = {driver}" + text[text.index("\n", begin):]
                (own / file.name).write_text(text)
            with self.subTest(name):
                subprocess.run([CHECKER, "--expect-violation", "--seconds", "30", *WITH.get(name, [])], check=True,
                               env=os.environ | {"ODBCSYSINI": str(own), "FRESHREAD_TEST_DIR": str(own / "data")})

    @unittest.skipUnless(os.environ.get("FRESHREAD_LONG"), "ten minutes")
    def test_none_is_found_in_the_whole_driver_with_redis(self) -> None:
        folder = Path(os.environ["FRESHREAD_TEST_DIR"]) / "redis"
        folder.mkdir()
        subprocess.run([CHECKER, "--redis", "--seconds", "600"], check=True,
                       env=os.environ | {"FRESHREAD_TEST_DIR": str(folder)})


if __name__ == "__main__":
    CHECKER = sys.argv.pop(1)
    while len(sys.argv) > 1:
        name, _, path = sys.argv.pop(1).partition("=")
        DRIVERS[name] = path
    unittest.main(verbosity=2)
