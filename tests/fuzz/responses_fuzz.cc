// Any bytes as a server's answer: the cuts change nothing, and what a client gets is exactly one
// response with the same body and the same trailers.
#include "tests/fuzz/oracle.h"
#include "tests/support/streams.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  // The first byte says how it is cut, and to which request it is the answer.
  const http::Method method = data[0] % 4 == 1 ? http::Method::kHead : http::Method::kGet;
  const bool upgrade_asked = data[0] % 4 == 2;
  const std::uint8_t minor = data[0] % 4 == 3 ? 0 : 1;
  const fuzz::Input input = fuzz::input_of(data, size);
  tests::ResponseStream whole(method, upgrade_asked, minor, fuzz::kLimits);
  tests::ResponseStream cut(method, upgrade_asked, minor, fuzz::kLimits);
  whole.read(input.text);
  for (const std::string_view piece : input.cut) cut.read(piece);
  fuzz::must(whole.text() == cut.text() && whole.interim == cut.interim, "whole and cut differ");
  fuzz::must(whole.behind == cut.behind || whole.fault, "the end lies elsewhere");
  for (const tests::Passed& message : whole.messages) {
    if (!message.complete) continue;
    tests::ResponseStream again(method, upgrade_asked, 1);
    again.read(message.leaves);
    again.end_of_stream();
    fuzz::must(!again.fault && again.messages.size() == 1, "what leaves is not one response");
    const tests::Passed& got = again.messages[0];
    fuzz::must(got.complete && again.behind == 0, "what leaves ends elsewhere");
    fuzz::must(got.status == message.status && got.body == message.body, "another response");
    if (minor == 1) fuzz::must(got.trailers == message.trailers, "other trailers");
  }
  return 0;
}
