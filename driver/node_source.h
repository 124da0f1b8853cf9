// From a node's name in a DSN to what is needed to open it: which underlying driver, the connection string
// that driver is given, and the libpq parameters with which the monitor reaches the same server.
//
// odbc.ini and odbcinst.ini are read through libodbcinst. An underlying DSN is handed to its driver by name,
// because drivers read their own keywords from odbc.ini by it.
#pragma once

#include <string>

#include "driver/connection_string.h"
#include "driver/driver_library.h"
#include "driver/node_record.h"
#include "driver/replica_watch.h"
#include "driver/settings.h"
#include "state/monitored_nodes.h"

namespace freshread {

struct NodeSource {
    std::string name;     // as messages call it: the DSN name, or "the connection string of Leader"
    std::string library;  // path or soname of the underlying driver
    Threading threading = Threading::Free;
    std::string connection_string;  // what the underlying driver is given
    std::string uid;                // the login, as far as it is known before connecting
    std::string identity;  // without secrets: tells nodes apart, for engines without a cluster identity
    ConnectionParameters monitor;  // for libpq
    unsigned weight = 1;
    NodeRecord* record = nullptr;
    Patience patience{};  // with calls to it
};

// Throws DriverError (IM002, IM003) when the DSN or its driver is not registered.
[[nodiscard]] NodeSource resolve_node(const NodeName& node, const Settings& settings);

// Whether odbcinst.ini has the driver manager pool connections.
[[nodiscard]] bool pooled_by_driver_manager();

// All keywords of a DSN's section in odbc.ini; empty when there is no such DSN.
[[nodiscard]] KeywordList read_dsn_section(const std::string& dsn);

}  // namespace freshread
