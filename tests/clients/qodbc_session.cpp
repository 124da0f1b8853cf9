// A session of Qt's QODBC as in sessions.py: qodbc_session DSN ROUNDS
#include <QtCore/QCoreApplication>
#include <QtCore/QCryptographicHash>
#include <QtCore/QDateTime>
#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlDriver>
#include <QtSql/QSqlError>
#include <QtSql/QSqlField>
#include <QtSql/QSqlIndex>
#include <QtSql/QSqlQuery>
#include <QtSql/QSqlRecord>
#include <iostream>

namespace {

const QString kUnicode = QStringLiteral(u"ä€漢😀");
const QString kWord = "naïve " + kUnicode;

QString shown(const QVariant& value) {
    if (value.isNull()) return QStringLiteral("NULL");
    const QByteArray bytes =
        value.type() == QVariant::ByteArray ? value.toByteArray() : value.toString().toUtf8();
    QString text = QString::fromLatin1(value.typeName()) + ' ';
    if (bytes.size() > 200 || value.type() == QVariant::ByteArray)
        return text + QString::number(bytes.size()) + " long, " +
               QCryptographicHash::hash(bytes, QCryptographicHash::Md5).toHex();
    if (value.type() == QVariant::DateTime) return text + value.toDateTime().toString(Qt::ISODateWithMs);
    return text + QString::fromUtf8(bytes);
}

void show(const QString& title, const QVariantList& values) {
    QStringList texts;
    for (const QVariant& value : values) texts.append(shown(value));
    std::cout << title.toStdString() << "\n    " << texts.join(QStringLiteral(" | ")).toStdString() << "\n";
}

void show_error(const QString& title, const QSqlError& error) {
    show(title, {error.type(), error.nativeErrorCode(), error.driverText(), error.databaseText()});
}

void show_rows(const QString& title, QSqlQuery& query) {
    const int columns = query.record().count();
    while (query.next()) {
        QVariantList row;
        for (int column = 0; column < columns; ++column) row.append(query.value(column));
        show(title, row);
    }
    if (query.lastError().isValid()) show_error(title, query.lastError());
}

void show_record(const QString& title, const QSqlRecord& record) {
    for (int i = 0; i < record.count(); ++i) {
        const QSqlField field = record.field(i);
        show(title, {field.name(), QString::fromLatin1(QVariant::typeToName(field.type())), field.length(),
                     field.precision(), field.requiredStatus(), field.typeID()});
    }
}

class Session {
 public:
    explicit Session(const QString& dsn) : dsn_(dsn), database_(open(QStringLiteral("session"))) {}
    // Connections end before the application does, and are not used by then.
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() {
        database_.close();
        database_ = {};
        QSqlDatabase::removeDatabase(QStringLiteral("session"));
    }

    void fill() {
        const QSqlDriver* driver = database_.driver();
        QVariantList features;
        for (int feature = QSqlDriver::Transactions; feature <= QSqlDriver::CancelQuery; ++feature)
            features.append(driver->hasFeature(static_cast<QSqlDriver::DriverFeature>(feature)));
        show("features", features);
        execute(
            "create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp, "
            "word varchar(60), long_text text, bytes bytea)");
        QSqlQuery insert{database_};
        insert.prepare("insert into everything values (:id, :amount, :day, :moment, :word, :long, :bytes)");
        const auto bind = [&](int id, const QVariantList& values) {
            static const QStringList kNames{":amount", ":day", ":moment", ":word", ":long", ":bytes"};
            insert.bindValue(":id", id);
            for (int i = 0; i < kNames.size(); ++i) insert.bindValue(kNames[i], values[i]);
            show("inserted", {insert.exec(), insert.numRowsAffected(), insert.lastError().databaseText()});
        };
        bind(1, {"12345.678", QDate{2024, 2, 29}, QDateTime{{2024, 2, 29}, {12, 30, 1, 250}, Qt::UTC}, kWord,
                 QString{kUnicode + ' '}.repeated(40'000), QByteArray{"\0\xff\x80", 3}.repeated(5000)});
        bind(2, {QVariant{QVariant::String}, QVariant{QVariant::Date}, QVariant{QVariant::DateTime},
                 QVariant{QVariant::String}, QVariant{QVariant::String}, QVariant{QVariant::ByteArray}});
        bind(3, {"-0.001", QDate{1, 1, 1}, QDateTime{{1999, 12, 31}, {23, 59, 59}, Qt::UTC}, "", "it's",
                 QByteArray{""}});
        QSqlQuery many{database_};
        many.prepare("insert into everything (id, amount, word) values (?, ?, ?)");
        QVariantList ids;
        QVariantList amounts;
        QVariantList words;
        for (int id = 10; id < 60; ++id) {
            ids.append(id);
            amounts.append(id / 8.0);
            words.append("word " + QString::number(id));
        }
        many.addBindValue(ids);
        many.addBindValue(amounts);
        many.addBindValue(words);
        show("batch", {many.execBatch(), many.numRowsAffected()});
    }

    void settle() {
        std::cout << "settle" << std::endl;
        for (std::string answer; std::getline(std::cin, answer) && answer != "go";) {
            QSqlQuery query{"select 1 from everything where id = -1", database_};
            std::cout << "settle" << std::endl;
        }
    }

    void read() {
        QSqlQuery all{database_};
        all.exec("select * from everything order by id");
        show_record("column", all.record());
        show("size", {all.size(), all.isForwardOnly()});
        show_rows("row", all);
        show("scrolled", {all.last(), all.value(0), all.first(), all.value(0), all.seek(5), all.value(0),
                          all.previous(), all.value(4)});
        QSqlQuery forward{database_};
        forward.setForwardOnly(true);
        forward.setNumericalPrecisionPolicy(QSql::LowPrecisionDouble);
        forward.exec("select id, amount, long_text from everything where id < 12 order by id");
        show_rows("forward", forward);
        QSqlQuery found{database_};
        found.prepare("select id, word from everything where word = ?");
        found.addBindValue(kWord);
        found.exec();
        show_rows("by word", found);

        QSqlQuery point{database_};
        point.prepare("select amount from everything where id = ?");
        double sum = 0;
        for (int i = 0; i < 100; ++i) {
            point.bindValue(0, 10 + i % 50);
            point.exec();
            sum += point.next() ? point.value(0).toDouble() : -1000;
        }
        show("prepared", {sum});

        QSqlQuery outer{"select id from everything where id between 10 and 14 order by id", database_};
        QSqlQuery inner{database_};
        inner.prepare("select word from everything where id > ? order by id");
        while (outer.next()) {
            inner.bindValue(0, outer.value(0));
            inner.exec();
            show("nested", {outer.value(0), inner.next(), inner.value(0)});
        }
        QSqlQuery two{"select id from everything where id = 10; select word from everything where id = 11",
                      database_};
        show_rows("first", two);
        show("another", {two.nextResult()});
        show_rows("second", two);
    }

    void list() {
        show("tables",
             {database_.tables().filter("everything").join(' '), database_.tables(QSql::Views).join(' ')});
        show_record("column", database_.record("everything"));
        const QSqlIndex key = database_.primaryIndex("everything");
        show("key", {key.name(), key.count(), key.fieldName(0)});
    }

    void fail() {
        for (const char* bad : {"selec 1", "select * from nowhere", "insert into everything (id) values (1)",
                                "select 1/0", "select cast('x' as int)"}) {
            QSqlQuery query{database_};
            show(bad, {query.exec(bad), query.isActive()});
            show_error(bad, query.lastError());
            show("prepared", {query.prepare(bad), query.exec(), query.lastError().nativeErrorCode()});
        }
    }

    void transact() {
        show("begun", {database_.transaction()});
        execute("insert into everything (id, word) values (100, 'rolled back')");
        count("inside");
        show("rolled back", {database_.rollback()});
        count("rolled back");
        show("begun", {database_.transaction()});
        execute("update everything set word = 'changed' where id between 10 and 19");
        execute("insert into everything (id) values (1)");
        count("aborted");
        show("rolled back", {database_.rollback()});
        show("begun", {database_.transaction()});
        execute("insert into everything (id, word) values (101, 'committed')");
        show("committed", {database_.commit()});
        count("committed");
    }

    void read_writes(int rounds) {
        int seen = 0;
        QSqlQuery write{database_};
        write.prepare("insert into everything (id, word) values (?, ?)");
        for (int round = 1; round <= rounds; ++round) {
            const QString word = "round " + QString::number(round);
            write.bindValue(0, 1000 + round);
            write.bindValue(1, word);
            write.exec();
            {
                QSqlDatabase another = open(QStringLiteral("another"));
                QSqlQuery query{another};
                query.prepare("select word from everything where id = ?");
                query.bindValue(0, 1000 + round);
                seen += query.exec() && query.next() && query.value(0).toString() == word;
            }
            QSqlDatabase::removeDatabase(QStringLiteral("another"));
        }
        std::cout << seen << " of " << rounds << " rounds read what they wrote\n";
        write.finish();
        execute("drop table everything");
    }

 private:
    QSqlDatabase open(const QString& name) {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QODBC"), name);
        database.setDatabaseName(dsn_);
        if (!database.open()) show_error("not connected", database.lastError());
        return database;
    }

    void execute(const QString& text) {
        QSqlQuery query{database_};
        show(text, {query.exec(text), query.numRowsAffected(), query.lastError().nativeErrorCode()});
    }

    void count(const QString& title) {
        QSqlQuery query{"select count(*) from everything", database_};
        show_rows(title, query);
    }

    QString dsn_;
    QSqlDatabase database_;
};

}  // namespace

int main(int argc, char** argv) {
    const QCoreApplication application{argc, argv};
    if (argc != 3) return 2;
    Session session{QString::fromLocal8Bit(argv[1])};
    session.fill();
    session.settle();
    session.read();
    session.list();
    session.fail();
    session.transact();
    session.read_writes(QString::fromLocal8Bit(argv[2]).toInt());
    return 0;
}
