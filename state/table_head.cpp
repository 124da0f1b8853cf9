#include "state/table_head.h"

namespace freshread {

namespace {

constexpr std::uint64_t kHeadDigest = 0x64616568;  // tells a head's digest from a bucket's
constexpr std::size_t kWords = 8;

std::uint64_t seed(std::uint64_t cluster) {
    return seed_of({kHeadDigest, cluster});
}

}  // namespace

bool TableHead::learn_leader(const Position& leader, BootTime begun, BootTime mark_age) {
    if (!base_set()) {
        if (begun < born + mark_age) return false;
    } else if (leader.timeline <= base.timeline) {
        return false;
    }
    base = leader;
    return true;
}

bool TableHead::raise(const Position& lowest_replica) {
    if (!base_set() || lowest_replica.timeline != base.timeline || lowest_replica.lsn <= base.lsn)
        return false;
    base.lsn = lowest_replica.lsn;
    return true;
}

Image TableHead::encode(std::uint64_t cluster) const {
    Image image = {0, id, boot, inode, word_of(born), base.timeline, base.lsn, key};
    seal(image, seed(cluster));
    return image;
}

std::optional<TableHead> TableHead::decode(std::span<const std::uint64_t> image, std::uint64_t cluster) {
    if (image.size() != kWords || !intact(image, seed(cluster))) return std::nullopt;
    TableHead head;
    head.id = image[1];
    head.boot = image[2];
    head.inode = image[3];
    head.born = BootTime(static_cast<std::int64_t>(image[4]));
    head.base = {cluster, static_cast<std::uint32_t>(image[5]), image[6]};
    head.key = image[7];
    if (head.base.timeline == 0) head.base = {};
    return head;
}

}  // namespace freshread
