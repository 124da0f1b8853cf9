// A statement's text: prepared, carried to another node, run there once; and the cursor's name.
#include "driver/command.h"
#include "driver/connection.h"
#include "driver/statement.h"
#include "driver/text_call.h"

namespace freshread {

bool Statement::prepare_on(UnderlyingStatement& underlying) {
    const DriverLibrary& library = underlying.library();
    if (!SQL_SUCCEEDED(text_.call(library.Prepare, library.PrepareW, underlying))) return false;
    underlying.text_revision = text_revision_;
    return true;
}

SQLRETURN Statement::execute_text(UnderlyingStatement& underlying) {
    const DriverLibrary& library = underlying.library();
    underlying.text_revision = 0;
    return text_.call(library.ExecDirect, library.ExecDirectW, underlying);
}

template <typename Char>
SQLRETURN Statement::prepare(Char* text, SQLINTEGER length) {
    if (!text) throw DriverError("HY009", "The statement text is a null pointer");
    if (length < 0 && length != SQL_NTS)
        throw DriverError("HY090", "The length of the statement text is negative");
    const auto given = argument_text(text, length);
    auto classified = connection_->proven(connection_->classify(given));
    // What is executed is the answer of that moment; this one tells what it looks like.
    std::basic_string<Char> answer;
    if (classified->is.kind == StatementKind::Freshread) {
        const Command command(*connection_, classified->text);
        if constexpr (is_wide<Char>) {
            answer = to_wide(command.sent());
        } else {
            answer.assign(command.sent().begin(), command.sent().end());
        }
        return prepare_as(std::move(classified), answer.data(), static_cast<SQLINTEGER>(answer.size()));
    }
    return prepare_as(std::move(classified), text, length);
}
template SQLRETURN Statement::prepare(SQLCHAR*, SQLINTEGER);
template SQLRETURN Statement::prepare(SQLWCHAR*, SQLINTEGER);

template <typename Char>
SQLRETURN Statement::prepare_as(std::shared_ptr<const ClassifiedText> classified, Char* text,
                                SQLINTEGER length) {
    const auto given = argument_text(text, length);
    Backend& backend = connection_->backend_to_prepare(*this, *current(classified));
    if (const auto refused = refused_by_open_cursor(backend)) return *refused;
    text_.assign(given);
    ran_directly_ = false;
    ++text_revision_;
    prepared_class_.reset();
    const auto call = [&](UnderlyingStatement& target) {
        const DriverLibrary& library = target.library();
        const SQLRETURN prepared = call_with_text<Char>(library.Prepare, library.PrepareW, target.handle(),
                                                        TextArgument{text, length});
        return prepared == kNoSuchFunction ? no_such_function() : prepared;
    };
    try {
        activate(on(backend));
    } catch (const DriverError&) {
        if (backend.is_leader()) throw;
        diagnostics.clear();
        activate(on(connection_->leader()));
    }
    const auto [result, underlying] = write_through(call);
    if (!SQL_SUCCEEDED(result)) return result;
    underlying.text_revision = text_revision_;
    prepared_class_ = std::move(classified);
    return result;
}

template <typename Char>
SQLRETURN Statement::set_cursor_name(Char* name, SQLSMALLINT length) {
    const auto [result, underlying] = write_through([&](UnderlyingStatement& target) {
        const DriverLibrary& library = target.library();
        const SQLRETURN named = call_with_text<Char>(library.SetCursorName, library.SetCursorNameW,
                                                     target.handle(), TextArgument{name, length});
        return named == kNoSuchFunction ? no_such_function() : named;
    });
    if (!SQL_SUCCEEDED(result)) return result;
    cursor_name_ = to_utf8(argument_text(name, length));
    underlying.cursor_name_revision = ++cursor_name_revision_;
    ++revision_;
    underlying.revision = current_revision();
    return result;
}
template SQLRETURN Statement::set_cursor_name(SQLCHAR*, SQLSMALLINT);
template SQLRETURN Statement::set_cursor_name(SQLWCHAR*, SQLSMALLINT);

}  // namespace freshread
