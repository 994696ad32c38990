// Frames a body for its receiver: as it is, or in chunks of the pieces that it comes in.
#pragma once

#include <string_view>

#include "lib/base/gather.h"
#include "lib/http/h1_writer.h"

namespace segue::proxy {

class BodyWriter {
 public:
  void begin(http::BodyLength::Kind framing) noexcept {
    chunked_ = framing == http::BodyLength::Kind::kChunked;
  }
  bool chunked() const noexcept { return chunked_; }

  /// `bytes` must hold until gather's flush().
  void send(Gather& out, Gather::Sink& sink, Bytes bytes) {
    out.begin(sink);
    if (!chunked_) return out.refer(bytes);
    http::write_chunk_size(out, bytes.size());
    out.refer(bytes);
    out.copy(kChunkEnd);
  }

  /// All that is in the pipe, and leaves at once.
  void send(Gather& out, Gather::Sink& sink, SplicePipe& pipe) {
    out.begin(sink);
    if (!chunked_) return out.send(pipe);
    http::write_chunk_size(out, pipe.size());
    // Behind the data, so that no packet is left that holds nothing else.
    const bool ended = pipe.put(kChunkEnd);
    out.send(pipe);
    if (ended) return;
    out.begin(sink);
    out.copy(kChunkEnd);
  }

 private:
  static constexpr std::string_view kChunkEnd = "\r\n";
  bool chunked_ = false;
};

}  // namespace segue::proxy
