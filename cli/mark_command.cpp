#include "cli/mark_command.h"

#include <mutex>
#include <stdexcept>

namespace freshread {

std::string mark_user(DataSource& source) {
    Connection& connection = source.connection();
    if (!connection.knowledge()) throw std::runtime_error("the store of users' positions cannot be used");
    {
        const std::scoped_lock calls(connection.leader().call_mutex);
        connection.begin_write(Tracking::Commit);
        connection.end_write(Tracking::Commit, false, Capture::Commit);
    }
    if (connection.tracker().unsettled())
        throw std::runtime_error("the leader's position could not be asked, or not stored");
    return "marked: " + connection.settings().user + "\n";
}

}  // namespace freshread
