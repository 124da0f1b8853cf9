// The mock driver (tests/mock) as a test program uses it: as the underlying driver of both nodes, in front of
// the real one, so that results are real, calls are seen and any of them can be made to fail.
#pragma once

#include <string>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/mock/control.h"

namespace freshread::test {

// The control of the mock driver, which is loaded into this process if it was not.
[[nodiscard]] mock::Control& mock_driver();
// The library that lacks functions has a stage of its own.
[[nodiscard]] mock::Control& sparse_mock_driver();

// A node of the cluster (leader, replica1) through the mock driver, as Freshread takes it and as the driver
// manager does; `more`: Rules and the like.
[[nodiscard]] std::string mock_node(const std::string& node, const std::string& more = "");
[[nodiscard]] std::string mock_direct(const std::string& node, const std::string& more = "");
[[nodiscard]] std::string sparse_mock_node(const std::string& node);

// Freshread in front of both nodes. With the policy `any`, reads need no position: `/* freshread leader */`
// in a text sends it to the leader.
[[nodiscard]] std::string freshread_over(const std::string& leader, const std::string& replica,
                                         const std::string& more = "");

// The recorded calls of a node to one function that contain a text.
[[nodiscard]] std::vector<std::string> calls_of(const std::string& node, const std::string& function,
                                                const std::string& containing = "");

// All diagnostic records of a handle, one line each: by SQLGetDiagRec, and by SQLGetDiagField.
[[nodiscard]] std::vector<std::string> records_of(SQLSMALLINT type, SQLHANDLE handle);
[[nodiscard]] std::vector<std::string> record_fields_of(SQLSMALLINT type, SQLHANDLE handle);

}  // namespace freshread::test
