// Shadow=compare: which reads are handed over to be compared (driver/comparer.h), and of what connections.
#include <algorithm>
#include <array>

#include "driver/carried_attributes.h"
#include "driver/comparer.h"
#include "driver/connection.h"
#include "driver/statement.h"
#include "routing/builtin_names.h"

namespace freshread {

namespace {

// What waits in the queue is not to be much.
constexpr std::size_t kLongestCompared = 16'384;

// Two answers are never the same, or hardly ever. What is missing here is found out (Comparison::Changing).
bool varies(const StatementClass& statement) {
    constexpr std::array<std::string_view, 14> kVarying{
        "clock_timestamp", "gen_random_uuid",     "now",     "rand",      "random",
        "random_bytes",    "statement_timestamp", "sysdate", "timeofday", "transaction_timestamp",
        "unix_timestamp",  "utc_timestamp",       "uuid",    "uuid_short"};
    return std::any_of(statement.functions.begin(), statement.functions.end(), [&](std::string_view name) {
        const std::string_view last = name.substr(name.rfind('.') + 1);
        return std::any_of(kVarying.begin(), kVarying.end(),
                           [&](std::string_view varying) { return names_same(last, varying); });
    });
}

}  // namespace

std::optional<Comparison> Connection::hindrance(const Statement& statement, const StatementClass& is) const {
    if (!statement.prepared()) return Comparison::Catalog;
    if (statement.has_parameters()) return Comparison::Parameters;
    if (is.statements > 1) return Comparison::Statements;
    if (varies(is)) return Comparison::Varies;
    if (session_.transactional()) return Comparison::Transaction;
    const bool attributes_of_its_own =
        std::any_of(attributes_.begin(), attributes_.end(), [this](const Attribute& attribute) {
            return attribute.revision > attributes_at_connect_ && !stays_on_leader(attribute.id);
        });
    if (!session_settings_.empty() || ran_unknown_code_ || session_.has_temporary() || attributes_of_its_own)
        return Comparison::Session;
    if (statement.text().size() > kLongestCompared) return Comparison::TooLarge;
    const bool serialized = std::any_of(sources_.begin(), sources_.end(), [](const NodeSource& source) {
        return source.threading == Threading::Library;
    });
    return serialized ? std::optional(Comparison::Serialized) : std::nullopt;
}

void Connection::join_comparing() {
    ComparedSession session;
    session.nodes = sources_;
    std::copy_if(attributes_.begin(), attributes_.end(), std::back_inserter(session.attributes),
                 [this](const Attribute& attribute) {
                     return attribute.revision <= attributes_at_connect_ && !stays_on_leader(attribute.id);
                 });
    environment_->get_attribute(SQL_ATTR_ODBC_VERSION, &session.odbc_version);
    session.wide = wide_;
    session.dialect = dialect_;
    session.positions = positions_;
    session.sign_of_life = sign_of_life_;
    compared_ = Comparer::of_process().join(session);
}

void Connection::compare(const Statement& statement, const std::shared_ptr<const ClassifiedText>& text,
                         const Route& route) noexcept {
    NodeRecord& record = *sources_[route.shadowed].record;
    try {
        ComparedRead read;
        {
            const std::scoped_lock lock(mutex);
            if (choices_.shadow != Shadow::Compare) return;
            if (const auto hindered = hindrance(statement, text->is)) return record.count(*hindered);
            if (!compared_) join_comparing();
            read.session = compared_;
            read.log = log_;
        }
        read.replica = route.shadowed;
        read.is = text;
        read.text = statement.text();
        read.nothing_asks_leader = route.nothing_asks_leader;
        Comparer::of_process().submit(std::move(read));
    } catch (const std::exception&) {
        record.count(Comparison::Failed);
    }
}

void Connection::end_comparing() {
    if (const auto session = std::exchange(compared_, nullptr)) Comparer::of_process().leave(session);
}

}  // namespace freshread
