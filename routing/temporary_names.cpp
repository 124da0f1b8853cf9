#include "routing/temporary_names.h"

#include <algorithm>

#include "routing/identifier.h"
#include "routing/token_stream.h"

namespace freshread {

namespace {

// ALTER TABLE a RENAME TO b: whatever follows RENAME ... TO anywhere in it.
void note_renaming(Session& session, TokenStream& stream) {
    while (!stream.at_statement_end()) {
        if (!stream.at_word("rename")) {
            (void)stream.take();
            continue;
        }
        while (!stream.at_statement_end() && !stream.at_word("to")) (void)stream.take();
        (void)stream.take();
        session.remember_temporary(stream.take().text);
    }
}

void note_dropping(Session& session, TokenStream& stream) {
    constexpr std::string_view kRelations[] = {"table", "view", "sequence"};
    (void)stream.take_word("temporary");
    if (std::none_of(std::begin(kRelations), std::end(kRelations),
                     [&](std::string_view word) { return stream.take_word(word); }))
        return;
    if (stream.take_word("if")) (void)stream.take_word("exists");
    while (!stream.at_statement_end()) {
        Token name = stream.take();
        bool of_session = true;
        while (stream.at(TokenKind::Dot)) {
            of_session = equals_folded(name.text, "pg_temp");
            (void)stream.take();
            name = stream.take();
        }
        if (of_session) session.forget_temporary(name.text);
        if (!stream.at(TokenKind::Comma)) return;
        (void)stream.take();
    }
}

// CREATE VIEW v AS ...: temporary when anything behind its name is.
void note_view(Session& session, TokenStream& stream) {
    if (stream.take_word("or")) (void)stream.take_word("replace");
    (void)stream.take_word("recursive");
    if (!stream.take_word("view")) return;
    const std::string_view view = stream.take().text;
    if (stream.at(TokenKind::Dot)) return;  // in a schema: the server refuses it, or it is not temporary
    bool over_temporary = false;
    while (!stream.at_statement_end()) {
        const Token token = stream.take();
        StatementClass one;
        one.tables = {token.text};
        const bool name = token.kind == TokenKind::Identifier || token.kind == TokenKind::QuotedIdentifier;
        over_temporary = over_temporary || (name && session.names_temporary(one));
    }
    if (over_temporary) session.remember_temporary(view);
}

}  // namespace

void note_temporary_names(Session& session, std::string_view text, Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    settings.backslash_escapes = dialect == Dialect::MariaDb;
    settings.ansi_quotes = dialect != Dialect::MariaDb;
    Hints hints;
    TokenStream stream(text, settings, hints);
    if (stream.take_word("alter"))
        note_renaming(session, stream);
    else if (stream.take_word("create"))
        note_view(session, stream);
    else if (stream.take_word("drop") && !session.in_transaction() && session.autocommit())
        note_dropping(session, stream);
}

}  // namespace freshread
