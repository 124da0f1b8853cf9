// One kind of store with everything the conformance suite has to know of it beyond the interface: where an
// empty one is, and how to do it harm.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "state/user_store.h"

namespace freshread::test {

class StoreUnderTest {
 public:
    virtual ~StoreUnderTest() = default;
    // Of a store with no table for a cluster that no other test has used.
    [[nodiscard]] virtual StoreUrl url() const = 0;
    [[nodiscard]] virtual std::string directory() const { return {}; }
    // Everything that is kept is gone, and whoever asks next finds a new table; false when that cannot be.
    virtual bool lose() = 0;
    // Things that must not matter are done to it.
    virtual void disturb() {}
    // From now on it neither answers nor refuses; false when it cannot be brought to that.
    virtual bool freeze() { return false; }
    virtual void thaw() {}
    // How many random steps are a fair share of a test's time.
    [[nodiscard]] virtual int steps() const { return 2000; }
    // Another process finds the same table.
    [[nodiscard]] virtual bool between_processes() const { return true; }
};

struct KindOfStore {
    std::string name;
    std::unique_ptr<StoreUnderTest> (*make)();  // null: cannot be had here
};

// Of a database of the cluster that the program runs in; empty when there is none.
[[nodiscard]] std::string postgresql_url();

[[nodiscard]] std::vector<KindOfStore> kinds_of_stores();

}  // namespace freshread::test
