// Any bytes as a request: the cuts change nothing, and what is taken leaves as exactly one request
// that is taken again as the same.
#include "lib/http/h1_writer.h"
#include "tests/fuzz/oracle.h"

namespace {

using namespace segue;  // NOLINT(google-build-using-namespace)

struct Wire final : Gather::Sink {
  std::string text;
  void on_gathered(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
};

std::string written(http::Head& head) {
  Gather gather;
  Wire wire;
  gather.begin(wire);
  http::write_request_head(gather, head, {}, head.body, http::Persistence::kDefault, "upstream");
  gather.send_all();
  return wire.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input = fuzz::input_of(data, size);
  tests::HeadReader whole(http::H1Parser::Kind::kRequest, fuzz::kLimits);
  whole.read({input.text});
  fuzz::must(fuzz::same(whole.text(),
                        tests::read_head(http::H1Parser::Kind::kRequest, input.cut, fuzz::kLimits)),
             "whole and cut differ");
  if (!whole.complete || !http::judge_request(whole.parser.head())) return 0;

  http::Head& head = whole.parser.head();
  const std::string once = written(head);
  tests::HeadReader again(http::H1Parser::Kind::kRequest);
  again.read({once});
  fuzz::must(again.complete && again.rest.empty(), "what leaves is not exactly one head");
  fuzz::must(http::judge_request(again.parser.head()).ok(), "what leaves would be refused");
  fuzz::must(again.parser.head().body == head.body, "the body is framed differently");
  fuzz::must(again.parser.head().path == head.path && again.parser.head().query == head.query,
             "the target changed");
  fuzz::must(written(again.parser.head()) == once, "writing is not idempotent");
  if (head.body.kind == http::BodyLength::Kind::kChunked) {
    tests::ChunkedBody sink;
    const auto taken = whole.parser.feed_chunked(Bytes("1\r\nx\r\n0\r\n\r\n", 11), sink);
    fuzz::must(taken.ok() && *taken == 11 && sink.data == "x",
               "chunked to the rules and not to the parser");
  }
  return 0;
}
