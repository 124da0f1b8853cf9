#pragma once

#include <mysql.h>

#include <filesystem>
#include <memory>
#include <string>

#include "node.h"

namespace freshread::test {

class MariaDbNode : public Node {
 public:
    struct Address {
        std::filesystem::path socket{};
        std::string user{};
        std::string password{};
        std::string database{};
        std::filesystem::path files{};  // where the server may write files
    };

    explicit MariaDbNode(Address address);

    void reconnect() override;
    Answer run(const std::string& text) override;
    bool idle() override;
    std::string session() override;
    std::string position() override;
    void reach(const std::string& position) override;
    [[nodiscard]] bool refuses_write(const Answer& answer) const override;

 private:
    using Connection = std::unique_ptr<MYSQL, decltype(&mysql_close)>;

    [[nodiscard]] Connection connect(const std::string& database, unsigned answer_seconds) const;
    static Answer run(MYSQL* connection, const std::string& text);

    Address address_;
    Connection connection_;
    Connection beside_;  // asks what the session shall not notice
};

}  // namespace freshread::test
