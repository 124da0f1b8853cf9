// The rows that a server's catalog has of a small database, all of it in the schema `app`.
#pragma once

#include <string>

#include "routing/catalog_builder.h"

namespace freshread {

class SmallDatabase {
 public:
    SmallDatabase& relation(int oid, const std::string& name, const std::string& flags = "rp",
                            const std::string& definition = "") {
        return row({"R", std::to_string(oid), "app", name, flags, definition});
    }
    SmallDatabase& policy(int oid, const std::string& condition) {
        return row({"P", std::to_string(oid), "", "", "", condition});
    }
    SmallDatabase& depends(int oid, const std::string& kind, int on) {
        return row({"D", std::to_string(oid), kind, std::to_string(on), "", ""});
    }
    SmallDatabase& function(int oid, const std::string& name, const std::string& flags = "",
                            const std::string& text = "") {
        return row({"F", std::to_string(oid), "app", name, flags, text});
    }
    SmallDatabase& body(int function, const std::string& kind, int on) {
        return row({"B", std::to_string(function), kind, std::to_string(on), "", ""});
    }
    SmallDatabase& type(int oid, const std::string& name, const std::string& flags = "p") {
        return row({"T", std::to_string(oid), "app", name, flags, ""});
    }
    SmallDatabase& cast(int type, int function) {
        return row({"K", std::to_string(type), "", std::to_string(function), "", ""});
    }
    SmallDatabase& made_operator(int oid, const std::string& symbol, int function) {
        return row({"O", std::to_string(oid), "app", symbol, std::to_string(function), ""});
    }
    SmallDatabase& row(const CatalogRow& row) {
        understood = builder_.add(row) && understood;
        return *this;
    }
    RelationCatalog catalog() { return builder_.build(); }

    bool understood = true;

 private:
    CatalogBuilder builder_{};
};

}  // namespace freshread
