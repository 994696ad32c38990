// Peer credentials and the name that goes with them.
#include "admin/peer.h"

#include <array>
#include <cstdio>
#include <memory>

#include <pwd.h>
#include <sys/socket.h>

namespace segue::admin {
namespace {

constexpr std::uint32_t kNobody = 65534;

}  // namespace

Author author_of(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return stranger();
  return {peer.uid, user_name(peer.uid), ""};
}

Author stranger() {
  return {kNobody, "unknown", ""};
}

std::string user_name(std::uint32_t uid) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"),
                                                             std::fclose);
  if (file != nullptr) {
    std::array<char, 4096> space;
    passwd entry{};
    passwd* found = nullptr;
    while (fgetpwent_r(file.get(), &entry, space.data(), space.size(), &found) == 0 &&
           found != nullptr)
      if (found->pw_uid == uid) return found->pw_name;
  }
  return "uid " + std::to_string(uid);
}

}  // namespace segue::admin
