// The user's side of the conversation: audio comes in, turns and their transcripts go out.
//
//   append... -> speech_started -> speech_stopped -> committed -> item added, done -> [transcript]   (turn
//   detection) append... commit            -> committed -> item added, done -> [transcript] (without)
#pragma once

#include "server/context.h"
#include "server/input_audio.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace rt::server {

class InputTurns final : InputAudio::Listener {
 public:
  // OpenAI's server refuses to commit less.
  static constexpr std::uint64_t min_commit_ms = 100;

  struct Listener {
    virtual ~Listener() = default;
    virtual void on_speech_started() = 0;
    // The user item is in the store; turn detection decided it, not the client.
    virtual void on_turn_ended() = 0;
    virtual void on_heard() = 0; // an item's text is now known
  };

  InputTurns(Context& context, Listener& listener);
  void configure(); // after every session.update
  void append(const protocol::InputAudioAppend& event, std::string_view event_id);
  void commit(std::string_view event_id);
  void clear();
  // idle_timeout_ms ran out: an empty turn.
  void time_out(std::uint64_t since_ms);
  // Recognises the audio of an item that the client made.
  void recognise(StoredItem& stored);
  bool speaking() const { return audio_.speaking(); }
  std::uint64_t written_ms() const { return audio_.written_ms(); }

 private:
  void on_started(std::uint64_t start_ms) override;
  void on_samples(std::vector<std::int16_t> samples) override;
  void on_stopped(std::uint64_t end_ms) override;

  // An utterance that is being listened to.
  struct Hearing {
    std::string item_id; // once the item exists
    std::string told;    // words that went out while it was being said
  };

  void open_utterance();
  void hear_so_far(Hearing& hearing, const std::string& text);
  std::string make_item(InputAudio::Committed audio);
  void settle(const std::string& item_id); // when nobody is listening to it: nothing was understood
  void heard(const std::string& item_id, std::string text, std::string told = {});

  Context& context_;
  Listener& listener_;
  InputAudio audio_;
  std::string item_id_;         // of the turn that is open; empty when none was announced
  std::string announced_;       // the item that was added before it was there
  std::set<std::string> ended_; // items of turns whose answer waits for the transcript
  // Before the item exists, and afterwards by item until its text has come.
  std::unique_ptr<Utterance> utterance_;
  std::shared_ptr<Hearing> hearing_; // of utterance_
  std::map<std::string, std::unique_ptr<Utterance>> finishing_;
};

} // namespace rt::server
