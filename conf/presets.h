// Health checks that are known to fit a server: what `preset = "jenkins"` stands for.
#pragma once

#include <array>
#include <string_view>

#include "conf/config.h"

namespace segue::conf {

inline constexpr std::array<std::string_view, 8> kPresetNames{
    "http", "tcp", "jenkins", "gitlab", "buildbot", "teamcity", "woodpecker", "gitea"};

/// The keys that a preset sets; all others have their defaults. `name` is one of kPresetNames.
Health preset(std::string_view name);

}  // namespace segue::conf
