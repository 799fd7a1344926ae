#pragma once

#include "server/speech.h"

#include <string>

namespace rt::server {

// English, any speaker. `model_dir` is where the package pocketsphinx-en-us puts its folder en-us. Loads
// about 100 MB in about half a second; throws std::runtime_error naming what is missing.
std::unique_ptr<Recognizer> make_pocketsphinx_recognizer(const std::string& model_dir);

// The same check without loading: throws when a file of the model is missing.
void check_pocketsphinx_model(const std::string& model_dir);

} // namespace rt::server
