#include "sdp.h"

#include <glib.h>

namespace {

using namespace telephone;

std::string session(const std::string& media, const std::string& c = "c=IN IP4 192.0.2.7\r\n") {
  return "v=0\r\no=a 1 1 IN IP4 192.0.2.7\r\ns=-\r\n" + c + "t=0 0\r\n" + media;
}

Remote read(const std::string& sdp, const std::string& our_address = "127.0.0.1") {
  const auto result = read_description(sdp, known_codecs, our_address);
  if (const auto* refusal = std::get_if<Refusal>(&result)) g_error("%s", refusal->text.c_str());
  return std::get<Remote>(result);
}

Refusal refused(const std::string& sdp, const std::vector<Codec>& codecs = known_codecs) {
  const auto result = read_description(sdp, codecs, "127.0.0.1");
  if (!std::holds_alternative<Refusal>(result)) g_error("accepted: %s", sdp.c_str());
  return std::get<Refusal>(result);
}

void equal(const std::string& got, const std::string& wanted) {
  g_assert_cmpstr(got.c_str(), ==, wanted.c_str());
}

const Local here{{"127.0.0.1", 40000}, 7, 8};

void an_offer_is_answered() {
  const Remote remote = read(session("m=audio 5004 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\n"
                                     "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n"));
  equal(remote.codec.name, "PCMA"); // the first in the peer's order that is known
  g_assert_cmpuint(remote.codec.payload_type, ==, 8);
  g_assert_true(remote.telephone_event == 101u);
  g_assert_true((remote.rtp == Endpoint{"192.0.2.7", 5004}));
  g_assert_true((remote.rtcp == Endpoint{"192.0.2.7", 5005}));
  g_assert_cmpuint(remote.ptime_ms, ==, 30);
  equal(write_answer(remote, here),
        "v=0\r\no=- 7 8 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:30\r\na=sendrecv\r\n");
}

void other_streams_are_declined_in_their_place() {
  const Remote remote =
      read(session("m=video 6000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 5004 RTP/AVP 0\r\n"
                   "m=audio 5008 RTP/AVP 0\r\n"));
  const std::string answer = write_answer(remote, here);
  const auto video = answer.find("m=video 0 RTP/AVP 31\r\n"), closed = answer.find("m=audio 0 RTP/AVP 0\r\n"),
             audio = answer.find("m=audio 40000 RTP/AVP 0\r\n"),
             second = answer.rfind("m=audio 0 RTP/AVP 0\r\n");
  g_assert_true(video < closed && closed < audio && audio < second && second != std::string::npos);
}

void the_streams_own_address_and_rtcp_port_count() {
  const Remote remote =
      read(session("m=audio 5004 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\na=rtcp:53020 IN IP4 192.0.2.10\r\n"));
  g_assert_true((remote.rtp == Endpoint{"192.0.2.9", 5004}));
  g_assert_true((remote.rtcp == Endpoint{"192.0.2.10", 53020}));
}

void holds() {
  const auto mode = [](const std::string& lines, const std::string& c = "c=IN IP4 192.0.2.7\r\n") {
    const Remote remote = read(session("m=audio 5004 RTP/AVP 0\r\n" + lines, c));
    const std::string answer = write_answer(remote, here);
    return answer.substr(answer.rfind("a="));
  };
  equal(mode(""), "a=sendrecv\r\n");
  equal(mode("a=sendonly\r\n"), "a=recvonly\r\n");
  equal(mode("a=recvonly\r\n"), "a=sendonly\r\n");
  equal(mode("a=inactive\r\n"), "a=inactive\r\n");
  const Remote zeros = read(session("m=audio 5004 RTP/AVP 0\r\n", "c=IN IP4 0.0.0.0\r\n"));
  g_assert_false(zeros.receives || zeros.has_address);
  g_assert_true(read(session("m=audio 5004 RTP/AVP 0\r\na=inactive\r\n")).has_address);
  g_assert_true(read(session("m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n")).receives);
  g_assert_false(read(session("m=audio 5004 RTP/AVP 0\r\na=sendonly\r\n")).receives);
}

void packet_times_are_whole_frames() {
  const auto ptime = [](const std::string& line) {
    return read(session("m=audio 5004 RTP/AVP 0\r\n" + line)).ptime_ms;
  };
  g_assert_cmpuint(ptime(""), ==, 20);
  g_assert_cmpuint(ptime("a=ptime:5\r\n"), ==, 10);
  g_assert_cmpuint(ptime("a=ptime:33\r\n"), ==, 30);
  g_assert_cmpuint(ptime("a=ptime:1000\r\n"), ==, 60);
  g_assert_cmpuint(ptime("a=ptime:much\r\n"), ==, 20);
}

void what_cannot_be_used_is_said() {
  const Refusal codec = refused(session("m=audio 5004 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"));
  g_assert_cmpint(codec.status, ==, 488);
  g_assert_cmpint(codec.warning, ==, 305);
  g_assert_cmpint(refused(session("m=audio 5004 RTP/AVP 0\r\n"), {{"PCMA", 8}}).warning, ==, 305);
  g_assert_cmpint(refused(session("m=audio 5004 RTP/AVP 96\r\na=rtpmap:96 PCMU/16000\r\n")).warning, ==, 305);
  g_assert_cmpint(refused(session("m=video 5004 RTP/AVP 31\r\n")).warning, ==, 304);
  g_assert_cmpint(refused(session("m=audio 5004 RTP/SAVP 0\r\n")).warning, ==, 304);
  g_assert_cmpint(refused(session("m=audio 0 RTP/AVP 0\r\n")).warning, ==, 304);
  for (const char* c : {"c=IN IP4 phone.example\r\n", "c=IN IP4 224.2.1.1/127\r\n", "c=IN IP4 1.2.3\r\n"})
    g_assert_cmpint(refused(session("m=audio 5004 RTP/AVP 0\r\n", c)).status, ==, 488);
}

void both_must_speak_the_same_protocol() {
  const std::string four = "c=IN IP4 192.0.2.7\r\n", six = "c=IN IP6 2001:db8::7\r\n",
                    media = "m=audio 5004 RTP/AVP 0\r\n";
  const struct {
    const char* ours;
    std::string theirs;
    bool good;
  } rows[]{{"127.0.0.1", four, true},
           {"127.0.0.1", six, false},
           {"::1", six, true},
           {"::1", four, false},
           {"::1", "c=IN IP4 0.0.0.0\r\n", true}};
  for (const auto& [ours, theirs, good] : rows) {
    const auto result = read_description(session(media, theirs), known_codecs, ours);
    const auto* refusal = std::get_if<Refusal>(&result);
    g_assert_true((refusal == nullptr) == good);
    if (refusal) g_assert_true(refusal->status == 488 && refusal->warning == 300);
  }
  const Remote mixed = read(session(media + "a=rtcp:5009 IN IP6 2001:db8::7\r\n"));
  g_assert_true((mixed.rtcp == Endpoint{"192.0.2.7", 5009}));
  g_assert_cmpuint(read(session(media + "a=rtcp:70000\r\n")).rtcp.port, ==, 5005);
}

void what_cannot_be_read_is_said() {
  for (const std::string& sdp :
       {std::string("hello"), std::string("v=0\r\n"), std::string("v=1\r\nm=\r\n"), session("m=audio\r\n"),
        session("m=audio x RTP/AVP 0\r\n"), session("m=audio 5004 RTP/AVP 0\r\n", "c=IN\r\n"),
        session("m=audio 70000 RTP/AVP 0\r\n")}) {
    const Refusal refusal = refused(sdp);
    g_assert_cmpint(refusal.status, ==, 400);
    g_assert_false(refusal.text.empty());
  }
}

void every_beginning_of_an_offer_is_survived() {
  const std::string whole = session("m=audio 5004 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                                    "a=rtpmap:101 telephone-event/8000\r\na=rtcp:5005\r\n");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto result = read_description(whole.substr(0, length), known_codecs, "127.0.0.1");
    if (const auto* refusal = std::get_if<Refusal>(&result))
      g_assert_true(refusal->status == 400 || refusal->status == 488);
    else
      g_assert_false(write_answer(std::get<Remote>(result), here).empty());
  }
}

void our_offer_is_one_that_we_would_take() {
  const Remote remote = read(write_offer({"PCMU", 0}, here));
  equal(remote.codec.name, "PCMU");
  g_assert_true(remote.telephone_event == offered_telephone_event);
  g_assert_true((remote.rtp == Endpoint{"127.0.0.1", 40000}));
  const Local six{{"2001:db8::1", 40000}, 7, 8};
  g_assert_true((read(write_offer({"PCMA", 8}, six), six.rtp.address).rtp == Endpoint{"2001:db8::1", 40000}));
}

} // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/sdp/answered", an_offer_is_answered);
  g_test_add_func("/sdp/other-streams", other_streams_are_declined_in_their_place);
  g_test_add_func("/sdp/own-address", the_streams_own_address_and_rtcp_port_count);
  g_test_add_func("/sdp/holds", holds);
  g_test_add_func("/sdp/ptime", packet_times_are_whole_frames);
  g_test_add_func("/sdp/unusable", what_cannot_be_used_is_said);
  g_test_add_func("/sdp/ip-version", both_must_speak_the_same_protocol);
  g_test_add_func("/sdp/unreadable", what_cannot_be_read_is_said);
  g_test_add_func("/sdp/beginnings", every_beginning_of_an_offer_is_survived);
  g_test_add_func("/sdp/our-offer", our_offer_is_one_that_we_would_take);
  return g_test_run();
}
