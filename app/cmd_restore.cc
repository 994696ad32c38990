// `segue restore`: a backup becomes the state that the next start reads.
#include <ostream>

#include "admin/json.h"
#include "admin/table.h"
#include "app/commands.h"
#include "app/privileges.h"
#include "app/problems.h"
#include "app/restore.h"
#include "app/state_desk.h"
#include "conf/load.h"

namespace segue::app {
namespace {

int complain(const Console& console, bool json, const std::string& sentence) {
  if (json)
    console.out << admin::to_text({{"restored", false}, {"problem", sentence}});
  else
    console.err << "segue restore: " << admin::printable(sentence) << "\n";
  return kFailed;
}

// Where the configuration says that the state is, and whose it is; a sentence otherwise.
Result<RestorePlan, std::string> plan_of(const RestoreOptions& options) {
  RestorePlan plan{options.file, options.state_dir, options.replace, std::nullopt};
  if (!plan.dir.empty()) return plan;
  auto loaded = conf::load(options.config);
  if (!loaded)
    return fail(loaded.error().front().to_string() +
                "; name the directory with --state-dir, or a configuration that is right");
  plan.dir = state_dir(loaded->state);
  if (plan.dir.empty())
    return fail(options.config + " has no [state] dir; name the directory with --state-dir");
  loaded->process.allow_root = true;  // restoring is not serving
  auto account = Account::of(*loaded);
  if (!account) return fail(account.error());
  if (*account) plan.owner = std::pair((*account)->uid(), (*account)->gid());
  return plan;
}

}  // namespace

int cmd_restore(const RestoreOptions& options, Console& console) {
  auto plan = plan_of(options);
  if (!plan) return complain(console, options.json, plan.error());
  auto restored = restore(*plan);
  if (!restored) return complain(console, options.json, restored.error());
  const auto& newest = restored->newest;
  if (options.json) {
    admin::Json out = {
        {"restored", true},
        {"database", restored->database},
        {"first_revision", restored->first},
        {"revision", restored->last},
        {"kept_as", restored->kept_as.empty() ? admin::Json() : admin::Json(restored->kept_as)}};
    if (newest) {
      out["at"] = admin::timestamp(newest->at_ms);
      out["by"] = newest->name;
      out["what"] = newest->what;
    }
    console.out << admin::to_text(out);
    return kDone;
  }
  console.out << "restored " << admin::printable(restored->database) << "\n";
  if (newest)
    console.out << "the newest of its revisions is " << newest->number << ", "
                << admin::timestamp(newest->at_ms).get<std::string>() << " by "
                << admin::printable(newest->name) << ": " << admin::printable(newest->what) << "\n";
  else
    console.out << "nothing was ever set in it\n";
  if (!restored->kept_as.empty())
    console.out << "what was there is " << admin::printable(restored->kept_as) << " now\n";
  console.out << "the next start of segue serves it\n";
  return kDone;
}

}  // namespace segue::app
