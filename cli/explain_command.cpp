#include "cli/explain_command.h"

#include "routing/policy.h"
#include "routing/position.h"

namespace freshread {

namespace {

std::string line(std::string_view word, std::string_view value) {
    constexpr std::size_t kColumn = 12;
    std::string text(word);
    text += ':';
    text.resize(kColumn, ' ');
    return text + std::string(value) + '\n';
}

}  // namespace

std::string explain_statement(DataSource& source, const std::string& text) {
    Connection& connection = source.connection();
    const auto classified = connection.classify(std::string_view(text));
    std::string answer = line("kind", name_of(classified->is.kind));
    if (classified->is.kind == StatementKind::Freshread)
        return answer + line("node", "none: the driver answers itself");
    const Connection::Route route = connection.route(*classified, false);
    const std::string role = route.backend->is_leader() ? " (leader)" : " (replica)";
    answer += line("node", connection.name_of_node(route.backend->node()) + role);
    answer += line("reason", name_of(route.reason));
    answer += line("counts as", route.tracking == Tracking::None ? "no write" : "a write of the user");
    answer += line("user", connection.settings().user);
    answer += line("policy", name_of(connection.choices().policy));
    const Position position = connection.last_requirement();
    if (position.known()) answer += line("must see", shown(position));
    return answer;
}

}  // namespace freshread
