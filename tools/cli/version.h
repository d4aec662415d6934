#pragma once

namespace tri {

// "tri-segment 0.1.0 (b2cc112ae8+)": the version, and the commit that it was built from, with a +
// where files differed from it; none where it was built outside of a clone.
extern const char* const kVersion;

}  // namespace tri
