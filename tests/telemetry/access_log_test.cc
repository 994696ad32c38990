// Lines from several threads through their rings into one file.
#include "telemetry/access_log.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace segue::telemetry {
namespace {

using tests::read_file;
using tests::TempDir;

Record numbered(std::string_view worker, std::uint64_t number, std::string_view path = "/") {
  Record record;
  record.request_id = worker;
  record.path = path;
  record.generation = number;
  return record;
}

std::vector<nlohmann::json> lines_of(const std::string& text) {
  std::vector<nlohmann::json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

std::unique_ptr<AccessWriter> start(const std::string& file, std::vector<AccessRing*> rings) {
  auto writer = AccessWriter::start(file, std::move(rings));
  REQUIRE(writer.ok());
  return std::move(writer).value();
}

TEST_SUITE("telemetry/access_log") {
  TEST_CASE("lines are in the file when flush returns, and the file is not for everybody") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    const auto writer = start(dir / "access", {&ring});
    CHECK(ring.write(numbered("a", 1), AccessFormat::kJson));
    CHECK(ring.write(numbered("a", 2), AccessFormat::kJson));
    writer->flush();
    const auto lines = lines_of(read_file(dir / "access"));
    REQUIRE(lines.size() == 2);
    CHECK(lines[1]["generation"] == 2);
    struct stat facts {};
    REQUIRE(::stat((dir / "access").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0007) == 0);
  }

  TEST_CASE("the destructor writes what is left") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    start(dir / "access", {&ring}).reset();
    {
      const auto writer = start(dir / "access", {&ring});
      CHECK(ring.write(numbered("a", 7), AccessFormat::kJson));
    }
    CHECK(lines_of(read_file(dir / "access")).size() == 1);
  }

  TEST_CASE("a full ring refuses and takes lines again once there is room") {
    const TempDir dir;
    AccessRing ring(1);  // kBytesMin
    std::uint64_t written = 0;
    while (ring.write(numbered("a", written), AccessFormat::kJson)) ++written;
    CHECK(written > 50);
    CHECK_FALSE(ring.write(numbered("a", 0), AccessFormat::kJson));
    const auto writer = start(dir / "access", {&ring});
    writer->flush();
    CHECK(ring.write(numbered("a", written), AccessFormat::kJson));
    writer->flush();
    const auto lines = lines_of(read_file(dir / "access"));
    REQUIRE(lines.size() == written + 1);
    for (std::uint64_t i = 0; i < lines.size(); ++i) CHECK(lines[i]["generation"] == i);
  }

  TEST_CASE("after reopen lines go to a new file under the old name") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    const auto writer = start(dir / "access", {&ring});
    CHECK(ring.write(numbered("a", 1), AccessFormat::kJson));
    writer->flush();
    std::filesystem::rename(dir / "access", dir / "access.1");
    CHECK(ring.write(numbered("a", 2), AccessFormat::kJson));
    writer->reopen();
    writer->flush();
    CHECK(ring.write(numbered("a", 3), AccessFormat::kJson));
    writer->flush();
    CHECK(lines_of(read_file(dir / "access.1")).size() == 2);
    const auto lines = lines_of(read_file(dir / "access"));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0]["generation"] == 3);
  }

  TEST_CASE("a file that cannot be opened is a sentence at the start and no matter later") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    const auto refused = AccessWriter::start(dir / "no/such/folder", {&ring});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().find("No such file or directory") != std::string::npos);

    std::filesystem::create_directory(dir / "logs");
    const auto writer = start(dir / "logs/access", {&ring});
    std::filesystem::rename(dir / "logs", dir / "moved");
    writer->reopen();
    CHECK(ring.write(numbered("a", 1), AccessFormat::kJson));
    writer->flush();
    CHECK(writer->write_errors() == 1);
    CHECK(lines_of(read_file(dir / "moved/access")).size() == 1);  // the old file stayed
  }

  TEST_CASE("a full disk keeps lines in the ring, is counted and ends nothing") {
    if (::access("/dev/full", W_OK) != 0) return;
    const TempDir dir;
    std::filesystem::create_symlink("/dev/full", dir / "access");
    AccessRing ring(AccessRing::kBytesMin);
    const auto writer = start(dir / "access", {&ring});
    CHECK(ring.write(numbered("a", 1), AccessFormat::kJson));
    writer->flush();
    CHECK(writer->write_errors() >= 1);
    std::filesystem::remove(dir / "access");  // the disk has room again
    writer->reopen();
    writer->flush();
    writer->flush();
    CHECK(lines_of(read_file(dir / "access")).size() == 1);
    CHECK(writer->lines_cut() == 0);
  }

  TEST_CASE("a pipe that nobody empties gets whole lines and holds up nobody") {
    const TempDir dir;
    REQUIRE(::mkfifo((dir / "access").c_str(), 0600) == 0);
    const int reader = ::open((dir / "access").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    AccessRing ring(1024 * 1024);
    for (std::uint64_t i = 0; i < 2000; ++i) {
      CHECK(ring.write(numbered("a", i), AccessFormat::kJson));
    }
    const auto all_there_is = [&] {
      std::string text(1024 * 1024, '\0');
      std::size_t size = 0;
      for (ssize_t got = 0; (got = ::read(reader, text.data() + size, text.size() - size)) > 0;) {
        size += static_cast<std::size_t>(got);
      }
      text.resize(size);
      return lines_of(text);
    };
    std::uint64_t arrived = 0;
    {
      const auto writer = start(dir / "access", {&ring});
      writer->flush();
      const auto first = all_there_is();
      CHECK(first.size() > 50);
      CHECK(first.size() < 2000);
      arrived += first.size();
      writer->flush();
      const auto second = all_there_is();
      CHECK(second.size() > 50);
      CHECK(second.front()["generation"] == first.size());
      CHECK(writer->write_errors() == 0);
      arrived += second.size();
    }
    arrived += all_there_is().size();
    CHECK(arrived < 2000);  // the destructor did not wait for a reader
    ::close(reader);
  }

  /// The size at which files of this process end; the writer sees a short write, then EFBIG.
  class FileSizeLimit {
   public:
    explicit FileSizeLimit(rlim_t bytes) {
      ::getrlimit(RLIMIT_FSIZE, &before_);
      const rlimit limit{bytes, before_.rlim_max};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

   private:
    rlimit before_{};
  };

  TEST_CASE("a line that did not fit is ended when there is room again") {
    const TempDir dir;
    AccessRing one(AccessRing::kBytesMin), other(AccessRing::kBytesMin);
    for (std::uint64_t i = 0; i < 10; ++i) {
      CHECK(one.write(numbered("one", i), AccessFormat::kJson));
    }
    const auto writer = start(dir / "access", {&one, &other});
    {
      const FileSizeLimit full(1000);
      writer->flush();
      CHECK(read_file(dir / "access").size() == 1000);
      CHECK(writer->write_errors() >= 1);
      CHECK(other.write(numbered("other", 0), AccessFormat::kJson));
      writer->flush();
    }
    writer->flush();
    CHECK(lines_of(read_file(dir / "access")).size() == 11);
    CHECK(writer->lines_cut() == 0);
  }

  TEST_CASE("the rest of a line that did not fit is not begun in the next file") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    for (std::uint64_t i = 0; i < 10; ++i) CHECK(ring.write(numbered("a", i), AccessFormat::kJson));
    const auto writer = start(dir / "access", {&ring});
    std::string old;
    {
      const FileSizeLimit full(1000);
      writer->flush();
      std::filesystem::rename(dir / "access", dir / "access.1");
      writer->reopen();
      writer->flush();
      old = read_file(dir / "access.1");
    }
    writer->flush();
    const auto whole = std::count(old.begin(), old.end(), '\n');
    CHECK(writer->lines_cut() == 1);
    CHECK(static_cast<long>(lines_of(read_file(dir / "access")).size()) == 10 - whole - 1);
  }
}

TEST_SUITE("threads/telemetry/access_log") {
  TEST_CASE("every line that was taken arrives whole, once and in its worker's order") {
    const TempDir dir;
    constexpr int kWorkers = 3;
    constexpr std::uint64_t kLines = 20'000;
    std::vector<std::unique_ptr<AccessRing>> rings;
    std::vector<AccessRing*> borrowed;
    for (int i = 0; i < kWorkers; ++i) {
      rings.push_back(std::make_unique<AccessRing>(AccessRing::kBytesMin));
      borrowed.push_back(rings.back().get());
    }
    std::vector<std::vector<std::uint64_t>> taken(kWorkers);
    {
      const auto writer = start(dir / "access", borrowed);
      std::vector<std::thread> threads;
      for (std::size_t worker = 0; worker < kWorkers; ++worker) {
        threads.emplace_back([&, worker] {
          const std::string name = std::to_string(worker);
          const std::string path(worker * 97 + 1,
                                 'p');  // lengths that move the end of a lap around
          for (std::uint64_t i = 0; i < kLines; ++i) {
            if (rings[worker]->write(numbered(name, i, path), AccessFormat::kJson)) {
              taken[worker].push_back(i);
            } else if (i % 3 == 0) {
              writer->flush();
            }
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    std::vector<std::vector<std::uint64_t>> arrived(kWorkers);
    for (const auto& line : lines_of(read_file(dir / "access"))) {
      const auto worker =
          static_cast<std::size_t>(std::stoi(line["request_id"].get<std::string>()));
      CHECK(line["path"].get<std::string>().size() == worker * 97 + 1);
      arrived[worker].push_back(line["generation"]);
    }
    for (std::size_t worker = 0; worker < kWorkers; ++worker) {
      CAPTURE(worker);
      CHECK(taken[worker].size() > 100);
      CHECK(arrived[worker] == taken[worker]);
    }
  }

  TEST_CASE("reopening while workers write loses and splits no line") {
    const TempDir dir;
    AccessRing ring(AccessRing::kBytesMin);
    std::uint64_t taken = 0;
    constexpr int kFiles = 20;
    {
      const auto writer = start(dir / "access", {&ring});
      std::atomic<bool> stop{false};
      std::thread worker([&] {
        while (!stop.load()) {
          if (ring.write(numbered("w", taken), AccessFormat::kJson)) ++taken;
        }
      });
      for (int i = 0; i < kFiles; ++i) {
        std::filesystem::rename(dir / "access", dir / std::to_string(i));
        writer->reopen();
        writer->flush();
      }
      stop = true;
      worker.join();
    }
    std::uint64_t arrived = 0;
    for (int i = 0; i < kFiles; ++i) arrived += lines_of(read_file(dir / std::to_string(i))).size();
    arrived += lines_of(read_file(dir / "access")).size();
    CHECK(arrived == taken);
  }
}

}  // namespace
}  // namespace segue::telemetry
