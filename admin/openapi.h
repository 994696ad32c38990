// The description of the admin API that it serves itself.
#pragma once

#include <string>

namespace segue::admin {

/// An OpenAPI 3.1 document in JSON, made from the table of resources.
std::string openapi_document();

}  // namespace segue::admin
