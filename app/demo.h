// `segue demo`: two demonstration CI servers, a segue in front of them, real traffic, and a story
// of one minute.
#pragma once

namespace segue::app {

/// `argv[0]` is "demo"; "server" after it runs one of the demonstration servers. Returns the exit
/// code: 0 when nothing was lost or duplicated, 1 when something was, 2 when the demonstration
/// could not run.
int demo_main(int argc, char** argv);

}  // namespace segue::app
