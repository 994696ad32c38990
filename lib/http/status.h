// Statuses: their phrases, the one mapping from an Error, and the short answers of our own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace segue::http {

std::string_view reason_phrase(std::uint16_t status) noexcept;  ///< "" when unknown

/// The status a client gets for `error` when no response has begun; 0: none, just close.
std::uint16_t status_for(Error error) noexcept;

/// A sentence for people about `fault`, without details a stranger should not see.
std::string_view explain(Fault fault) noexcept;

/// The same about `rule`, with its clause; "" for kNone.
std::string_view explain(Rule rule) noexcept;

enum class Page : std::uint8_t { kText, kHtml, kJson };

/// The kind of page that an Accept field asks for; plain text when it is silent.
Page page_for(std::string_view accept) noexcept;

/// The body of an answer of our own.
std::string error_page(Page page, std::uint16_t status, Error error, std::string_view request_id);
std::string_view content_type(Page page) noexcept;

}  // namespace segue::http
