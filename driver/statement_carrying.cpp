// Carrying a statement's spec to an underlying statement: what is newer there is applied, in the order in
// which the parts do not undo each other (attributes, bindings, descriptor fields, the text).
#include "driver/statement.h"
#include "driver/text_call.h"

namespace freshread {

bool Statement::carry_all(UnderlyingStatement& underlying) {
    const std::uint64_t revision = current_revision();
    if (!carry_attributes(underlying) || !carry_row(underlying) || !carry_parameters(underlying))
        return false;
    underlying.revision = revision;
    return true;
}

bool Statement::carry_attributes(UnderlyingStatement& underlying) const {
    const DriverLibrary& library = underlying.library();
    for (const Attribute& attribute : attributes_) {
        if (attribute.revision <= underlying.attributes_revision) continue;
        const auto set = library.SetStmtAttr ? library.SetStmtAttr : library.SetStmtAttrW;
        if (!set || !SQL_SUCCEEDED(set(underlying.handle(), attribute.id, attribute.value, attribute.length)))
            return false;
    }
    underlying.attributes_revision = attributes_revision_;
    if (underlying.cursor_name_revision != cursor_name_revision_) {
        std::string name = cursor_name_;
        if (!library.SetCursorName ||
            !SQL_SUCCEEDED(library.SetCursorName(underlying.handle(), reinterpret_cast<SQLCHAR*>(name.data()),
                                                 static_cast<SQLSMALLINT>(name.size()))))
            return false;
        underlying.cursor_name_revision = cursor_name_revision_;
    }
    return true;
}

namespace {

// Puts `descriptor` in force on an underlying statement, if another one was.
bool exchange_descriptor(UnderlyingStatement& underlying, const UnderlyingStatement::Carried& carried,
                         Descriptor& descriptor, SQLINTEGER attribute) {
    const bool was_explicit = carried.from && carried.from->is_explicit();
    if (carried.from == &descriptor || (!descriptor.is_explicit() && !was_explicit)) return true;
    if (!was_explicit)
        underlying.keep_implicit_descriptor(attribute == SQL_ATTR_APP_ROW_DESC
                                                ? Descriptor::Kind::ApplicationRow
                                                : Descriptor::Kind::ApplicationParameter);
    const DriverLibrary& library = underlying.library();
    SQLHDESC handle = descriptor.is_explicit() ? descriptor.on(underlying.backend()) : SQL_NULL_HDESC;
    const auto set = library.SetStmtAttr ? library.SetStmtAttr : library.SetStmtAttrW;
    return set && SQL_SUCCEEDED(set(underlying.handle(), attribute, handle, SQL_IS_POINTER));
}

bool drop_bindings(const UnderlyingStatement& underlying, SQLUSMALLINT option) {
    const auto free = underlying.library().FreeStmt;
    return free && SQL_SUCCEEDED(free(underlying.handle(), option));
}

}  // namespace

bool Statement::carry_row(UnderlyingStatement& underlying) const {
    Descriptor& descriptor = *row_;
    UnderlyingStatement::Carried& carried = underlying.row;
    if (carried.from == &descriptor && carried.revision == descriptor.revision()) return true;
    const DriverLibrary& library = underlying.library();
    const std::uint64_t since = carried.from == &descriptor ? carried.revision : 0;
    if (!exchange_descriptor(underlying, carried, descriptor, SQL_ATTR_APP_ROW_DESC)) return false;
    if (carried.from && descriptor.cleared_at() > since && !drop_bindings(underlying, SQL_UNBIND))
        return false;
    for (const Binding& binding : descriptor.bindings()) {
        if (binding.revision <= since) continue;
        if (!library.BindCol ||
            !SQL_SUCCEEDED(library.BindCol(underlying.handle(), binding.number, binding.c_type,
                                           binding.buffer, binding.buffer_length, binding.indicator)))
            return false;
    }
    if (!descriptor.fields().empty() &&
        !carry_fields(library, underlying.descriptor(Descriptor::Kind::ApplicationRow), descriptor, since))
        return false;
    carried = {&descriptor, descriptor.revision()};
    return true;
}

bool Statement::carry_parameters(UnderlyingStatement& underlying) const {
    Descriptor& descriptor = *parameter_;
    UnderlyingStatement::Carried& carried = underlying.parameter;
    const DriverLibrary& library = underlying.library();
    if (carried.from != &descriptor || carried.revision != descriptor.revision()) {
        const std::uint64_t since = carried.from == &descriptor ? carried.revision : 0;
        if (!exchange_descriptor(underlying, carried, descriptor, SQL_ATTR_APP_PARAM_DESC)) return false;
        if (carried.from && descriptor.cleared_at() > since && !drop_bindings(underlying, SQL_RESET_PARAMS))
            return false;
        for (const Binding& binding : descriptor.bindings()) {
            if (binding.revision <= since) continue;
            // Another statement bound it, on the very descriptor that is in force here: only the description
            // of the parameter would be added, and that is not this statement's.
            if (binding.through != this && binding.revision <= descriptor.bound_on(underlying.backend()))
                continue;
            if (!library.BindParameter ||
                !SQL_SUCCEEDED(library.BindParameter(underlying.handle(), binding.number, binding.io_type,
                                                     binding.c_type, binding.sql_type, binding.column_size,
                                                     binding.digits, binding.buffer, binding.buffer_length,
                                                     binding.indicator)))
                return false;
        }
        if (!descriptor.fields().empty() &&
            !carry_fields(library, underlying.descriptor(Descriptor::Kind::ApplicationParameter), descriptor,
                          since))
            return false;
        descriptor.note_bound_on(underlying.backend());
        carried = {&descriptor, descriptor.revision()};
    }
    if (underlying.implementation_parameter_revision != ipd.revision()) {
        if (!ipd.fields().empty() &&
            !carry_fields(library, underlying.descriptor(Descriptor::Kind::ImplementationParameter), ipd,
                          underlying.implementation_parameter_revision))
            return false;
        underlying.implementation_parameter_revision = ipd.revision();
    }
    return true;
}

}  // namespace freshread
