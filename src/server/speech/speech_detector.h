#pragma once

#include "server/speech.h"

namespace rt::server {

// Finds voices by their pitch. Won the table of docs/decisions/vad.md.
std::unique_ptr<SpeechDetector> make_speech_detector();

} // namespace rt::server
