#include "state/held_leases.h"

namespace freshread {

bool HeldLeases::take_free(BootTime now) {
    bool any = false;
    for (std::size_t i = 0; i < held_.size(); ++i) {
        auto lease = board_->lease(static_cast<NodeId>(i));
        if (!held_[i] && lease) held_[i] = lease->take(now, holder_, &may_live);
        any = any || held_[i];
    }
    return any;
}

void HeldLeases::beat(BootTime now) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
        auto lease = board_->lease(static_cast<NodeId>(i));
        if (held_[i] && !lease->beat(*held_[i], now)) held_[i].reset();
    }
}

void HeldLeases::release_all() {
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (held_[i]) board_->lease(static_cast<NodeId>(i))->release(*held_[i]);
        held_[i].reset();
    }
}

void HeldLeases::give_up_database() {
    holder_.database = 0;
    for (std::size_t i = 0; i < held_.size(); ++i)
        if (held_[i]) board_->lease(static_cast<NodeId>(i))->area(*held_[i]).database.store(0);
}

}  // namespace freshread
