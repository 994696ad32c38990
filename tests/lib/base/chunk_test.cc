// The chunk queue against a plain string, and the pool that must get every chunk back.
#include "lib/base/chunk.h"

#include <string>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue {
namespace {

std::string content(const ChunkQueue& queue, std::size_t pieces_max = 64) {
  std::vector<iovec> pieces(pieces_max);
  const std::size_t count = queue.front(pieces);
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  return out;
}

std::string noise(Rng& rng, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += static_cast<char>(rng.below(256));
  return out;
}

}  // namespace

TEST_SUITE("lib/base/chunk") {
  TEST_CASE("an empty queue holds no chunk, and appending nothing takes none") {
    ChunkPool pool;
    ChunkQueue queue(pool);
    queue.append({});
    queue.consume(0);
    CHECK(queue.empty());
    CHECK(content(queue).empty());
    CHECK(pool.in_use() == 0);
  }

  TEST_CASE("a chunk goes back as soon as its last byte has left") {
    ChunkPool pool;
    ChunkQueue queue(pool);
    queue.append(std::string(Chunk::kBytes, 'a'));
    CHECK(pool.in_use() == 1);
    queue.append(Bytes("b", 1));
    CHECK(pool.in_use() == 2);
    queue.consume(Chunk::kBytes - 1);
    CHECK(pool.in_use() == 2);
    CHECK(content(queue) == "ab");
    queue.consume(1);
    CHECK(pool.in_use() == 1);
    queue.consume(1);
    CHECK(pool.in_use() == 0);
    CHECK(queue.empty());
  }

  TEST_CASE("the front has at most as many pieces as asked for") {
    ChunkPool pool;
    ChunkQueue queue(pool);
    queue.append(std::string(3 * Chunk::kBytes, 'x'));
    CHECK(content(queue, 2).size() == 2 * Chunk::kBytes);
    CHECK(content(queue, 0).empty());
    CHECK(queue.size() == 3 * Chunk::kBytes);
  }

  TEST_CASE("a queue that is cleared or destroyed gives everything back") {
    ChunkPool pool;
    {
      ChunkQueue queue(pool), other(pool);
      queue.append(std::string(100'000, 'x'));
      other.append(std::string(100'000, 'x'));
      queue.clear();
      CHECK(queue.empty());
      queue.append(Bytes("again", 5));
      CHECK(content(queue) == "again");
    }
    CHECK(pool.in_use() == 0);
  }

  TEST_CASE("the pool survives more chunks coming back than it keeps") {
    ChunkPool pool;
    ChunkQueue queue(pool);
    for (int round = 0; round < 2; ++round) {
      queue.append(std::string(2 * ChunkPool::kKept * Chunk::kBytes, 'x'));
      CHECK(pool.in_use() == 2 * ChunkPool::kKept);
      queue.clear();
      CHECK(pool.in_use() == 0);
    }
  }

  TEST_CASE("any order of appending and consuming gives what a string would") {
    constexpr std::uint64_t kSeed = 20'240'811;
    Rng rng(kSeed);
    ChunkPool pool;
    ChunkQueue queue(pool);
    std::string reference;
    for (int step = 0; step < 2'000; ++step) {
      CAPTURE(step);
      if (rng.below(2) == 0) {
        const std::string more = noise(rng, rng.below(rng.below(8) == 0 ? 3 * Chunk::kBytes : 200));
        queue.append(more);
        reference += more;
      } else {
        const std::size_t bytes = rng.below(reference.size() + 1);
        queue.consume(bytes);
        reference.erase(0, bytes);
      }
      REQUIRE(queue.size() == reference.size());
      if (step % 16 == 0) REQUIRE(content(queue, 1024) == reference);
    }
    queue.clear();
    CHECK(pool.in_use() == 0);
  }
}

}  // namespace segue
