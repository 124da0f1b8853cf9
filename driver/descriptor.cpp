#include "driver/descriptor.h"

#include <algorithm>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/statement.h"

namespace freshread {

namespace {

SQLRETURN set_field_on(const DriverLibrary& library, SQLHDESC handle, const Field& field) {
    if (field.is_text && library.SetDescFieldW) {
        WideString text = to_wide(field.text);
        return library.SetDescFieldW(handle, field.record, field.id, text.data(),
                                     static_cast<SQLINTEGER>(text.size() * sizeof(SQLWCHAR)));
    }
    if (field.is_text && library.SetDescField) {
        std::string text = field.text;
        return library.SetDescField(handle, field.record, field.id, text.data(),
                                    static_cast<SQLINTEGER>(text.size()));
    }
    if (library.SetDescField)
        return library.SetDescField(handle, field.record, field.id, field.value, field.length);
    return SQL_ERROR;
}

// A field of a record behind the last one: by ODBC setting it makes the record. psqlodbc wants it made, and
// has records of its own accord on the statement that had a result of as many columns.
bool make_record(const DriverLibrary& library, SQLHDESC handle, SQLSMALLINT record) {
    SQLSMALLINT count = 0;
    if (record < 1 || !library.GetDescField || !library.SetDescField ||
        !SQL_SUCCEEDED(library.GetDescField(handle, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, nullptr)) ||
        count >= record)
        return false;
    return SQL_SUCCEEDED(library.SetDescField(
        handle, 0, SQL_DESC_COUNT, reinterpret_cast<SQLPOINTER>(std::intptr_t{record}), SQL_IS_SMALLINT));
}

}  // namespace

Descriptor::~Descriptor() {
    tag = HandleTag::Freed;
    for (const auto& [backend, underlying] : explicit_)
        backend->library().FreeHandle(SQL_HANDLE_DESC, underlying.handle);
}

void Descriptor::bind(Binding binding) {
    binding.revision = ++revision_;
    std::erase_if(fields_, [&](const Field& field) {
        return field.record == static_cast<SQLSMALLINT>(binding.number);
    });
    const auto same = std::find_if(bindings_.begin(), bindings_.end(),
                                   [&](const Binding& other) { return other.number == binding.number; });
    if (same == bindings_.end())
        bindings_.push_back(binding);
    else
        *same = binding;
}

void Descriptor::set_field(Field field) {
    field.revision = ++revision_;
    std::erase_if(fields_,
                  [&](const Field& other) { return other.record == field.record && other.id == field.id; });
    fields_.push_back(std::move(field));
}

void Descriptor::clear_bindings() {
    bindings_.clear();
    std::erase_if(fields_, [](const Field& field) { return field.record > 0; });
    cleared_at_ = ++revision_;
}

void Descriptor::become(const Descriptor& source) {
    bindings_ = source.bindings_;
    fields_ = source.fields_;
    cleared_at_ = ++revision_;
    for (Binding& binding : bindings_) binding.revision = revision_;
    for (Field& field : fields_) field.revision = revision_;
}

void Descriptor::become_what(const DriverLibrary& library, SQLHDESC handle) {
    bindings_.clear();
    fields_.clear();
    cleared_at_ = ++revision_;
    const auto get = library.GetDescField ? library.GetDescField : library.GetDescFieldW;
    if (!get) return;
    SQLSMALLINT count = 0;
    if (!SQL_SUCCEEDED(get(handle, 0, SQL_DESC_COUNT, &count, SQL_IS_SMALLINT, nullptr))) return;
    for (SQLSMALLINT record = 1; record <= count; ++record) {
        // In the order in which they do not undo each other.
        for (const SQLSMALLINT id :
             std::initializer_list<SQLSMALLINT>{SQL_DESC_CONCISE_TYPE, SQL_DESC_LENGTH, SQL_DESC_OCTET_LENGTH,
                                                SQL_DESC_PRECISION, SQL_DESC_SCALE}) {
            const bool is_long = id == SQL_DESC_LENGTH || id == SQL_DESC_OCTET_LENGTH;
            SQLLEN large = 0;
            SQLSMALLINT small = 0;
            SQLPOINTER value = is_long ? static_cast<SQLPOINTER>(&large) : &small;
            if (!SQL_SUCCEEDED(
                    get(handle, record, id, value, is_long ? SQL_IS_INTEGER : SQL_IS_SMALLINT, nullptr)))
                continue;
            set_field({record, id, reinterpret_cast<SQLPOINTER>(is_long ? large : SQLLEN{small}),
                       is_long ? SQL_IS_INTEGER : SQL_IS_SMALLINT});
        }
    }
}

Descriptor::Underlying& Descriptor::reach() {
    if (is_explicit()) {
        Backend* backend = last_ ? last_ : &connection_->session_backend();
        SQLHDESC handle = SQL_NULL_HDESC;
        try {
            handle = on(*backend);
        } catch (const DriverError&) {
            if (!leave_replica()) throw;
            diagnostics.clear();
            backend = last_;
            handle = on(*backend);
        }
        served_ = {&backend->library(), handle};
    } else {
        UnderlyingStatement& statement = owner_->active();
        served_ = {&statement.library(), statement.implicit_descriptor(kind_)};
    }
    return served_;
}

bool Descriptor::leave_replica() {
    if (!is_explicit()) return owner_->leave_replica();
    if (!last_ || last_->is_leader()) return false;
    last_ = &connection_->leader();
    return true;
}

SQLHDESC Descriptor::on(Backend& backend) {
    last_ = &backend;
    OnBackend& here = explicit_[&backend];
    const DriverLibrary& library = backend.library();
    if (!here.handle &&
        !SQL_SUCCEEDED(library.AllocHandle(SQL_HANDLE_DESC, backend.handle(), &here.handle))) {
        explicit_.erase(&backend);
        copy_records(library, SQL_HANDLE_DBC, backend.handle(), diagnostics);
        throw DriverError("HY014", "The underlying driver allocates no more descriptors");
    }
    // A driver may refuse fields as long as it does not know for what the descriptor will be used. They are
    // carried again when it is put in force for a statement.
    if (here.revision != revision_ && carry_fields(library, here.handle, *this, here.revision))
        here.revision = revision_;
    return here.handle;
}

bool carry_fields(const DriverLibrary& library, SQLHDESC handle, const Descriptor& from,
                  std::uint64_t since) {
    return std::all_of(from.fields().begin(), from.fields().end(), [&](const Field& field) {
        return field.revision <= since || SQL_SUCCEEDED(set_field_on(library, handle, field)) ||
               (make_record(library, handle, field.record) &&
                SQL_SUCCEEDED(set_field_on(library, handle, field)));
    });
}

}  // namespace freshread
