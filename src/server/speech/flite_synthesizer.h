#pragma once

#include "server/speech.h"

namespace rt::server {

// flite's voice rms. Any thread; the engine's global state is behind one process-wide lock, held per
// sentence.
std::unique_ptr<Synthesizer> make_flite_synthesizer();

} // namespace rt::server
