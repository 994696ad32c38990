// A hash table from texts to a pair of numbers, filled once and then only read.
//
// Texts are divided into pieces (segments of a path, labels of a host) and hashed piece by piece,
// so that one walk over a path gives the hash of each of its prefixes. Clients choose what is
// looked up, never what is stored, so the hash needs no key; every hit is compared in full.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace segue::routing {

class TextTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The hash of no pieces within `scope`. Texts of different scopes never meet.
  static std::uint64_t begin(std::uint32_t scope) noexcept { return product(scope ^ kOdd1, kOdd2); }

  /// The hash of what `hash` stands for, followed by `piece`.
  static std::uint64_t extend(std::uint64_t hash, std::string_view piece) noexcept {
    const char* at = piece.data();
    std::size_t left = piece.size();
    hash += kOdd1 * (left + 1);
    for (; left >= 8; at += 8, left -= 8) hash = product(hash ^ load<std::uint64_t>(at), kOdd2);
    std::uint64_t tail = 0;
    if (left >= 4) {  // two words that overlap hold four to seven bytes
      tail = load<std::uint32_t>(at) | std::uint64_t{load<std::uint32_t>(at + left - 4)} << 32;
    } else if (left > 0) {  // first, middle and last
      tail = byte(at[0]) | byte(at[left / 2]) << 8 | byte(at[left - 1]) << 16;
    }
    return product(hash ^ tail, kOdd3);
  }

  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t scope = 0, text_at = 0, text_size = kNone;
    std::uint32_t first = kNone, second = kNone;  ///< what the owner keeps under this text
  };

  /// The entry of `text`, made when missing. The reference holds until the next insert().
  Entry& insert(std::uint64_t hash, std::uint32_t scope, std::string_view text) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    Entry& entry = entries_[slot(hash, scope, text)];
    if (entry.text_size == kNone) {
      entry.hash = hash;
      entry.scope = scope;
      entry.text_at = static_cast<std::uint32_t>(texts_.size());
      entry.text_size = static_cast<std::uint32_t>(text.size());
      texts_ += text;
      ++used_;
    }
    return entry;
  }

  /// Null when there is none.
  const Entry* find(std::uint64_t hash, std::uint32_t scope, std::string_view text) const noexcept {
    if (entries_.empty()) return nullptr;
    const Entry& entry = entries_[slot(hash, scope, text)];
    return entry.text_size == kNone ? nullptr : &entry;
  }

  std::vector<Entry>& entries() noexcept {
    return entries_;
  }  ///< the free ones have text_size kNone

 private:
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): not ISO C++
  static constexpr std::uint64_t kOdd1 = 0x9e3779b97f4a7c15u, kOdd2 = 0xa0761d6478bd642fu,
                                 kOdd3 = 0xe7037ed1a0b428dbu;

  static std::uint64_t product(std::uint64_t a, std::uint64_t b) noexcept {
    const Wide wide = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
  }
  static std::uint64_t byte(char c) noexcept { return static_cast<unsigned char>(c); }
  template <typename Word>
  static Word load(const char* at) noexcept {
    Word word;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }

  /// Where the text is, or the free entry where it would be.
  std::size_t slot(std::uint64_t hash, std::uint32_t scope, std::string_view text) const noexcept {
    const std::size_t mask = entries_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Entry& entry = entries_[i];
      if (entry.text_size == kNone) return i;
      if (entry.hash == hash && entry.scope == scope && entry.text_size == text.size() &&
          std::memcmp(texts_.data() + entry.text_at, text.data(), text.size()) == 0) {
        return i;
      }
    }
  }

  void grow() {
    std::vector<Entry> old(entries_.empty() ? 16 : entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.text_size == kNone) continue;
      entries_[slot(entry.hash, entry.scope,
                    std::string_view(texts_).substr(entry.text_at, entry.text_size))] = entry;
    }
  }

  std::vector<Entry> entries_;  // open addressing, a power of two, at most half full
  std::string texts_;
  std::size_t used_ = 0;
};

}  // namespace segue::routing
