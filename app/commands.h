// The subcommands of `segue` and what each is told.
//
// A command writes to the console it is given and returns the exit code: 0 done, 1 failed, 2 not
// understood.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace segue::app {

inline constexpr int kDone = 0, kFailed = 1, kNotUnderstood = 2;

/// Where a command writes: results to `out`, complaints to `err`.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  ///< complaints may have escape sequences
};

struct RunOptions {
  std::string config = "segue.toml";
  std::optional<std::uint32_t> workers{};  ///< instead of the configuration's
  bool allow_root = false;                 ///< as [process] allow_root
};
/// Serves until it is told to stop.
int cmd_run(const RunOptions& options);

struct CheckOptions {
  std::string config = "segue.toml";
  bool print = false;  ///< also the canonical form, then the routes in order of precedence
  bool json = false;
};
/// Says whether the configuration is right, or everything that is wrong with it.
int cmd_check(const CheckOptions& options, Console& console);

struct ExplainOptions {
  std::string config = "segue.toml";
  std::string method{}, url{};
  std::vector<std::string> headers{};  ///< "Name: value"
  std::string body{};                  ///< a file with the request's body; "": none
  std::string client = "127.0.0.1";
  std::optional<std::uint64_t> random{};  ///< the draw of cohort = "request"; drawn when not given
  bool json = false;
};
/// Says where a request would go, with every endpoint taken to be healthy. kFailed also when it
/// would go nowhere.
int cmd_explain(const ExplainOptions& options, Console& console);

struct SchemaOptions {
  bool markdown = false;  ///< docs/configuration.md instead of the JSON Schema
};
int cmd_schema(const SchemaOptions& options, Console& console);

struct RestoreOptions {
  std::string file{};
  std::string state_dir{};  ///< "": where the configuration says
  std::string config = "segue.toml";
  bool replace = false;  ///< what is there is kept under another name
  bool json = false;
};
/// Makes a backup the state that the next start reads.
int cmd_restore(const RestoreOptions& options, Console& console);

}  // namespace segue::app
