// [process]: who segue runs as, and what it may still do once it serves
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

// true, false or "log": a switch with a way to try it out first.
void read_seccomp(const Cursor& at, const Shape&, Process& out) {
  const Node& node = at.node();
  if (node.is(Node::Kind::kBoolean)) {
    out.seccomp = node.boolean ? Process::Seccomp::kOn : Process::Seccomp::kOff;
  } else if (node.is(Node::Kind::kString) && node.text == "log") {
    out.seccomp = Process::Seccomp::kLog;
  } else {
    at.complain(shown(node) + ", expected true, false or \"log\"");
  }
}

std::string print_seccomp(const Shape&, const Process& process) {
  switch (process.seccomp) {
    case Process::Seccomp::kOff: return "false";
    case Process::Seccomp::kOn: return "true";
    case Process::Seccomp::kLog: return "\"log\"";
  }
  return "true";
}

constexpr Key<Process> kKeys[] = {
    key<&Process::user>("user", text(judge_account, Empty::kAllowed),
                        "When started as root: the user to become once sockets are bound. Log "
                        "files, certificates and, for a reload, this file are then opened as that "
                        "user. Empty stays who started it."),
    defaults_to("the user's own",
                key<&Process::group>("group", text(judge_account, Empty::kAllowed),
                                     "The group to become; needs `user`.")),
    key<&Process::allow_root>(
        "allow_root", flag(),
        "Run as root without a `user`, which is refused otherwise; also `--allow-root`."),
    key<&Process::core_dumps>("core_dumps", flag(),
                              "Let a crash write memory, with all secrets in it, to a core file, "
                              "and let the same user's debuggers look."),
    Key<Process>{"seccomp", other("`true`, `false` or `\"log\"`", R"({"enum":[true,false,"log"]})"),
                 "Give up the system calls that a proxy does not need. `\"log\"` permits and "
                 "reports them to the kernel's audit log.",
                 read_seccomp, print_seccomp},
};

}  // namespace

void read_process(const Cursor& at, Process& out) {
  read_section(at, kKeys, out);
  if (out.group.empty() || !out.user.empty()) return;
  if (const auto group = at.find("group"))
    group->complain(quoted(out.group) + " without user, expected both, or user alone");
}

void print_process(std::string& out, const Process& section) {
  out += "\n[process]\n";
  print_section(out, kKeys, section);
}

SectionInfo describe_process() {
  return describe("process", "[process]",
                  "Who segue runs as and what it may do. All of it takes effect at the start. "
                  "docs/operating.md says how to set it up.",
                  kKeys, Process{});
}

}  // namespace segue::conf
