#include "routing/relation_proof.h"

#include <algorithm>

#include "routing/builtin_names.h"
#include "routing/critical_reads.h"
#include "routing/cte_names.h"
#include "routing/identifier.h"
#include "routing/lexer.h"
#include "routing/system_relations.h"
#include "routing/written_name.h"

namespace freshread {

namespace {

using Verdict = RelationCatalog::Verdict;

// Operators that a query uses without writing them: IN, BETWEEN, LIKE, DISTINCT, ORDER BY, JOIN ... USING.
constexpr std::string_view kImpliedOperators[] = {
    "=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*"};

class Prover {
 public:
    Prover(const StatementClass& is, std::string_view text, const ProofSources& sources)
        : is_(is), text_(text), sources_(sources), catalog_(sources.catalog) {}

    [[nodiscard]] bool only_sets() {
        return sources_.dialect == Dialect::PostgreSql && is_.kind == StatementKind::SessionState &&
               is_.statements == 1 && is_.tables.empty() && !is_.effect_before_commit &&
               reason_of_functions() == Reason::ReadOnReplica &&
               std::all_of(is_.functions.begin(), is_.functions.end(), [](std::string_view written) {
                   const FunctionEffect effect = effect_of_function(written, Dialect::PostgreSql);
                   return effect == FunctionEffect::Harmless || effect == FunctionEffect::SetsSession;
               });
    }

    RelationProof prove() {
        const bool read = is_.kind == StatementKind::Read;
        RelationProof proof{is_.kind, is_.reason, false};
        if (!read && !is_.read_but_for_functions) return proof;

        const Reason functions = reason_of_functions();
        if (functions != Reason::ReadOnReplica) return unproven(functions);
        bool node_dependent = is_.node_dependent || is_.reason == Reason::NodeDependent;
        if (catalog_ && !shows()) {
            switch (worst_relation()) {
                case Verdict::Absent:
                case Verdict::Unknown:
                    return unproven(Reason::UnknownRelation);
                case Verdict::NodeDependent:
                    node_dependent = true;
                    break;
                case Verdict::Plain:
                    break;
            }
            if (may_call_unnamed(is_, text_, *catalog_, *sources_.rules))
                return unproven(Reason::UnknownFunction);
        }
        proof.kind = StatementKind::Read;
        proof.reason = node_dependent ? Reason::NodeDependent : Reason::ReadOnReplica;
        proof.critical = node_dependent || !sources_.critical || sources_.critical->touched_by(is_, text_);
        return proof;
    }

 private:
    [[nodiscard]] RelationProof unproven(Reason reason) const {
        if (reason == Reason::Write) return {StatementKind::Write, Reason::Write, false};
        return {StatementKind::Unknown, reason, missed_};
    }

    // ReadOnReplica when none of them has an effect.
    [[nodiscard]] Reason reason_of_functions() {
        for (const std::string_view written : is_.functions) {
            const auto name = parse_written_name(written, sources_.dialect);
            if (name && sources_.rules->writes(*name)) return Reason::Write;
            const bool builtin = effect_of_function(written, sources_.dialect) != FunctionEffect::Unknown;
            if (builtin ? shadowed(name) : !harmless(written, name)) return Reason::UnknownFunction;
        }
        return Reason::ReadOnReplica;
    }

    // MariaDB's SHOW reads nothing of what it names, which may as well be a database.
    [[nodiscard]] bool shows() const {
        if (sources_.dialect != Dialect::MariaDb || !is_.node_dependent || is_.statements != 1) return false;
        LexicalSettings settings;
        settings.dialect = Dialect::MariaDb;
        Lexer lexer(text_, settings);
        Token first = lexer.next();
        while (first.kind == TokenKind::Comment) first = lexer.next();
        return first.kind == TokenKind::Identifier && equals_folded(first.text, "show");
    }

    // A user's function may be meant by the built-in one's name.
    [[nodiscard]] bool shadowed(const std::optional<WrittenName>& name) const {
        return catalog_ && name && name->schema != "pg_catalog" && catalog_->shadows(*name, *sources_.rules);
    }

    // Something that is not built in: a function, a type or an operator.
    [[nodiscard]] bool harmless(std::string_view written, const std::optional<WrittenName>& name) {
        if (name && sources_.rules->frees(*name)) return true;
        if (!catalog_) return false;
        if (name) {
            const Verdict type = catalog_->type(*name, *sources_.rules);
            missed_ = missed_ || (type == Verdict::Absent && sources_.dialect == Dialect::PostgreSql);
            return type == Verdict::Plain && !catalog_->has_function(*name, *sources_.rules);
        }
        return catalog_->operators(operator_symbol(written), *sources_.rules) == Verdict::Plain;
    }

    [[nodiscard]] Verdict worst_relation() {
        Verdict worst = Verdict::Plain;
        for (const std::string_view written : is_.tables) {
            const auto name = parse_written_name(written, sources_.dialect);
            if (name && sources_.dialect == Dialect::MariaDb && is_system_database(name->schema)) continue;
            Verdict verdict = name ? catalog_->relation(*name, *sources_.rules) : Verdict::Unknown;
            if (verdict == Verdict::Absent) {
                if (names_cte(is_, *name, sources_.dialect) ||
                    (sources_.is_temporary && sources_.is_temporary(written)))
                    continue;
                missed_ = true;
                verdict = Verdict::Unknown;
            }
            worst = std::max(worst, verdict);
        }
        return worst;
    }

    const StatementClass& is_;
    std::string_view text_;
    const ProofSources& sources_;
    const RelationCatalog* catalog_;
    bool missed_ = false;
};

}  // namespace

RelationProof prove(const StatementClass& is, std::string_view text, const ProofSources& sources) {
    return Prover(is, text, sources).prove();
}

std::string_view operator_symbol(std::string_view written) {
    constexpr std::string_view kOperatorBytes = "+-*/<>=~!@#%^&|`?";
    const auto before = written.find_last_not_of(kOperatorBytes);
    return before == std::string_view::npos ? written : written.substr(before + 1);
}

bool may_call_unnamed(const StatementClass& is, std::string_view text, const RelationCatalog& catalog,
                      const FunctionRules& rules) {
    const bool operators = catalog.has_harmful_operators();
    const bool attributes = catalog.has_attribute_functions();
    if ((!operators && !attributes) || is.tables.empty()) return false;
    const auto harmful = [&](std::string_view symbol) {
        return catalog.operators(symbol, rules) > Verdict::Plain;
    };
    if (operators && std::any_of(std::begin(kImpliedOperators), std::end(kImpliedOperators), harmful))
        return true;
    // Where a string ends may depend on the session's settings.
    if (text.find('\\') != std::string_view::npos) return true;
    Lexer lexer(text, {});
    bool behind_dot = false;
    for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
        if (token.kind == TokenKind::Comment) continue;
        if (operators && token.kind == TokenKind::Operator && harmful(token.text)) return true;
        if (attributes && behind_dot) {
            const auto name = parse_written_name(token.text);
            if (name && catalog.has_attribute_function(name->name, rules)) return true;
        }
        behind_dot = token.kind == TokenKind::Dot;
    }
    return false;
}

bool proves_only_sets(const StatementClass& is, const ProofSources& sources) {
    return Prover(is, {}, sources).only_sets();
}

bool needs_proof(const StatementClass& is) {
    if (is.read_but_for_functions) return true;
    return is.kind == StatementKind::Read && !(is.tables.empty() && is.functions.empty());
}

}  // namespace freshread
