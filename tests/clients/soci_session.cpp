// A session of SOCI as in sessions.py: soci_session DSN ROUNDS
// The package is configured for Boost, which is only needed to bind Boost's types.
#include <soci/soci-config.h>
#undef SOCI_HAVE_BOOST

#include <soci/odbc/soci-odbc.h>
#include <soci/soci.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

const std::string kUnicode = "ä€漢😀";

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

std::string shown(const std::string& text) {
    if (text.size() <= 200) return "'" + text + "'";
    unsigned sum = 0;
    for (const char byte : text) sum = sum * 31 + static_cast<unsigned char>(byte);
    return std::to_string(text.size()) + " long, " + std::to_string(sum);
}

std::string shown(const std::tm& moment) {
    char text[40];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &moment)};
}

template <class Value>
std::string shown(const Value& value) {
    return std::to_string(value);
}

std::string shown(const soci::row& row, std::size_t column) {
    if (row.get_indicator(column) == soci::i_null) return "NULL";
    switch (row.get_properties(column).get_data_type()) {
        case soci::dt_integer:
            return shown(row.get<int>(column));
        case soci::dt_long_long:
            return shown(row.get<long long>(column));
        case soci::dt_double:
            return shown(row.get<double>(column));
        case soci::dt_date:
            return shown(row.get<std::tm>(column));
        default:
            return shown(row.get<std::string>(column));
    }
}

void show(const std::string& title, const std::string& value) {
    std::cout << title << "\n    " << value << "\n";
}

void show(const std::string& title, const soci::rowset<soci::row>& rows) {
    std::cout << title << "\n";
    bool first = true;
    for (const soci::row& row : rows) {
        for (std::size_t i = 0; first && i < row.size(); ++i)
            std::cout << "    " << row.get_properties(i).get_name() << " of type "
                      << row.get_properties(i).get_data_type() << "\n";
        first = false;
        for (std::size_t i = 0; i < row.size(); ++i) std::cout << (i == 0 ? "    " : " | ") << shown(row, i);
        std::cout << "\n";
    }
}

// Shows how the statement fails.
template <class Action>
void fail(const std::string& title, Action action) {
    try {
        action();
        show(title, "no error");
    } catch (const soci::odbc_soci_error& error) {
        show(title, std::string{reinterpret_cast<const char*>(error.odbc_error_code())} + " " +
                        std::to_string(error.native_error_code()) + " " +
                        reinterpret_cast<const char*>(error.odbc_error_message()));
    } catch (const std::exception& error) {
        show(title, error.what());
    }
}

class Session {
 public:
    explicit Session(const std::string& dsn) : dsn_(dsn), database_(soci::odbc, "DSN=" + dsn) {}

    void fill() {
        auto* backend = static_cast<soci::odbc_session_backend*>(database_.get_backend());
        show("driver", database_.get_backend_name() + " " + std::to_string(backend->get_database_product()));
        database_ << "create table everything (id int primary key, amount numeric(12,3), day date, moment "
                     "timestamp, "
                     "word varchar(60), long_text text, bytes bytea)";
        std::tm day{};
        day.tm_year = 124;
        day.tm_mon = 1;
        day.tm_mday = 29;
        std::tm moment = day;
        moment.tm_hour = 12;
        moment.tm_min = 30;
        moment.tm_sec = 1;
        const std::string word = "naïve " + kUnicode;
        const std::string long_text = repeated(kUnicode + " ", 20'000);
        const std::string bytes = "\\x" + repeated("00ff80", 5000);
        const double amount = 12345.678;
        database_ << "insert into everything values (1, :amount, :day, :moment, :word, :long, cast(:bytes as "
                     "bytea))",
            soci::use(amount), soci::use(day), soci::use(moment), soci::use(word), soci::use(long_text),
            soci::use(bytes);
        soci::indicator null = soci::i_null;
        database_ << "insert into everything values (2, :amount, :day, :moment, :word, :long, null)",
            soci::use(amount, null), soci::use(day, null), soci::use(moment, null), soci::use(word, null),
            soci::use(long_text, null);
        database_ << "insert into everything values (3, -0.001, '0001-01-01', '1999-12-31 23:59:59', '', "
                     "'it''s', '')";

        // An array of parameters.
        std::vector<int> ids;
        std::vector<double> amounts;
        std::vector<std::string> words;
        for (int id = 10; id < 60; ++id) {
            ids.push_back(id);
            amounts.push_back(id / 8.0);
            words.push_back("word " + std::to_string(id));
        }
        soci::statement insert =
            (database_.prepare << "insert into everything (id, amount, word) values (:i, :a, :w)",
             soci::use(ids), soci::use(amounts), soci::use(words));
        insert.execute(true);
        show("array", std::to_string(insert.get_affected_rows()));
    }

    void settle() {
        std::cout << "settle" << std::endl;
        for (std::string answer; std::getline(std::cin, answer) && answer != "go";) {
            int none = 0;
            database_ << "select 1 from everything where id = -1", soci::into(none);
            std::cout << "settle" << std::endl;
        }
    }

    void read() {
        show("rows", rows("select * from everything order by id"));
        std::string long_text;
        database_ << "select long_text from everything where id = 1", soci::into(long_text);
        show("long", shown(long_text));
        std::string word = "naïve " + kUnicode;
        int id = 0;
        database_ << "select id from everything where word = :word", soci::use(word), soci::into(id);
        show("by word", std::to_string(id) + (database_.got_data() ? "" : " none"));

        std::vector<int> ids(20);
        std::vector<double> amounts(20);
        std::vector<soci::indicator> indicators(20);
        soci::statement bulk = (database_.prepare << "select id, amount from everything order by id",
                                soci::into(ids), soci::into(amounts, indicators));
        bulk.execute();
        while (bulk.fetch()) {
            std::string line;
            for (std::size_t i = 0; i < ids.size(); ++i)
                line += std::to_string(ids[i]) +
                        (indicators[i] == soci::i_null ? " NULL, " : " " + std::to_string(amounts[i]) + ", ");
            show("fetched " + std::to_string(ids.size()), line);
        }

        double amount = 0;
        double sum = 0;
        soci::statement point = (database_.prepare << "select amount from everything where id = :id",
                                 soci::use(id), soci::into(amount));
        for (int pass = 0; pass < 2; ++pass)
            for (id = 10; id < 60; ++id) {
                point.execute(true);
                sum += amount;
            }
        show("prepared", std::to_string(sum));

        int outer_id = 0;
        soci::statement outer =
            (database_.prepare << "select id from everything where id between 10 and 14 order by id",
             soci::into(outer_id));
        soci::statement inner =
            (database_.prepare << "select word from everything where id > :id order by id",
             soci::use(outer_id), soci::into(word));
        outer.execute();
        while (outer.fetch()) {
            inner.execute(true);
            show("nested", std::to_string(outer_id) + " " + word);
        }
        int none = 0;
        soci::indicator indicator = soci::i_ok;
        database_ << "select max(id) from everything where id < 0", soci::into(none, indicator);
        show("null", std::to_string(indicator == soci::i_null));
    }

    void list() {
        std::string table = "everything";
        std::string name;
        soci::statement tables = (database_.prepare_table_names(), soci::into(name));
        tables.execute();
        while (tables.fetch()) show("table", name);
        soci::column_info column;
        soci::statement columns = (database_.prepare_column_descriptions(table), soci::into(column));
        columns.execute();
        while (columns.fetch())
            show("column", column.name + " " + std::to_string(column.type) + " " +
                               std::to_string(column.length) + " " + std::to_string(column.precision) + " " +
                               std::to_string(column.scale) + " " + std::to_string(column.nullable));
    }

    void fail_statements() {
        for (const char* bad : {"selec 1", "select * from nowhere", "insert into everything (id) values (1)",
                                "select 1/0", "select cast('x' as int)"})
            fail(bad, [&] { database_ << bad; });
        fail("null without an indicator", [&] {
            int none = 0;
            database_ << "select amount from everything where id = 2", soci::into(none);
        });
    }

    void transact() {
        {
            soci::transaction transaction{database_};
            database_ << "insert into everything (id, word) values (100, 'rolled back')";
            count("inside");
            transaction.rollback();
        }
        count("rolled back");
        {
            soci::transaction transaction{database_};
            soci::statement update =
                (database_.prepare << "update everything set word = 'changed' where id between 10 and 19");
            update.execute(true);
            show("updated", std::to_string(update.get_affected_rows()));
            fail("in a transaction", [&] { database_ << "insert into everything (id) values (1)"; });
            fail("aborted", [&] { count("after the failure"); });
            transaction.rollback();
        }
        {
            soci::transaction transaction{database_};
            database_ << "insert into everything (id, word) values (101, 'committed')";
            transaction.commit();
        }
        count("committed");
    }

    void read_writes(int rounds) {
        int seen = 0;
        for (int round = 1; round <= rounds; ++round) {
            const int id = 1000 + round;
            const std::string word = "round " + std::to_string(round);
            database_ << "insert into everything (id, word) values (:id, :word)", soci::use(id),
                soci::use(word);
            soci::session another{soci::odbc, "DSN=" + dsn_};
            std::string found;
            another << "select word from everything where id = :id", soci::use(id), soci::into(found);
            seen += another.got_data() && found == word;
        }
        std::cout << seen << " of " << rounds << " rounds read what they wrote\n";
        database_ << "drop table everything";
    }

 private:
    soci::rowset<soci::row> rows(const std::string& text) { return database_.prepare << text; }

    void count(const std::string& title) {
        int number = 0;
        database_ << "select count(*) from everything", soci::into(number);
        show(title, std::to_string(number));
    }

    std::string dsn_;
    soci::session database_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        Session session{argv[1]};
        session.fill();
        session.settle();
        session.read();
        session.list();
        session.fail_statements();
        session.transact();
        session.read_writes(std::stoi(argv[2]));
    } catch (const std::exception& error) {
        std::cout << "stopped: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
