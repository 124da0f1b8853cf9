// The cluster a test program runs in (tests/cluster/cluster run), as that program controls and watches it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace freshread::test {

// An environment variable that `cluster run` sets. Throws when the test runs outside it.
[[nodiscard]] std::string setting(const std::string& name);

// `tests/cluster/cluster VERB ARGUMENTS`. Throws when it fails; gives what it printed.
std::string cluster(const std::string& verb_and_arguments);

// Log lines of a node (leader, replica1 ...) that contain `literal`: who served a statement is what the
// server itself says.
[[nodiscard]] int served_by(const std::string& node, const std::string& literal);

// How often a test does what it repeats: more often in the long version of the tests (FRESHREAD_LONG),
// otherwise half as often, but twice if asked, with a sanitizer.
[[nodiscard]] int rounds(int usually, int in_the_long_version);

// Runs SQL as superuser on a node, past the driver; the first column of the first row.
std::string on_node(const std::string& node, const std::string& sql,
                    const std::string& database = "postgres");

// A replica stands still; goes on; has replayed all that the leader has committed. As `cluster pause` and so
// on, without a program to start for each.
void pause_replay(const std::string& node);
void resume_replay(const std::string& node);
void await_replay(const std::string& node);

// The table `item` on the leader, new and empty, for everybody.
void make_item_table(const std::string& columns = "id int");

// Who the servers' logs say has served a statement that contains the literal: "leader", "replica" (the first
// one), both, or nobody.
[[nodiscard]] std::string servers_of(const std::string& literal);
// The same by the name of the node, of the leader and two replicas; empty when it was none of them.
[[nodiscard]] std::string node_that_served(const std::string& literal);

// How many lines of the file have the words; none while there is no file.
[[nodiscard]] int lines_with(const std::string& path, const std::string& words);

// A text no other statement of the run contains.
[[nodiscard]] std::string unique_literal();

// Waits until `condition` holds: polls, with a deadline that only a failing test reaches.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::seconds deadline = std::chrono::seconds(20));

// A fresh directory for the state of one test: its users' table starts empty.
[[nodiscard]] std::string fresh_state_directory();

// "DSN=freshread;Explain=yes;StateDir=...;" and what follows.
[[nodiscard]] std::string freshread(const std::string& state_directory, const std::string& more = "");

// A connection string as above, with a state whose base the replica has applied already: a user who did not
// write is served by the replica from the first read on.
[[nodiscard]] std::string warm_state_directory();

}  // namespace freshread::test
