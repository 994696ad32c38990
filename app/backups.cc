// Times as names and back.
#include "app/backups.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include <dirent.h>
#include <unistd.h>

#include "lib/store/files.h"

namespace segue::app {

using store::StoreError;

namespace {

constexpr std::string_view kPrefix = "segue-", kSuffix = ".db";
constexpr const char* kFormat = "%Y%m%dT%H%M%SZ";

// The time in a backup's name; 0 when it is no such name.
std::uint64_t time_of(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return 0;
  const std::string middle(name.substr(
      kPrefix.size(), name.size() - std::min(name.size(), kPrefix.size() + kSuffix.size())));
  std::tm utc{};
  const char* end = ::strptime(middle.c_str(), kFormat, &utc);
  if (end == nullptr || *end != '\0') return 0;
  const std::time_t seconds = ::timegm(&utc);
  const std::uint64_t ms = seconds <= 0 ? 0 : static_cast<std::uint64_t>(seconds) * 1000;
  return backup_name(ms) == name ? ms : 0;
}

struct CloseDir {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

// Names of backups, oldest first.
Result<std::vector<std::string>, StoreError> backups_in(const std::string& folder) {
  const std::unique_ptr<DIR, CloseDir> open(::opendir(folder.c_str()));
  if (open == nullptr) return fail(store::from_system(folder, "read the folder", errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get()))  // NOLINT(concurrency-mt-unsafe): own DIR
    if (time_of(entry->d_name) != 0) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string backup_name(std::uint64_t wall_ms) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), kFormat, &utc);
  return std::string(kPrefix) + std::string(text.data(), length) + std::string(kSuffix);
}

Result<std::uint32_t, StoreError> remove_old_backups(const BackupPlan& plan) {
  auto names = backups_in(plan.folder);
  if (!names) return fail(std::move(names).error());
  std::uint32_t removed = 0;
  for (std::size_t i = 0; i + plan.keep < names->size(); ++i)
    if (::unlink((plan.folder + "/" + (*names)[i]).c_str()) == 0) ++removed;
  return removed;
}

std::uint64_t newest_backup_ms(const std::string& folder) {
  const auto names = backups_in(folder);
  return names && !names->empty() ? time_of(names->back()) : 0;
}

}  // namespace segue::app
