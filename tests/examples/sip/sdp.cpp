#include "sdp.h"

#include <gio/gio.h>
#include <sofia-sip/sdp.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace telephone {
namespace {

struct Home {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  Home() { su_home_init(home); }
  ~Home() { su_home_deinit(home); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
};

Refusal malformed(const std::string& text) {
  return {400, "Bad Session Description", 399, text};
}

Refusal not_acceptable(int warning, const std::string& text) {
  return {488, "Not Acceptable Here", warning, text};
}

unsigned number_in(std::string_view text, unsigned otherwise) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : otherwise;
}

std::string_view attribute(const sdp_media_t& media, const char* name) {
  const sdp_attribute_t* found = sdp_attribute_find(media.m_attributes, name);
  return found && found->a_value ? found->a_value : "";
}

std::string formats_of(const sdp_media_t& media) {
  std::string formats;
  for (const sdp_list_t* f = media.m_format; f; f = f->l_next)
    formats += std::string(formats.empty() ? "" : " ") + f->l_text;
  for (const sdp_rtpmap_t* map = media.m_rtpmaps; map; map = map->rm_next)
    formats += std::string(formats.empty() ? "" : " ") + std::to_string(unsigned{map->rm_pt});
  return formats.empty() ? "0" : formats;
}

bool usable(const sdp_media_t& media) {
  const std::string_view protocol = media.m_proto_name ? media.m_proto_name : "";
  return media.m_type == sdp_media_audio && !media.m_rejected && media.m_port != 0 &&
         (media.m_proto == sdp_proto_rtp || protocol == "RTP/AVP" || protocol == "RTP/AVPF");
}

bool choose_codec(const sdp_media_t& media, const std::vector<Codec>& codecs, Remote& remote) {
  bool found = false;
  for (const sdp_rtpmap_t* map = media.m_rtpmaps; map; map = map->rm_next) {
    if (map->rm_rate != 8000 || !map->rm_encoding) continue;
    if (g_ascii_strcasecmp(map->rm_encoding, "telephone-event") == 0) remote.telephone_event = map->rm_pt;
    const auto known = std::find_if(codecs.begin(), codecs.end(), [&](const Codec& codec) {
      return g_ascii_strcasecmp(codec.name.c_str(), map->rm_encoding) == 0;
    });
    if (found || known == codecs.end()) continue;
    found = true;
    remote.codec = {known->name, map->rm_pt};
  }
  return found;
}

// Only addresses in digits: a name would have to be looked up while the caller waits.
bool is_address(const char* text) {
  return text && g_hostname_is_ip_address(text);
}

bool any_address(const std::string& text) {
  return text == "0.0.0.0" || text == "::";
}

bool is_v6(const std::string& address) {
  return address.find(':') != std::string::npos;
}

void read_rtcp(const sdp_media_t& media, Remote& remote) {
  remote.rtcp = {remote.rtp.address, remote.rtp.port + 1};
  const std::string_view value = attribute(media, "rtcp"); // RFC 3605: PORT [IN IP4 ADDRESS]
  if (value.empty()) return;
  if (const unsigned port = number_in(value, 0); port > 0 && port <= 65535) remote.rtcp.port = port;
  const std::string address(value.substr(value.rfind(' ') + 1));
  if (is_address(address.c_str()) && is_v6(address) == is_v6(remote.rtp.address))
    remote.rtcp.address = address;
}

std::variant<Remote, Refusal> read_media(const sdp_session_t& session, const std::vector<Codec>& codecs,
                                         const std::string& our_address) {
  Remote remote;
  const sdp_media_t* audio = nullptr;
  for (const sdp_media_t* media = session.sdp_media; media; media = media->m_next) {
    if (!audio && usable(*media)) {
      audio = media;
      remote.audio_line = remote.lines.size();
    }
    remote.lines.push_back({media->m_type_name ? media->m_type_name : "audio",
                            media->m_proto_name ? media->m_proto_name : "RTP/AVP", formats_of(*media)});
  }
  if (!audio) return not_acceptable(304, "an audio stream over RTP/AVP is needed");
  if (!choose_codec(*audio, codecs, remote)) return not_acceptable(305, "PCMU or PCMA at 8000 Hz is needed");

  const sdp_connection_t* connection = sdp_media_connections(audio);
  if (!connection || !is_address(connection->c_address) || connection->c_mcast)
    return not_acceptable(301, "the c= line must hold the IP address of one host");
  remote.rtp = {connection->c_address, static_cast<unsigned>(audio->m_port)};
  if (audio->m_port > 65535) return malformed("there is no port " + std::to_string(audio->m_port));
  // A hold is a stream that wants nothing from us: by its mode, or as before RFC 3264 by an address of zeros.
  remote.has_address = !any_address(remote.rtp.address);
  if (remote.has_address && is_v6(remote.rtp.address) != is_v6(our_address))
    return not_acceptable(300, std::string("the c= line must hold an address of ") +
                                   (is_v6(our_address) ? "IPv6" : "IPv4"));
  read_rtcp(*audio, remote);

  remote.sends = (audio->m_mode & sdp_sendonly) != 0;
  remote.receives = (audio->m_mode & sdp_recvonly) != 0 && remote.has_address;
  remote.ptime_ms = std::clamp(number_in(attribute(*audio, "ptime"), 20), 10u, 60u) / 10 * 10;
  return remote;
}

std::string head(const Local& local) {
  const std::string address = (is_v6(local.rtp.address) ? "IN IP6 " : "IN IP4 ") + local.rtp.address;
  return "v=0\r\no=- " + std::to_string(local.session_id) + " " + std::to_string(local.version) + " " +
         address + "\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\n";
}

std::string audio_lines(const Codec& codec, std::optional<unsigned> telephone_event, const Local& local,
                        const std::string& protocol) {
  const std::string pt = std::to_string(codec.payload_type);
  std::string lines = "m=audio " + std::to_string(local.rtp.port) + " " + protocol + " " + pt;
  if (telephone_event) lines += " " + std::to_string(*telephone_event);
  lines += "\r\na=rtpmap:" + pt + " " + codec.name + "/8000\r\n";
  if (telephone_event) {
    const std::string event = std::to_string(*telephone_event);
    lines += "a=rtpmap:" + event + " telephone-event/8000\r\na=fmtp:" + event + " 0-15\r\n";
  }
  return lines;
}

const char* mode(const Remote& remote) {
  if (remote.sends) return remote.receives ? "sendrecv" : "recvonly";
  return remote.receives ? "sendonly" : "inactive";
}

} // namespace

std::variant<Remote, Refusal> read_description(std::string_view sdp, const std::vector<Codec>& codecs,
                                               const std::string& our_address) {
  const Home home;
  const std::unique_ptr<sdp_parser_t, decltype(&sdp_parser_free)> parser(
      sdp_parse(const_cast<su_home_t*>(home.home), sdp.data(), static_cast<issize_t>(sdp.size()), 0),
      sdp_parser_free);
  const sdp_session_t* session = sdp_session(parser.get());
  if (!session) {
    const char* why = sdp_parsing_error(parser.get());
    return malformed(why ? why : "it cannot be read");
  }
  return read_media(*session, codecs, our_address);
}

std::string write_answer(const Remote& remote, const Local& local) {
  std::string text = head(local);
  for (std::size_t i = 0; i < remote.lines.size(); ++i) {
    const Remote::Line& line = remote.lines[i];
    if (i != remote.audio_line) {
      text += "m=" + line.media + " 0 " + line.protocol + " " + line.formats + "\r\n";
      continue;
    }
    text += audio_lines(remote.codec, remote.telephone_event, local, line.protocol);
    text += "a=ptime:" + std::to_string(remote.ptime_ms) + "\r\na=" + mode(remote) + "\r\n";
  }
  return text;
}

std::string write_offer(const Codec& codec, const Local& local) {
  return head(local) + audio_lines(codec, offered_telephone_event, local, "RTP/AVP") +
         "a=ptime:20\r\na=sendrecv\r\n";
}

} // namespace telephone
