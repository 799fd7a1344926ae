// The elements of the static library, as the plugin registers them.
#pragma once

namespace rt::test {

// With the real transport. Repeatable.
void register_elements();

} // namespace rt::test
