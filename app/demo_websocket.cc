#include "app/demo_websocket.h"

#include <array>
#include <cstdint>

#include <openssl/evp.h>

namespace segue::app {
namespace {

enum Opcode : std::uint8_t { kClose = 8, kPing = 9, kPong = 10 };

// RFC 6455 §5.2: the length takes 0, 2 or 8 bytes beyond the second.
void append_frame(std::string& out, std::uint8_t first, std::string_view payload) {
  out.push_back(static_cast<char>(first));
  const std::size_t size = payload.size();
  int bytes = 0;
  if (size < 126) {
    out.push_back(static_cast<char>(size));
  } else if (size < 65'536) {
    out.push_back(126);
    bytes = 2;
  } else {
    out.push_back(127);
    bytes = 8;
  }
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(size >> (8 * i)));
  out.append(payload);
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

bool websocket_echo(std::string& in, std::string& out) {
  for (;;) {
    const auto byte = [&in](std::size_t i) { return static_cast<std::uint8_t>(in[i]); };
    if (in.size() < 2) return true;
    std::size_t head = 2;
    std::uint64_t size = byte(1) & 0x7f;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (in.size() < head + extra) return true;
    if (extra > 0) size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = size << 8 | byte(head + i);
    head += extra;
    if ((byte(1) & 0x80) == 0 || size > kFrameMax)
      return false;  // a client's frame is masked (§5.1)
    if (in.size() < head + 4 + size) return true;
    std::string payload = in.substr(head + 4, size);
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(payload[i] ^ in[head + i % 4]);
    const std::uint8_t first = byte(0);
    in.erase(0, head + 4 + size);
    const std::uint8_t opcode = first & 0x0f;
    if (opcode == kPong) continue;
    append_frame(out, opcode == kPing ? static_cast<std::uint8_t>((first & 0xf0) | kPong) : first,
                 payload);
    if (opcode == kClose) return false;
  }
}

}  // namespace segue::app
