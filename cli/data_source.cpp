#include "cli/data_source.h"

#include <stdexcept>

#include "driver/connection_string.h"

namespace freshread {

namespace {

std::string words_of(const Diagnostics& diagnostics) {
    std::string words;
    for (SQLSMALLINT number = 1; number <= diagnostics.count(); ++number) {
        if (!words.empty()) words += '\n';
        words += diagnostics.record(number)->sqlstate + ' ' + diagnostics.record(number)->message;
    }
    return words;
}

}  // namespace

DataSource::DataSource(const std::string& name, const std::string& user) {
    const bool whole = name.find('=') != std::string::npos;
    KeywordList given = whole ? parse_connection_string(name) : KeywordList{{"DSN", name}};
    if (!user.empty()) {
        std::erase_if(given, [](const auto& keyword) { return equal_ignoring_case(keyword.first, "User"); });
        given.emplace_back("User", user);
    }
    const std::string* dsn = find_keyword(given, "DSN");
    if (dsn && read_dsn_section(*dsn).empty())
        throw std::runtime_error("there is no data source '" + *dsn + "' in odbc.ini");
    if (!SQL_SUCCEEDED(connection_.connect(dsn ? *dsn : std::string(), given, false)))
        throw std::runtime_error(words_of(connection_.diagnostics));
}

DataSource::~DataSource() {
    close();
}

void DataSource::close() {
    try {
        if (connection_.connected()) connection_.disconnect();
    } catch (const std::exception&) {
        return;  // the process ends anyway
    }
}

}  // namespace freshread
