// Any bytes as a client's connection: the cuts change nothing, and whatever becomes a request
// leaves as exactly one, with the same body and the same trailers.
#include "tests/fuzz/oracle.h"
#include "tests/support/streams.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  const fuzz::Input input = fuzz::input_of(data, size);
  tests::RequestStream whole(fuzz::kLimits), cut(fuzz::kLimits);
  whole.read(input.text);
  for (const std::string_view piece : input.cut) cut.read(piece);
  fuzz::must(whole.text() == cut.text(), "whole and cut differ");
  for (const tests::RequestStream* stream : {&whole, &cut}) {
    for (const tests::Passed& message : stream->messages) {
      if (!message.complete) continue;
      tests::RequestStream again;
      again.read(message.leaves);
      fuzz::must(!again.fault && again.messages.size() == 1, "what leaves is not one request");
      const tests::Passed& got = again.messages[0];
      fuzz::must(got.complete && again.behind == 0, "what leaves ends elsewhere");
      fuzz::must(got.head == message.head, "what leaves has another head");
      fuzz::must(got.body == message.body && got.trailers == message.trailers,
                 "what leaves has another body");
    }
  }
  return 0;
}
