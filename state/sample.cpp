#include "state/sample.h"

namespace freshread {

bool Sample::counts_for(std::int64_t running, const SampleTicket& opened) const {
    return instance == running && after(opened);
}

}  // namespace freshread
