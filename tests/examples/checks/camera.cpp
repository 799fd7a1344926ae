// A door station by gst-rtsp-server: test-camera PORT SAYS.wav HEARS.wav
// /talk plays the one file and keeps in the other what comes by its ONVIF backchannel; /record keeps what
// comes by RECORD.
#include "common/pointers.h"

#include <glib-unix.h>
#include <gst/rtsp-server/rtsp-server.h>

#include <string>

namespace {

GstRTSPMediaFactory* talking(const std::string& says, const std::string& hears) {
  GstRTSPMediaFactory* factory = gst_rtsp_onvif_media_factory_new();
  gst_rtsp_media_factory_set_media_gtype(factory, GST_TYPE_RTSP_ONVIF_MEDIA);
  gst_rtsp_media_factory_set_launch(factory, ("( filesrc location=" + says +
                                              " ! wavparse ! audioconvert ! audioresample ! mulawenc ! "
                                              "rtppcmupay name=pay0 pt=0 max-ptime=20000000 )")
                                                 .c_str());
  gst_rtsp_onvif_media_factory_set_backchannel_launch(
      GST_RTSP_ONVIF_MEDIA_FACTORY(factory),
      ("( capsfilter name=depay_backchannel "
       "caps=\"application/x-rtp,media=audio,payload=0,clock-rate=8000,encoding-name=PCMU\" ! rtppcmudepay ! "
       "mulawdec ! "
       "wavenc ! filesink sync=false async=false buffer-mode=unbuffered location=" +
       hears + " )")
          .c_str());
  return factory;
}

GstRTSPMediaFactory* recording(const std::string& hears) {
  GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
  gst_rtsp_media_factory_set_transport_mode(factory, GST_RTSP_TRANSPORT_MODE_RECORD);
  gst_rtsp_media_factory_set_launch(
      factory, ("( rtppcmudepay name=depay0 ! mulawdec ! wavenc ! filesink sync=false async=false "
                "buffer-mode=unbuffered location=" +
                hears + " )")
                   .c_str());
  return factory;
}

} // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 4) return 2;
  const MainLoopPtr loop(g_main_loop_new(nullptr, FALSE));
  const ObjectPtr<GstRTSPServer> server(gst_rtsp_onvif_server_new());
  gst_rtsp_server_set_address(server.get(), "127.0.0.1");
  gst_rtsp_server_set_service(server.get(), argv[1]);
  const ObjectPtr<GstRTSPMountPoints> mounts(gst_rtsp_server_get_mount_points(server.get()));
  gst_rtsp_mount_points_add_factory(mounts.get(), "/talk", talking(argv[2], argv[3]));
  gst_rtsp_mount_points_add_factory(mounts.get(), "/record", recording(argv[3]));
  const SourceId attached(gst_rtsp_server_attach(server.get(), nullptr));
  if (!attached) return 1;
  say("listening on %d", gst_rtsp_server_get_bound_port(server.get()));
  const SourceId term(g_unix_signal_add(
      SIGTERM,
      [](gpointer data) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(data));
        return G_SOURCE_CONTINUE;
      },
      loop.get()));
  g_main_loop_run(loop.get());
  return 0;
}
