// The elements of the static library, as the plugin registers them.
#pragma once

namespace rt::test {

// With the real transport. Repeatable.
void register_elements();
// The sessions of a test are gone when it says so, their closing handshakes a moment later: a leak checker
// must not look in between.
void wait_for_loops_to_end();

} // namespace rt::test
