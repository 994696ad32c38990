// Looking up fields.
#include "admin/message.h"

#include "lib/http/field.h"

namespace segue::admin {

std::optional<std::string_view> find_field(const Fields& fields, std::string_view name) noexcept {
  for (const auto& [key, value] : fields)
    if (http::same_name(key, name)) return value;
  return std::nullopt;
}

}  // namespace segue::admin
