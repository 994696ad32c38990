// What heads cost: parsed and judged, and written for the other side with what the proxy adds.
#include <cstring>
#include <string_view>

#include "bench/micro_allocations.h"
#include "bench/micro_messages.h"
#include "lib/base/gather.h"
#include "lib/base/rng.h"
#include "lib/http/h1_parser.h"
#include "lib/http/h1_rules.h"
#include "lib/http/h1_writer.h"
#include "proxy/client.h"
#include "proxy/forwarding.h"

namespace segue::bench {
namespace {

using Kind = http::H1Parser::Kind;

/// A head in its buffer.
struct Message {
  http::HeadBuffer buffer;
  http::H1Parser parser;

  bool read(Kind kind, std::string_view text) {
    buffer.clear();
    std::memcpy(buffer.space().data(), text.data(), text.size());
    buffer.filled(text.size());
    parser.begin(kind, {});
    const Result<bool> complete = parser.parse_head(buffer);
    return complete && *complete;
  }
};

void parse_head(benchmark::State& state, Kind kind, std::string_view text) {
  Message message;
  if (!message.read(kind, text)) return state.SkipWithError("no head");
  CountAllocations counting(state);
  for (auto _ : state) benchmark::DoNotOptimize(message.read(kind, text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(parse_head, browser, Kind::kRequest, kBrowserHead);
BENCHMARK_CAPTURE(parse_head, webhook, Kind::kRequest, kWebhookHead);
BENCHMARK_CAPTURE(parse_head, response, Kind::kResponse, kResponseHead);

void parse_and_judge(benchmark::State& state, std::string_view text) {
  Message message;
  CountAllocations counting(state);
  for (auto _ : state) {
    message.read(Kind::kRequest, text);
    benchmark::DoNotOptimize(http::judge_request(message.parser.head()));
  }
}
BENCHMARK_CAPTURE(parse_and_judge, browser, kBrowserHead);
BENCHMARK_CAPTURE(parse_and_judge, webhook, kWebhookHead);

struct Nowhere final : Gather::Sink {
  void on_gathered(std::span<const iovec> pieces) override {
    benchmark::DoNotOptimize(pieces.data());
  }
};

void forwarded_fields(benchmark::State& state, std::string_view text) {
  Message message;
  message.read(Kind::kRequest, text);
  if (!http::judge_request(message.parser.head())) return state.SkipWithError("refused");
  proxy::ListenerState listener;
  listener.port_text = "8080";
  const proxy::ClientInfo client{"192.0.2.7", false, &listener};
  proxy::ForwardedFields fields;
  Rng rng(1);
  fields.make(message.parser.head(), client, {}, rng);
  CountAllocations counting(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(fields.make(message.parser.head(), client, {}, rng).data());
}
BENCHMARK_CAPTURE(forwarded_fields, browser, kBrowserHead);

void write_request_head(benchmark::State& state, std::string_view text) {
  Message message;
  message.read(Kind::kRequest, text);
  http::Head& head = message.parser.head();
  if (!http::judge_request(head)) return state.SkipWithError("refused");
  proxy::ListenerState listener;
  listener.port_text = "8080";
  proxy::ForwardedFields fields;
  Rng rng(1);
  const auto extra = fields.make(head, {"192.0.2.7", false, &listener}, {}, rng);
  Nowhere nowhere;
  Gather out;
  CountAllocations counting(state);
  for (auto _ : state) {
    out.begin(nowhere);
    http::write_request_head(out, head, extra, head.body, http::Persistence::kDefault, {});
    out.flush();
  }
}
BENCHMARK_CAPTURE(write_request_head, browser, kBrowserHead);
BENCHMARK_CAPTURE(write_request_head, webhook, kWebhookHead);

void write_response_head(benchmark::State& state) {
  Message message;
  message.read(Kind::kResponse, kResponseHead);
  http::Head& head = message.parser.head();
  if (!http::judge_response(head, http::Method::kGet, false)) return state.SkipWithError("refused");
  Nowhere nowhere;
  Gather out;
  CountAllocations counting(state);
  for (auto _ : state) {
    out.begin(nowhere);
    http::write_response_head(out, head, {}, head.body, http::Persistence::kDefault);
    out.flush();
  }
}
BENCHMARK(write_response_head);

}  // namespace
}  // namespace segue::bench
