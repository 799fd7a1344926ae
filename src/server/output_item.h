// One item of a response on its way out:
//
//   output_item.added, item.added, [content_part.added], deltas, [content's done events], item.done,
//   output_item.done
//
// A response outside the conversation sends no conversation.item events.
#pragma once

#include "server/context.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rt::server {

class OutputItem {
 public:
  struct Place {
    std::string response_id;
    std::uint32_t output_index = 0;
    bool in_conversation = true;
  };

  OutputItem(Context& context, Place place, protocol::Item item)
      : context_(context), place_(std::move(place)), item_(std::move(item)) {}
  virtual ~OutputItem() = default;

  void open();
  // Sends the next delta; false, and nothing sent, when there is none.
  virtual bool step() = 0;
  // What follows the last delta and takes time; how long until the item can be closed.
  virtual Ms work() { return Ms(0); }
  // The done events, also of an item that was cut short.
  void close(bool completed);

  const protocol::Item& item() const { return item_; }
  // Of the deltas sent so far. Audio counts 20 tokens a second, text one a word.
  std::uint64_t text_tokens() const { return text_tokens_; }
  virtual std::uint64_t audio_ms() const { return 0; }
  std::uint64_t audio_tokens() const { return audio_ms() / 50; }

 protected:
  virtual void open_content() {}
  virtual void close_content() = 0; // also completes item_
  protocol::ContentRef at() const { return {place_.response_id, item_.id, place_.output_index, 0}; }

  Context& context_;
  Place place_;
  protocol::Item item_;
  std::uint64_t text_tokens_ = 0;
};

std::unique_ptr<OutputItem> make_text_message(Context& context, OutputItem::Place place,
                                              const std::string& text);
// `delta` is how much audio one event carries.
std::unique_ptr<OutputItem> make_audio_message(Context& context, OutputItem::Place place,
                                               const std::string& transcript,
                                               const std::vector<std::int16_t>& samples,
                                               const audio::Format& format, Ms delta);
std::unique_ptr<OutputItem> make_function_call(Context& context, OutputItem::Place place, std::string call_id,
                                               std::string name, std::string arguments);
// `outcome` is what comes of it at once; without, it waits for approval.
std::unique_ptr<OutputItem> make_mcp_call(Context& context, OutputItem::Place place, const ReplyPart& part,
                                          std::optional<McpOutcome> outcome);
// Of the call before it.
std::unique_ptr<OutputItem> make_mcp_approval_request(Context& context, OutputItem::Place place,
                                                      McpTools::Call call);

} // namespace rt::server
