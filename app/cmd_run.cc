// `segue run`: from a file to a serving process.
#include <cstdio>

#include "app/commands.h"
#include "app/server.h"
#include "conf/load.h"

namespace segue::app {

int cmd_run(const RunOptions& options) {
  auto loaded = conf::load(options.config);
  if (!loaded) {
    for (const Problem& problem : loaded.error())
      std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    std::fprintf(stderr, "segue: %s was refused; nothing was started\n", options.config.c_str());
    return 1;
  }
  if (options.allow_root) loaded->process.allow_root = true;
  if (options.workers) loaded->workers = *options.workers;
  return serve(std::make_shared<const conf::Config>(std::move(*loaded)));
}

}  // namespace segue::app
