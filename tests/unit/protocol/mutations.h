// Every way to spoil one value of an event: missing, null, of another type, huge.
#pragma once

#include "protocol/codec.h"
#include "protocol/json_value.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace rt::protocol::samples {

// Every kind of wrong value, and one of each sort where every one costs much.
std::span<const JsonValue> all_wrong_values();
std::span<const JsonValue> few_wrong_values();

// Calls `visit` with each; `value` as a whole is replaced, too.
void mutate(const JsonValue& value, std::span<const JsonValue> wrong,
            const std::function<void(const JsonValue&)>& visit);

// The longest event of each kind that `dialect` has: it has the most to spoil.
std::vector<std::string> richest_events(Dialect dialect);

} // namespace rt::protocol::samples
