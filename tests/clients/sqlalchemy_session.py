#!/usr/bin/python3
"""A session of SQLAlchemy on pyodbc as in sessions.py: sqlalchemy_session.py DSN ROUNDS

SQLAlchemy brings a dialect for PostgreSQL and a connector for pyodbc, but not the two together.
"""
from __future__ import annotations

import datetime
import decimal
import hashlib
import os
import sys

import sqlalchemy
from sqlalchemy import Column, Date, DateTime, ForeignKey, Integer, LargeBinary, Numeric, String, Text, func, select
from sqlalchemy.connectors.pyodbc import PyODBCConnector
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import Session, declarative_base, relationship

UNICODE = "ä€漢😀"
Base = declarative_base()


class Dialect(PyODBCConnector, PGDialect):
    supports_statement_cache = True
    # What pyodbc returns is converted already.
    colspecs = {kind: replacement for kind, replacement in PGDialect.colspecs.items() if kind is not Numeric}


class Everything(Base):
    __tablename__ = "everything"
    id = Column(Integer, primary_key=True, autoincrement=False)
    amount = Column(Numeric(12, 3))
    day = Column(Date)
    moment = Column(DateTime)
    word = Column(String(60), unique=True)
    long_text = Column(Text)
    bytes = Column(LargeBinary)
    parts = relationship("Part", order_by="Part.id", back_populates="whole")


class Part(Base):
    __tablename__ = "part"
    id = Column(Integer, primary_key=True)
    whole_id = Column(Integer, ForeignKey("everything.id"))
    whole = relationship(Everything, back_populates="parts")


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{type(value).__name__} of {len(value)}, {hashlib.md5(text.encode()).hexdigest()}"


def show(title: str, *rows: object) -> None:
    print(title)
    for row in rows:
        print("   ", " | ".join(shown(value) for value in row) if isinstance(row, (tuple, sqlalchemy.engine.Row)) else shown(row))


def main(dsn: str, rounds: int) -> None:
    registry.register("postgresql.pyodbc", __name__, "Dialect")
    url = sqlalchemy.engine.URL.create("postgresql+pyodbc", "app", os.environ["FRESHREAD_TEST_PASSWORD"], dsn)
    engine = sqlalchemy.create_engine(url)
    Base.metadata.create_all(engine)
    show("created", sorted(sqlalchemy.inspect(engine).get_table_names()))

    with Session(engine) as session:
        session.add_all([
            Everything(id=1, amount=decimal.Decimal("12345.678"), day=datetime.date(2024, 2, 29), word=f"naïve {UNICODE}",
                       moment=datetime.datetime(2024, 2, 29, 12, 30, 1, 250000), long_text=f"{UNICODE} " * 40_000,
                       bytes=b"\x00\xff\x80" * 5000),
            Everything(id=2),
            Everything(id=3, amount=decimal.Decimal("-0.001"), day=datetime.date(1, 1, 1), word="", long_text="it's", bytes=b"",
                       moment=datetime.datetime(1999, 12, 31, 23, 59, 59))])
        session.add_all([Everything(id=n, amount=decimal.Decimal(n) / 8, word=f"word {n}") for n in range(10, 60)])
        session.flush()
        # The key comes back with INSERT ... RETURNING.
        session.add_all([Part(whole_id=10), Part(whole_id=10), Part(whole_id=1)])
        session.commit()

    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    table = Everything.__table__
    with reading.connect() as connection:
        print("settle", flush=True)
        while sys.stdin.readline() != "go\n":
            connection.execute(sqlalchemy.text("select 1 from everything where id = -1")).all()
            print("settle", flush=True)
        show("rows", *connection.execute(select(table).order_by(table.c.id)))
        show("by word", *connection.execute(select(table.c.id).where(table.c.word == f"naïve {UNICODE}")))
        show("joined", *connection.execute(select(table.c.word, func.count(Part.id)).join(Part).group_by(table.c.word)
                                           .order_by(table.c.word)))
        point = select(table.c.amount).where(table.c.id == sqlalchemy.bindparam("id"))
        show("repeated", sum(connection.execute(point, {"id": n}).scalar_one() for n in [*range(10, 60)] * 2))
        outer = connection.execute(select(table.c.id).where(table.c.id.between(10, 14)).order_by(table.c.id))
        for (number,) in outer:
            show("nested", connection.execute(select(table.c.word).where(table.c.id > number).order_by(table.c.id)).first())
        show("text", *connection.execute(sqlalchemy.text("select cast(:n as int) + 1, cast(:t as text)"), {"n": 41, "t": UNICODE}))

    inspector = sqlalchemy.inspect(engine)
    show("columns", *({**column, "type": str(column["type"])} for column in inspector.get_columns("everything")))
    show("keys", inspector.get_pk_constraint("everything"), *inspector.get_foreign_keys("part"))
    show("tables", *sorted(inspector.get_table_names()))

    for bad in ("selec 1", "select * from nowhere", "insert into everything (id) values (1)", "select 1/0",
                "insert into part (id, whole_id) values (99, 99)"):
        for how, used in (("transaction", engine), ("autocommit", reading)):
            try:
                with used.connect() as connection:
                    connection.execute(sqlalchemy.text(bad))
                    show(bad, "no error")
            except sqlalchemy.exc.DBAPIError as error:
                show(f"{how}: {bad}", type(error).__name__, error.orig.args)

    def count(title: str, connection: sqlalchemy.engine.Connection) -> None:
        show(title, connection.execute(select(func.count()).select_from(table)).scalar())

    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(table.insert(), {"id": 100, "word": "rolled back"})
        count("inside", connection)
        transaction.rollback()
        count("rolled back", connection)
    with engine.begin() as connection:
        with connection.begin_nested() as savepoint:
            show("deleted", connection.execute(table.delete().where(table.c.id > 20)).rowcount)
            savepoint.rollback()
        show("updated", connection.execute(table.update().where(table.c.id.between(11, 19)).values(day=None)).rowcount)
        connection.execute(table.insert(), {"id": 101, "word": "committed"})
    with Session(engine) as session:
        whole = session.get(Everything, 10)
        whole.word = UNICODE
        show("parts", *(part.whole is whole for part in whole.parts))
        session.delete(session.get(Everything, 59))
        session.commit()
        show("expired and read again", whole.word)
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        count("serializable", connection)

    seen = 0
    for number in range(1, rounds + 1):
        with engine.begin() as connection:
            connection.execute(table.insert(), {"id": 1000 + number, "word": f"round {number}"})
        another = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
        with another.connect() as connection:
            if number % 2:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            seen += connection.execute(select(table.c.word).where(table.c.id == 1000 + number)).scalar() == f"round {number}"
    print(f"{seen} of {rounds} rounds read what they wrote")
    Base.metadata.drop_all(engine)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
