#include "protocol/codec.h"

#include "protocol/event_json.h"

namespace rt::protocol {

namespace {

class DialectCodec final : public Codec {
 public:
  explicit DialectCodec(Dialect dialect) : dialect_(dialect) {}
  Dialect dialect() const override { return dialect_; }
  std::string encode(const ClientEvent& event) const override {
    return to_text(client_event_json(dialect_, event));
  }
  std::string encode(const ServerEvent& event) const override {
    return to_text(server_event_json(dialect_, event));
  }
  Result<ClientEvent> decode_client(std::string_view text) const override {
    return read_client_event(dialect_, text);
  }

 private:
  Dialect dialect_;
};

} // namespace

const Codec& Codec::of(Dialect dialect) {
  static const DialectCodec ga(Dialect::ga), beta(Dialect::beta), translation(Dialect::translation),
      hybrid(Dialect::hybrid);
  switch (dialect) {
  case Dialect::beta:
    return beta;
  case Dialect::translation:
    return translation;
  case Dialect::hybrid:
    return hybrid;
  case Dialect::ga:
    break;
  }
  return ga;
}

} // namespace rt::protocol
