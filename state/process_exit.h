// What threads of ours have to end with when the process does.
//
// Exit handlers run in the reverse order of their registration. OpenSSL registers its clean-up with its first
// use, which might be such a thread's; by using it here ours comes later, and so runs earlier: no thread is
// inside libpq when OpenSSL (libssl is cleaned up by libcrypto's handler) takes itself apart.
#pragma once

#include <mutex>

namespace freshread {

// To be called once, before the first thread that `handler` stops. False when that is not possible.
bool at_exit_before_openssl(void (*handler)());

// For such a handler: whoever called exit() may hold the lock, or a thread that is about to release it. Not
// locked when it is not released soon.
[[nodiscard]] std::unique_lock<std::mutex> lock_at_exit(std::mutex& mutex);

}  // namespace freshread
