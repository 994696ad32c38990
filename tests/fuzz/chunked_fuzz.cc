// Any bytes as a chunked body: the cuts change neither data, trailers nor where the next message
// begins.
#include "tests/fuzz/oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  const fuzz::Input input = fuzz::input_of(data, size);
  tests::ChunkedBody whole, cut;
  whole.read({input.text}, fuzz::kLimits);
  cut.read(input.cut, fuzz::kLimits);
  fuzz::must(fuzz::same(whole.text(), cut.text()), "whole and cut differ");
  fuzz::must(whole.data.size() <= input.text.size(), "more data than there was");
  return 0;
}
