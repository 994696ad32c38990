// Frames a body for its receiver: as it is, or in chunks of the pieces that it comes in.
//
// Chunks that come through the pipe are announced before all of their data is there, so that
// several of them leave as one; what is missing follows without a frame of its own.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lib/base/check.h"
#include "lib/base/gather.h"
#include "lib/http/h1_writer.h"
#include "lib/http/stream.h"

namespace segue::proxy {

class BodyWriter {
 public:
  void begin(http::BodyLength::Kind framing) noexcept {
    chunked_ = framing == http::BodyLength::Kind::kChunked;
    announced_ = 0;
  }
  bool chunked() const noexcept { return chunked_; }

  /// `bytes` must hold until gather's flush().
  void send(Gather& out, Gather::Sink& sink, Bytes bytes) {
    out.begin(sink);
    if (!chunked_) return out.refer(bytes);
    if (announced_ == 0) {
      http::write_chunk_size(out, bytes.size());
      announced_ = bytes.size();
    }
    out.refer(bytes);
    arrived(out, bytes.size());
  }

  void send(Gather& out, Gather::Sink& sink, SplicePipe& pipe, const http::Piped& what) {
    out.begin(sink);
    if (!chunked_) return out.flush(pipe);
    SEGUE_DCHECK(what.joined || what.first == what.data, "frames stand between chunks");
    if (announced_ == 0) {
      http::write_chunk_size(out, what.first);
      announced_ = what.first;
    }
    out.flush(pipe);
    out.begin(sink);
    if (what.joined) announced_ = what.left;
    arrived(out, what.joined ? 0 : what.first);
  }

  /// See http::Stream::join_piped().
  bool join(SplicePipe& pipe, std::uint64_t bytes) const noexcept {
    return !chunked_ || pipe.put(http::ChunkFrame(bytes).text());
  }

 private:
  /// So much of the chunk that was announced is on its way; the end of its data ends it.
  void arrived(Gather& out, std::size_t bytes) {
    SEGUE_DCHECK(bytes <= announced_, "a source tells where its chunks end");
    announced_ -= bytes;
    if (announced_ == 0) out.copy("\r\n");
  }

  std::uint64_t announced_ = 0;  // bytes of the chunk begun that its receiver still waits for
  bool chunked_ = false;
};

}  // namespace segue::proxy
