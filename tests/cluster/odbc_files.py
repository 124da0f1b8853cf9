"""Writes the odbcinst.ini and odbc.ini with which a test cluster is reached through ODBC."""

from __future__ import annotations

import sysconfig
from pathlib import Path

UNDERLYING_DRIVERS = {
    "PostgreSQL Unicode": "psqlodbcw.so",
    "PostgreSQL ANSI": "psqlodbca.so",
    "MariaDB Unicode": "libmaodbc.so",
    "SQLite3": "libsqlite3odbc.so",
}

Sections = dict[str, dict[str, str]]


def environment(directory: Path) -> dict[str, str]:
    """What lets unixODBC find the files in the directory. Without ODBCINSTINI it marks the second file's name as known
    before it has written it: of threads that begin at once, one may find no driver."""
    return {"ODBCSYSINI": str(directory), "ODBCINI": str(directory / "odbc.ini"), "ODBCINSTINI": "odbcinst.ini"}


def driver_folder() -> Path:
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    return Path("/usr/lib") / multiarch / "odbc"


def drivers(freshread: Path | None) -> Sections:
    sections: Sections = {}
    if freshread is not None:
        sections["Freshread"] = {"Description": "Freshread", "Driver": str(freshread)}
    for name, library in UNDERLYING_DRIVERS.items():
        path = driver_folder() / library
        if path.exists():
            sections[name] = {"Description": name, "Driver": str(path)}
    return sections


def data_sources(ports: dict[str, int], login: str, password: str, state: Path, with_freshread: bool) -> Sections:
    """For every node a DSN, one for psqlodbc's ANSI library (`_ansi`) and one without user and password
    (`_nologin`); then Freshread in front of them."""
    sections: Sections = {}
    for node, port in ports.items():
        for suffix, driver, with_login in (("", "PostgreSQL Unicode", True), ("_ansi", "PostgreSQL ANSI", True),
                                           ("_nologin", "PostgreSQL Unicode", False)):
            sections[f"pg_{node}{suffix}"] = {
                "Driver": driver, "Servername": "127.0.0.1", "Port": str(port), "Database": "postgres",
                "SSLmode": "disable"} | ({"Username": login, "Password": password} if with_login else {})
    if with_freshread:
        replicas = [node for node in ports if node != "leader"]

        def front(suffix: str = "", **keywords: str) -> dict[str, str]:
            return {"Driver": "Freshread", "Leader": f"pg_leader{suffix}",
                    "Replicas": ",".join(f"pg_{node}{suffix}" for node in replicas),
                    "StateDir": str(state)} | keywords

        sections["freshread"] = front()
        sections["freshread_any"] = front(Policy="any")
        sections["freshread_shadow"] = front(Shadow="yes")
        sections["freshread_compare"] = front(Shadow="compare")
        sections["freshread_u1"] = front(User="u1")
        sections["freshread_u2"] = front(User="u2")
        sections["freshread_ansi"] = front("_ansi")
        sections["freshread_nologin"] = front("_nologin")
    return sections


def mariadb_data_sources(ports: dict[str, int], login: str, password: str, state: Path,
                         with_freshread: bool) -> Sections:
    """For every node a DSN; then Freshread in front of them, which reads on any replica: it does not know MariaDB's
    positions yet."""
    sections: Sections = {
        f"mariadb_{node}": {"Driver": "MariaDB Unicode", "SERVER": "127.0.0.1", "PORT": str(port), "DATABASE": "test",
                            "UID": login, "PWD": password} for node, port in ports.items()}
    if with_freshread:
        replicas = ",".join(name for name in sections if name != "mariadb_leader")
        sections["freshread_any"] = {"Driver": "Freshread", "Leader": "mariadb_leader", "Replicas": replicas,
                                     "StateDir": str(state), "Policy": "any"}
    return sections


def write(path: Path, sections: Sections) -> None:
    blocks = ("\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in keywords.items())])
              for name, keywords in sections.items())
    path.write_text("\n\n".join(blocks) + "\n")
