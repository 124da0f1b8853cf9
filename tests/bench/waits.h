// How long calls took, and what of that is worth telling.
#pragma once

#include <algorithm>
#include <cstdio>
#include <vector>

#include "state/clock.h"

namespace freshread {

class Waits {
 public:
    template <typename Call>
    void time(Call call) {
        const BootTime begun = boot_now();
        call();
        add(static_cast<double>((boot_now() - begun).count()) / 1000);
    }
    void add(double microseconds) { times_.push_back(microseconds); }
    void add(const std::vector<double>& microseconds) {
        times_.insert(times_.end(), microseconds.begin(), microseconds.end());
    }
    [[nodiscard]] const std::vector<double>& times() const { return times_; }
    [[nodiscard]] bool empty() const { return times_.empty(); }

    // What so many of 1000 stay below.
    [[nodiscard]] double below(std::size_t thousandths) {
        if (times_.empty()) return 0;
        std::ranges::sort(times_);
        return times_[(times_.size() - 1) * thousandths / 1000];
    }
    void print(const char* what) {
        std::printf("%-28s %9zu calls: median %8.1f us, 99 %% %8.1f, 99.9 %% %8.1f, longest %8.1f\n", what,
                    times_.size(), below(500), below(990), below(999), below(1000));
        std::fflush(stdout);
    }

 private:
    std::vector<double> times_;
};

}  // namespace freshread
