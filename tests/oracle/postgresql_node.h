#pragma once

#include <libpq-fe.h>

#include <memory>

#include "node.h"

namespace freshread::test {

class PostgreSqlNode : public Node {
 public:
    explicit PostgreSqlNode(std::string conninfo);

    void reconnect() override;
    Answer run(const std::string& text) override;
    bool idle() override;
    std::string session() override;
    [[nodiscard]] bool refuses_write(const Answer& answer) const override { return answer.state == "25006"; }

 private:
    Answer look();
    void take(PGresult* result, Answer& answer);

    std::string conninfo_;
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace freshread::test
