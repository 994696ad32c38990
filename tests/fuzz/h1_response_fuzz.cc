// Any bytes as a response: the cuts change nothing, and parser and rules agree on what is chunked.
#include "tests/fuzz/oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  const fuzz::Input input = fuzz::input_of(data, size);
  tests::HeadReader whole(http::H1Parser::Kind::kResponse, fuzz::kLimits);
  whole.read({input.text});
  fuzz::must(fuzz::same(whole.text(), tests::read_head(http::H1Parser::Kind::kResponse, input.cut,
                                                       fuzz::kLimits)),
             "whole and cut differ");
  if (!whole.complete) return 0;
  for (const http::Method method : {http::Method::kHead, http::Method::kGet}) {
    http::Head& head = whole.parser.head();
    head.body = {};
    if (!http::judge_response(head, method, true)) continue;
    fuzz::must(head.status >= 100 && head.status <= 599, "a status that is none");
    if (head.body.kind != http::BodyLength::Kind::kChunked) continue;
    tests::ChunkedBody sink;
    const auto taken = whole.parser.feed_chunked(Bytes("1\r\nx\r\n0\r\n\r\n", 11), sink);
    fuzz::must(taken.ok() && *taken == 11 && sink.data == "x",
               "chunked to the rules and not to the parser");
  }
  return 0;
}
