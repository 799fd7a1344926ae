// Owning pointers for GStreamer types, see base/gptr.h.
#pragma once

#include "base/gptr.h"

#include <gst/gst.h>

namespace rt {

RT_REF_TRAITS(GstCaps, gst_caps_ref, gst_caps_unref)
RT_REF_TRAITS(GstBuffer, gst_buffer_ref, gst_buffer_unref)
RT_REF_TRAITS(GstQuery, gst_query_ref, gst_query_unref)
RT_REF_TRAITS(GstObject, gst_object_ref, gst_object_unref)
RT_REF_TRAITS(GstElement, gst_object_ref, gst_object_unref)
RT_REF_TRAITS(GstClock, gst_object_ref, gst_object_unref)
RT_REF_TRAITS(GstPad, gst_object_ref, gst_object_unref)

using GstStructurePtr = std::unique_ptr<GstStructure, FreeWith<gst_structure_free>>;

} // namespace rt
