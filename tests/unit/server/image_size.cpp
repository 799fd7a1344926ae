// The size of a picture, from its header.
#include "server/image_size.h"

#include "audio/base64.h"

#include <glib.h>

#include <string>
#include <vector>

namespace {

using namespace rt;
using server::image_size;
using server::ImageSize;

std::string uri(const std::vector<std::uint8_t>& file, const char* kind = "png") {
  std::string text = std::string("data:image/") + kind + ";base64,";
  audio::base64_append(text, file);
  return text;
}

const std::vector<std::uint8_t> png = {0x89, 'P', 'N', 'G', 13, 10, 26,  10, 0, 0, 0,    13, 'I',
                                       'H',  'D', 'R', 0,   0,  2,  128, 0,  0, 1, 0xe0, 8,  2};
// With an application's segment before the frame, and padding.
const std::vector<std::uint8_t> jpeg = {0xff, 0xd8, 0xff, 0xe0, 0,  4, 'J', 'F',  0xff, 0xff, 0xc4, 0, 3,
                                        1,    0xff, 0xc2, 0,    17, 8, 1,   0xe0, 2,    128,  3,    0, 0};

void known_formats() {
  g_assert_true(image_size(uri(png)) == ImageSize(640, 480));
  g_assert_true(image_size(uri(jpeg, "jpeg")) == ImageSize(640, 480));
}

void what_is_none() {
  g_assert_false(image_size("").has_value());
  g_assert_false(image_size("data:image/png;base64,????").has_value());
  g_assert_false(image_size("data:text/plain;base64,AAAA").has_value());
  g_assert_false(image_size(uri({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})).has_value());
  // Cut off at every place: never read beyond the end.
  for (const auto* file : {&png, &jpeg})
    for (std::size_t size = 0; size < 20; ++size)
      g_assert_false(
          image_size(uri({file->begin(), file->begin() + static_cast<std::ptrdiff_t>(size)})).has_value());
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/server/image-size/known", known_formats);
  g_test_add_func("/server/image-size/none", what_is_none);
  return g_test_run();
}
