// Shell completion. The verbs come from the table of verbs, the names of routes and pools from the
// running process, asked when the key is pressed.
#include <ostream>

#include "admin/ctl_verbs.h"

namespace segue::admin {
namespace {

constexpr std::string_view kTop = "run check explain schema restore ctl demo";
constexpr std::string_view kOptions = "--socket --json --color --timeout --help";

std::string verbs_that_complete(std::string_view what, std::string_view between) {
  std::string names;
  for (const CtlVerb& verb : ctl_verbs())
    if (verb.completes == what)
      names += (names.empty() ? "" : std::string(between)) + std::string(verb.name);
  return names;
}

std::string all_verbs() {
  std::string names;
  for (const CtlVerb& verb : ctl_verbs())
    names += (names.empty() ? "" : " ") + std::string(verb.name);
  return names;
}

std::string quoted_for_shell(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// @verbs@, @options@, @top@, @described@, and @routes@, @pools@, @places@ for the verbs that take
// such names.
constexpr std::string_view kBash =
    R"script(# segue ctl: completion for bash. Use it with:  source <(segue ctl completion bash)
_segue_ctl() {
  local current=${COMP_WORDS[COMP_CWORD]} verb= i words=
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W "@top@" -- "$current")); return
  fi
  [ "${COMP_WORDS[1]}" = ctl ] || return
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --socket|--color|--timeout) ((i++)) ;;
      -*) ;;
      *) verb=${COMP_WORDS[i]}; break ;;
    esac
  done
  case ${COMP_WORDS[COMP_CWORD-1]} in
    --socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$current")); return ;;
  esac
  case $verb in
    "") words="@verbs@" ;;
    @routes@) words=$(segue ctl names routes 2>/dev/null) ;;
    @pools@) words=$(segue ctl names pools 2>/dev/null) ;;
    @places@) words=$(segue ctl names places 2>/dev/null) ;;
    completion) words="bash zsh fish" ;;
  esac
  case $current in -*) words="@options@" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$current"
  return 0
}
complete -F _segue_ctl segue
)script";

constexpr std::string_view kZsh = R"script(#compdef segue
# segue ctl: completion for zsh. Put it into a folder of $fpath as _segue, or:  source <(segue ctl completion zsh)
_segue() {
  local -a verbs names
  verbs=(
@described@  )
  if (( CURRENT == 2 )); then compadd @top@; return; fi
  [[ ${words[2]} == ctl ]] || return
  if [[ ${words[CURRENT]} == -* ]]; then compadd -- @options@; return; fi
  if (( CURRENT == 3 )); then _describe verb verbs; return; fi
  case ${words[3]} in
    @routes@) names=(${(f)"$(segue ctl names routes 2>/dev/null)"}) ;;
    @pools@) names=(${(f)"$(segue ctl names pools 2>/dev/null)"}) ;;
    @places@) names=(${(f)"$(segue ctl names places 2>/dev/null)"}) ;;
    completion) names=(bash zsh fish) ;;
  esac
  compadd -a names
}
if [ "$funcstack[1]" = _segue ]; then _segue "$@"; else compdef _segue segue; fi
)script";

std::string described() {
  std::string verbs;
  for (const CtlVerb& verb : ctl_verbs())
    verbs +=
        "    " + quoted_for_shell(std::string(verb.name) + ":" + std::string(verb.summary)) + "\n";
  return verbs;
}

std::string filled(std::string_view script) {
  const std::pair<std::string_view, std::string> kWords[] = {
      {"@verbs@", all_verbs()},
      {"@options@", std::string(kOptions)},
      {"@top@", std::string(kTop)},
      {"@described@", described()},
      {"@routes@", verbs_that_complete("routes", "|")},
      {"@pools@", verbs_that_complete("pools", "|")},
      {"@places@", verbs_that_complete("places", "|")},
  };
  std::string out(script);
  for (const auto& [name, text] : kWords)
    for (std::size_t at = out.find(name); at != out.npos; at = out.find(name, at + text.size()))
      out.replace(at, name.size(), text);
  return out;
}

std::string fish() {
  std::string out =
      "# segue ctl: completion for fish. Put it into ~/.config/fish/completions/segue.fish\n";
  const auto line = [&](const std::string& condition, const std::string& rest) {
    out += "complete -c segue -n " + quoted_for_shell(condition) + " " + rest + "\n";
  };
  line("__fish_use_subcommand", "-f -a " + quoted_for_shell(kTop));
  const std::string in_ctl = "__fish_seen_subcommand_from ctl";
  for (const CtlVerb& verb : ctl_verbs())
    line(in_ctl + "; and not __fish_seen_subcommand_from " + all_verbs(),
         "-f -a " + std::string(verb.name) + " -d " + quoted_for_shell(verb.summary));
  for (const std::string_view kind : {"routes", "pools", "places"})
    line(in_ctl + "; and __fish_seen_subcommand_from " + verbs_that_complete(kind, " "),
         "-f -a '(segue ctl names " + std::string(kind) + " 2>/dev/null)'");
  line(in_ctl + "; and __fish_seen_subcommand_from completion", "-f -a 'bash zsh fish'");
  line(in_ctl, "-l json -d 'print the answer as JSON'");
  line(in_ctl, "-l socket -r -d 'path of the admin socket'");
  line(in_ctl, "-l color -x -a 'auto always never'");
  line(in_ctl, "-l timeout -x -d 'seconds to wait for an answer'");
  return out;
}

}  // namespace

int ctl_completion(CtlSession& session, const std::string& shell) {
  if (shell == "bash") session.out << filled(kBash);
  if (shell == "zsh") session.out << filled(kZsh);
  if (shell == "fish") session.out << fish();
  return kExitDone;
}

int ctl_names(CtlSession& session, const std::string& kind) {
  session.json = false;
  const auto answer = session.ask("GET", kind == "routes" ? "/v1/splits" : "/v1/pools");
  if (!answer) return session.code;
  for (const Json& split : member(*answer, "splits"))
    session.out << printable(string_of(split, "route")) << "\n";
  for (const Json& pool : member(*answer, "pools")) {
    const std::string name = printable(string_of(pool, "pool"));
    session.out << name << "\n";
    if (kind != "places") continue;
    for (const Json& endpoint : member(pool, "endpoints"))
      session.out << name << "/" << printable(string_of(endpoint, "address")) << "\n";
  }
  return session.code;
}

}  // namespace segue::admin
