// `freshread monitor`: samples the nodes for all processes of the account, as a service.
#pragma once

#include <string>

namespace freshread {

// Until SIGINT or SIGTERM. Where another process samples already, it stands by. Throws std::runtime_error
// when the data source has no nodes to sample.
void sample_until_told(const std::string& data_source);

}  // namespace freshread
