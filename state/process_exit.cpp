#include "state/process_exit.h"

#include <openssl/crypto.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace freshread {

bool at_exit_before_openssl(void (*handler)()) {
    OPENSSL_init_crypto(0, nullptr);
    return std::atexit(handler) == 0;
}

std::unique_lock<std::mutex> lock_at_exit(std::mutex& mutex) {
    std::unique_lock lock(mutex, std::defer_lock);
    for (int attempt = 0; attempt < 100 && !lock.try_lock(); ++attempt)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return lock;
}

}  // namespace freshread
