// What one client of the server gets: a pipeline with a conversation of its own.
#pragma once

#include "common/pointers.h"

#include <gst/rtsp-server/rtsp-server.h>

#include <map>
#include <string>

namespace rtsp {

// Of realtimesrc, as gst-launch would write them.
using Properties = std::map<std::string, std::string>;

// A factory whose media are shared with nobody: the model is heard by PLAY, and hears the ONVIF backchannel.
// `properties` outlives it.
GstRTSPMediaFactory* new_conversation_factory(const Properties& properties);

} // namespace rtsp
