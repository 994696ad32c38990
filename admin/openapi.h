// The description of the admin API that it serves itself.
#pragma once

#include <string_view>

namespace segue::admin {

/// An OpenAPI 3.1 document in JSON, written by hand; a test holds it to the table of resources.
std::string_view openapi_document() noexcept;

}  // namespace segue::admin
