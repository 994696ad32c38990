// [log] and [log.access]
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;

constexpr std::string_view kFormats[] = {"text", "json"};          // Log::Format
constexpr std::string_view kAccessFormats[] = {"json", "logfmt"};  // Log::AccessFormat
constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

constexpr Key<Log> kAccess[] = {
    key<&Log::access_file>("file", text(judge_file, Empty::kAllowed),
                           "`\"-\"` is standard output; empty for no access log."),
    key<&Log::access_format>("format", word(kAccessFormats), "One line per request, as this."),
    key<&Log::access_buffer>(
        "buffer", size(4 * kKiB, 256 * kMiB),
        "Per worker. Traffic never waits for the log: a full buffer drops lines and counts them."),
};

void read_access(const Cursor& at, const Shape&, Log& out) {
  const Key<Log>& file = kAccess[0];
  if (at.node().is(Node::Kind::kString)) return file.read(at, file.shape, out);
  if (!at.node().is(Node::Kind::kTable))
    return at.complain(shown(at.node()) + ", expected \"/path\", \"-\" or a table [log.access]");
  read_section(at, kAccess, out);
}

constexpr Key<Log> kKeys[] = {
    key<&Log::level>("level", word(kLevels), "The least that is logged."),
    key<&Log::format>("format", word(kFormats), "Of the log; the access log has its own."),
    key<&Log::file>("file", text(judge_file, Empty::kAllowed), "Empty is standard error."),
    Key<Log>{"access",
             other("string or table", R"({"anyOf":[{"type":"string"},{"$ref":"#/$defs/access"}]})"),
             "The access log: its file, or the table below.", read_access, nullptr},
};

}  // namespace

void read_log(const Cursor& at, Log& out) {
  read_section(at, kKeys, out);
}

void print_log(std::string& out, const Log& section) {
  out += "\n[log]\n";
  print_section(out, kKeys, section);
  out += "\n[log.access]\n";
  print_section(out, kAccess, section);
}

SectionInfo describe_log() {
  return describe(
      "log", "[log]",
      "What happens to segue itself: starts, reloads, health, changes. No header value, "
      "cookie, query or body is ever logged.",
      kKeys, Log{});
}

SectionInfo describe_access() {
  return describe("access", "[log.access]",
                  "One line per request; `access = \"/path\"` is short for "
                  "`file`.",
                  kAccess, Log{});
}

}  // namespace segue::conf
