// Copied beside its place, opened and read as a start would, then renamed.
#include "app/restore.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/runtime_json.h"
#include "app/backups.h"
#include "app/state_store.h"
#include "lib/base/clock.h"
#include "lib/store/files.h"

namespace segue::app {
namespace {

using store::Database;
using store::Folder;

constexpr std::uint64_t kFileBytesMax = 4ull * 1024 * 1024 * 1024;

Result<std::string, std::string> read_backup(const std::string& file) {
  const auto failed = [&](int error) {
    return fail("cannot read " + file + ": " + std::strerror(error));
  };
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(errno);
  struct stat info {};
  std::string bytes;
  int error = ::fstat(fd, &info) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(info.st_mode)) error = EINVAL;
  if (error == 0 && static_cast<std::uint64_t>(info.st_size) > kFileBytesMax) error = EFBIG;
  if (error == 0) bytes.resize(static_cast<std::size_t>(info.st_size));
  for (std::size_t done = 0; error == 0 && done < bytes.size();) {
    const ssize_t got = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) error = got == 0 ? EIO : errno;
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  ::close(fd);
  if (error != 0) return failed(error);
  return bytes;
}

// What a start would make of the database at `path`.
Result<Restored, std::string> looked_at(const std::string& path) {
  auto database = Database::open(path, Journal::schema());
  if (!database) return fail(database.error().sentence);
  auto journal = Journal::open(std::move(database).value());
  if (!journal) return fail(journal.error().sentence);
  if (auto runtime = admin::parse_runtime(journal->runtime()); !runtime)
    return fail("revision " + std::to_string(journal->last()) +
                " cannot be understood: " + runtime.error());
  Restored found;
  found.first = journal->first();
  found.last = journal->last();
  auto newest = journal->list(0, 1);
  if (!newest) return fail(newest.error().sentence);
  if (!newest->empty()) found.newest = newest->front();
  return found;
}

// Removes what it names unless it is released.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) { remove(); }
  ~Scratch() { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  void remove() const {
    ::unlink(path_.c_str());
    ::unlink((path_ + "-wal").c_str());
  }
  std::string path_;
};

Status<std::string> give_to(const std::string& path, std::pair<uid_t, gid_t> owner) {
  if (::lchown(path.c_str(), owner.first, owner.second) == 0) return Done{};
  return fail("cannot give " + path + " to uid " + std::to_string(owner.first) + ": " +
              std::strerror(errno));
}

std::optional<std::pair<uid_t, gid_t>> owner_of(const std::string& dir) {
  struct stat info {};
  if (::geteuid() != 0 || ::stat(dir.c_str(), &info) != 0) return std::nullopt;
  return std::pair(info.st_uid, info.st_gid);
}

// The database there is, and the journal that belongs to it, under another name. "" when none.
Result<std::string, std::string> keep(const std::string& database) {
  const bool is = store::exists(database), has_journal = store::exists(database + "-wal");
  if (!is && !has_journal) return std::string();
  std::string name = database + ".before-" + backup_name(wall_clock_ms());
  // The database first: alone it would pass for an older one, its journal alone is refused.
  for (const auto& [there, suffix] : {std::pair(is, ""), std::pair(has_journal, "-wal")})
    if (there)
      if (auto moved = store::give_name(database + suffix, name + suffix); !moved)
        return fail(moved.error().sentence);
  return name;
}

}  // namespace

Result<Restored, std::string> restore(const RestorePlan& plan) {
  auto bytes = read_backup(plan.file);
  if (!bytes) return fail(bytes.error());
  if (store::exists(plan.file + "-wal"))
    return fail(plan.file + " is a database in use, not a backup: beside it is a journal (" +
                plan.file + "-wal); take what `segue ctl backup` writes");
  const bool made_dir = !store::exists(plan.dir);
  auto folder = Folder::take(plan.dir);
  if (!folder) return fail(folder.error().sentence);
  const auto owner = plan.owner ? plan.owner : owner_of(folder->path());
  const std::string place = *folder / StateStore::kFile;
  if (!plan.replace && (store::exists(place) || store::exists(place + "-wal")))
    return fail(place + " is there already; --replace keeps it under another name");

  const Scratch scratch(place + ".restoring");
  if (auto written = store::write_file(scratch.path(), *bytes); !written)
    return fail(written.error().sentence);
  auto found = looked_at(scratch.path());
  if (!found) return fail(plan.file + " is no backup that can be restored: " + found.error());
  if (owner) {
    for (const std::string& path : {scratch.path(), *folder / Folder::kLock})
      if (auto given = give_to(path, *owner); !given) return fail(given.error());
    if (made_dir)
      if (auto given = give_to(folder->path(), *owner); !given) return fail(given.error());
  }
  auto kept = keep(place);
  if (!kept) return fail(kept.error());
  if (auto named = store::give_name(scratch.path(), place); !named)
    return fail(named.error().sentence);
  found->kept_as = std::move(*kept);
  found->database = place;
  return found;
}

}  // namespace segue::app
