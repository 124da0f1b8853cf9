// The connections of our own on which Shadow=compare has reads answered a second time: one to each node it
// asks, made as those of an application's connection were made, and kept from writing, from running for long
// and from reading whole tables into memory.
//
// Used by one thread at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "driver/answer.h"
#include "driver/environment.h"
#include "driver/log.h"
#include "driver/node_source.h"
#include "routing/dialect.h"

namespace freshread {

// What makes connections alike: those that are the same see the same rows.
struct ComparedSession {
    std::vector<NodeSource> nodes{};      // by NodeId
    std::vector<Attribute> attributes{};  // set before the application connected
    SQLINTEGER odbc_version = SQL_OV_ODBC3;
    bool wide = false;
    Dialect dialect = Dialect::Generic;
    bool positions = false;  // the engine has them
    SignOfLife sign_of_life = SignOfLife::None;

    [[nodiscard]] bool same_as(const ComparedSession& other) const;
};

class ComparedNodes {
 public:
    explicit ComparedNodes(const ComparedSession& session);
    ~ComparedNodes();
    ComparedNodes(const ComparedNodes&) = delete;
    ComparedNodes& operator=(const ComparedNodes&) = delete;

    // What the node answers now.
    [[nodiscard]] Answer ask(NodeId node, StatementText& text);
    // How far the node has come, asked no longer ago than `age`; unknown when it cannot be asked, or has no
    // positions.
    [[nodiscard]] Position position(NodeId node, std::chrono::milliseconds age);

 private:
    // Null when it cannot be opened now.
    [[nodiscard]] Backend* node(NodeId node);
    [[nodiscard]] std::unique_ptr<Backend> open(NodeId node);
    // How long a call may take.
    [[nodiscard]] Patience patience() const;

    struct Opened {
        std::unique_ptr<Backend> backend{};
        BootTime not_before{0};  // after a failure
    };
    const ComparedSession& session_;
    Environment environment_{};  // outlives the connections
    std::map<NodeId, Opened> opened_{};
};

}  // namespace freshread
