#include "driver/node_status.h"

#include <algorithm>

namespace freshread {

namespace {

double seconds_of(BootTime time) {
    return std::chrono::duration<double>(time).count();
}

void add_sample(NodeStatus& node, const Sample& sample, const std::optional<Position>& leader) {
    node.role = sample.in_recovery ? "replica" : "leader";
    node.sampled_seconds_ago = seconds_of(boot_now() - sample.begun);
    if (!sample.position.known()) return;
    node.position = sample.position;
    if (!sample.in_recovery || !leader) return;
    if (leader->timeline == sample.position.timeline)
        node.lag_bytes = leader->lsn - std::min(leader->lsn, sample.position.lsn);
    if (sample.lag.count() >= 0) node.lag_seconds = seconds_of(sample.lag);
}

}  // namespace

std::vector<NodeStatus> status_of_nodes(Connection& connection) {
    std::vector<NodeStatus> nodes(connection.nodes());
    std::vector<Knowledge::NodeView> views(nodes.size());
    std::optional<Position> leader;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto node = static_cast<NodeId>(i);
        nodes[i].name = connection.name_of_node(node);
        if (connection.knowledge()) views[i] = connection.knowledge()->view(node);
        auto& sample = views[i].sample;
        if (!sample) sample = connection.learnt_of(node);
        if (sample && !sample->in_recovery) leader = sample->position;
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (views[i].monitor) nodes[i].monitor = views[i].monitor->process;
        if (views[i].sample) add_sample(nodes[i], *views[i].sample, leader);
    }
    return nodes;
}

}  // namespace freshread
