// What the demonstration's forge sends: GitHub's own example payloads where they are installed.
#pragma once

#include <string>
#include <vector>

namespace segue::app {

struct DemoPayload {
  std::string event;   ///< X-GitHub-Event
  std::string body;    ///< JSON
  std::string sha256;  ///< of the body, hexadecimal
};

struct DemoPayloads {
  std::vector<DemoPayload> list;
  std::string source;  ///< a sentence for people
};

/// From `file` (index.json of npm's @octokit/webhooks-examples); made up when that is "" or cannot
/// be read.
DemoPayloads load_payloads(const std::string& file);

/// Where the file is found: below the current directory or the one that the program was built in;
/// "" when not.
std::string find_payloads();

}  // namespace segue::app
