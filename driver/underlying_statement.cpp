#include "driver/underlying_statement.h"

namespace freshread {

namespace {

SQLINTEGER attribute_of(Descriptor::Kind kind) {
    switch (kind) {
        case Descriptor::Kind::ApplicationRow:
            return SQL_ATTR_APP_ROW_DESC;
        case Descriptor::Kind::ApplicationParameter:
            return SQL_ATTR_APP_PARAM_DESC;
        case Descriptor::Kind::ImplementationRow:
            return SQL_ATTR_IMP_ROW_DESC;
        default:
            return SQL_ATTR_IMP_PARAM_DESC;
    }
}

}  // namespace

UnderlyingStatement::UnderlyingStatement(Backend& backend, Diagnostics& diagnostics)
    : library_(&backend.library()), backend_(&backend) {
    if (SQL_SUCCEEDED(library_->AllocHandle(SQL_HANDLE_STMT, backend.handle(), &handle_))) return;
    copy_records(*library_, SQL_HANDLE_DBC, backend.handle(), diagnostics);
    throw DriverError("HY014", "The underlying driver allocates no more statements");
}

UnderlyingStatement::~UnderlyingStatement() {
    if (handle_) library_->FreeHandle(SQL_HANDLE_STMT, handle_);
}

SQLHDESC UnderlyingStatement::descriptor(Descriptor::Kind kind) {
    SQLHDESC descriptor = SQL_NULL_HDESC;
    const SQLINTEGER attribute = attribute_of(kind);
    const auto get = library_->GetStmtAttr ? library_->GetStmtAttr : library_->GetStmtAttrW;
    if (get && !SQL_SUCCEEDED(get(handle_, attribute, &descriptor, SQL_IS_POINTER, nullptr)))
        descriptor = SQL_NULL_HDESC;
    if (!descriptor) throw DriverError("HYC00", "The underlying driver has no descriptors");
    return descriptor;
}

SQLHDESC UnderlyingStatement::implicit_descriptor(Descriptor::Kind kind) {
    const bool replaceable =
        kind == Descriptor::Kind::ApplicationRow || kind == Descriptor::Kind::ApplicationParameter;
    SQLHDESC kept = replaceable ? implicit_.at(index_of(kind)) : SQL_NULL_HDESC;
    return kept ? kept : descriptor(kind);
}

}  // namespace freshread
