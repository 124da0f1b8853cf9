#include "driver/compared_nodes.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace freshread {

namespace {

// What an answer may take up here, and its node.
constexpr AnswerLimits kLimits{10'000, 4'000'000};
// How long a node may take for a statement; then it is cancelled there, or given up.
constexpr std::chrono::seconds kGivenUpAfter{6};
constexpr std::chrono::seconds kTriedAgainAfter{1};

// First of all on a connection. Cancelled after five seconds; no read may write, whatever it was taken for.
std::string_view guard(Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return "SET default_transaction_read_only = on; SET statement_timeout = 5000; "
                   "SET application_name = 'freshread shadow'";
        case Dialect::MariaDb:
            return "SET SESSION TRANSACTION READ ONLY";
        default:
            return {};
    }
}

bool same(const NodeSource& one, const NodeSource& other) {
    return one.connection_string == other.connection_string && one.library == other.library &&
           one.threading == other.threading && one.record == other.record;
}

bool same(const Attribute& one, const Attribute& other) {
    return one.id == other.id && one.value == other.value && one.text == other.text &&
           one.is_text == other.is_text && one.wide == other.wide;
}

}  // namespace

bool ComparedSession::same_as(const ComparedSession& other) const {
    const auto alike = [](const auto& one, const auto& another) { return same(one, another); };
    return std::equal(nodes.begin(), nodes.end(), other.nodes.begin(), other.nodes.end(), alike) &&
           std::equal(attributes.begin(), attributes.end(), other.attributes.begin(), other.attributes.end(),
                      alike) &&
           odbc_version == other.odbc_version && wide == other.wide && dialect == other.dialect &&
           positions == other.positions;
}

ComparedNodes::ComparedNodes(const ComparedSession& session) : session_(session) {
    environment_.set_attribute(SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(
                                                          static_cast<std::intptr_t>(session.odbc_version)));
}

ComparedNodes::~ComparedNodes() {
    const WatchedCall call(patience(), WatchedCall::Of::Ours);
    opened_.clear();
}

Patience ComparedNodes::patience() const {
    return {kGivenUpAfter, session_.sign_of_life};
}

Answer ComparedNodes::ask(NodeId node, StatementText& text) {
    Backend* backend = this->node(node);
    if (!backend) return {};
    WatchedCall watched(backend->patience(), WatchedCall::Of::Ours);
    Answer answer = answer_of(*backend, text, kLimits);
    const bool broken = watched.end();
    if (broken || (answer.is == Answer::Is::Failed && backend->dead())) {
        opened_.erase(node);
        answer = {};
    }
    return answer;
}

Position ComparedNodes::position(NodeId node, std::chrono::milliseconds age) {
    Backend* backend = session_.positions ? this->node(node) : nullptr;
    if (!backend) return {};
    if (boot_now() - backend->asked_at < age) return backend->position();
    if (backend->ask(false)) return backend->position();
    opened_.erase(node);
    return {};
}

Backend* ComparedNodes::node(NodeId node) {
    Opened& opened = opened_[node];
    if (opened.backend || boot_now() < opened.not_before) return opened.backend.get();
    opened.backend = open(node);
    if (!opened.backend) opened.not_before = boot_now() + kTriedAgainAfter;
    return opened.backend.get();
}

std::unique_ptr<Backend> ComparedNodes::open(NodeId node) {
    NodeSource source = session_.nodes.at(node);
    source.patience = patience();
    Diagnostics unseen;
    std::unique_ptr<Backend> backend;
    try {
        backend = Backend::open(environment_, source, node, session_.wide, session_.attributes, unseen);
    } catch (const DriverError&) {
        return nullptr;
    }
    if (!backend) return nullptr;
    const std::string_view first = guard(session_.dialect);
    if (!first.empty() && !backend->run(first)) return nullptr;
    // By cursors, so that no more of a result is read than is looked at. Other drivers do not know it.
    if (session_.dialect == Dialect::PostgreSql)
        backend->set_attribute({kDeclaresCursors, reinterpret_cast<SQLPOINTER>(1), SQL_IS_UINTEGER});
    return backend;
}

}  // namespace freshread
