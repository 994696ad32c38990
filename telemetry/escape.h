// Text as it may stand in a line of a log: JSON strings and logfmt values, whatever a peer sent.
//
// What comes out is always valid UTF-8 without control bytes, so a line stays one line in every
// reader.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segue::telemetry {

inline constexpr std::size_t kEscapedMax =
    6;  ///< bytes that one byte of text may become ("\u001f")

/// Writes the inside of a JSON string (RFC 8259 §7) and returns the end; at most
/// kEscapedMax * text.size() bytes. Each byte that is not UTF-8 becomes U+FFFD. No allocation.
char* write_json_text(char* out, std::string_view text) noexcept;

/// Writes a logfmt value: bare where that is unambiguous, else a JSON string with its quotes; "-"
/// for no text. At most kEscapedMax * text.size() + 2 bytes. No allocation.
char* write_logfmt_value(char* out, std::string_view text) noexcept;

void append_json_string(std::string& out, std::string_view text);  ///< with its quotes
void append_logfmt_value(std::string& out, std::string_view text);

}  // namespace segue::telemetry
