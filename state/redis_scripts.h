// The operations of the user table as Redis runs them, one script each. Keys, fields and arguments are
// documented for other programs in docs/stores.md.
#pragma once

#include <string>

namespace freshread {

struct RedisScript {
    explicit RedisScript(std::string whole);

    std::string text;
    std::string digest;  // SHA-1, as EVALSHA wants it
};

// All answer { id, base, age in milliseconds } when the table is not the one that was expected, and more
// behind it when it is:
struct RedisScripts {
    RedisScript look;    // user                                    -> entry, time
    RedisScript open;    // user, writer, sequence                  -> nothing
    RedisScript close;   // user, writer, sequence, position, pin   -> nothing
    RedisScript settle;  // user, writer, sequence, leader position -> nothing
    RedisScript base;    // leader position                         -> nothing
    RedisScript raise;   // position                                -> nothing
    RedisScript sweep;   // lowest position, cursor                 -> cursor, { user, marks }...

    [[nodiscard]] static const RedisScripts& all();

 private:
    RedisScripts();
};

}  // namespace freshread
