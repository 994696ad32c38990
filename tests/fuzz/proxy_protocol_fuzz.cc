// Any bytes as a PROXY header: more bytes never change a verdict, and a source is one that can be
// written.
#include "proxy/proxy_protocol.h"

#include "tests/fuzz/oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue;  // NOLINT(google-build-using-namespace)
  using Outcome = proxy::ProxyHeader::Outcome;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const proxy::ProxyHeader whole = proxy::parse_proxy_header(text);
  for (std::size_t n = 0; n < std::min<std::size_t>(size, 600); ++n) {
    const proxy::ProxyHeader part = proxy::parse_proxy_header(text.substr(0, n));
    if (part.outcome == Outcome::kMore) {
      fuzz::must(whole.outcome != Outcome::kOk || n < whole.bytes,
                 "complete, but more is asked for");
      continue;
    }
    fuzz::must(
        part.outcome == whole.outcome && part.bytes == whole.bytes && part.source == whole.source,
        "more bytes change the verdict");
  }
  if (whole.outcome != Outcome::kOk) return 0;
  fuzz::must(whole.bytes > 0 && whole.bytes <= size, "a header longer than its bytes");
  if (whole.source.family() == AF_UNSPEC) return 0;
  for (const std::string& made : {proxy::make_proxy_header_v1(whole.source, whole.source),
                                  proxy::make_proxy_header_v2(whole.source, whole.source)}) {
    const proxy::ProxyHeader again = proxy::parse_proxy_header(made);
    fuzz::must(again.outcome == Outcome::kOk && again.source == whole.source,
               "written and read is another source");
  }
  return 0;
}
