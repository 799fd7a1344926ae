// support/texts.h, under the name by which the session's tests call it.
#pragma once

#include "support/texts.h"

namespace rt::session::test {

using rt::test::assert_text;
using rt::test::contains;

} // namespace rt::session::test
