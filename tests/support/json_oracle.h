// The answers of a JsonQuery the slow way: the whole text as a tree, by another parser.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/http/json_scan.h"

namespace segue::tests {

struct Tree {
  enum class Kind : std::uint8_t { kObject, kArray, kText, kOther } kind = Kind::kOther;
  std::string text;                                   // of a string or a number
  std::uint32_t order = 0;                            // where its end stands among all others
  std::vector<std::pair<std::string, Tree>> members;  // of an array: nameless
};

/// The tree of a text with everything in it, names given twice included; nothing when the text is
/// no JSON. Numbers as this parser writes them: of integers only "-0" changes.
class TreeReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  static std::optional<Tree> read(std::string_view text) {
    TreeReader reader;
    if (!nlohmann::json::sax_parse(text, &reader)) return std::nullopt;
    return std::move(reader.root_.members.front().second);
  }
  std::size_t depth() const { return deepest_; }

  bool null() override { return add(Tree::Kind::kOther, {}); }
  bool boolean(bool) override { return add(Tree::Kind::kOther, {}); }
  bool number_integer(std::int64_t n) override { return add(Tree::Kind::kText, std::to_string(n)); }
  bool number_unsigned(std::uint64_t n) override {
    return add(Tree::Kind::kText, std::to_string(n));
  }
  bool number_float(double, const std::string& text) override {
    return add(Tree::Kind::kText, text);
  }
  bool string(std::string& text) override { return add(Tree::Kind::kText, text); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(std::size_t) override { return begin(Tree::Kind::kObject); }
  bool start_array(std::size_t) override { return begin(Tree::Kind::kArray); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(std::string& text) override {
    key_ = text;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  TreeReader() { open_.push_back(&root_); }
  bool add(Tree::Kind kind, std::string text) {
    Tree& tree = open_.back()->members.emplace_back(key_, Tree{}).second;
    tree.kind = kind;
    tree.text = std::move(text);
    tree.order = ++order_;
    key_.clear();
    return true;
  }
  bool begin(Tree::Kind kind) {
    add(kind, {});
    open_.push_back(&open_.back()->members.back().second);
    deepest_ = std::max(deepest_, open_.size() - 1);
    return deepest_ <= http::JsonScan::kDepthMax;
  }
  bool end() {
    open_.pop_back();
    return true;
  }

  Tree root_;
  std::vector<Tree*> open_;  // parents grow no more while a child is open
  std::string key_;
  std::uint32_t order_ = 0;
  std::size_t deepest_ = 0;
};

/// What stands at `pointer`, names given twice meaning the first.
inline const Tree* at(const Tree& tree, std::string_view pointer) {
  if (pointer.empty()) return &tree;
  pointer.remove_prefix(1);
  const std::size_t slash = pointer.find('/');
  std::string token;
  const std::string_view raw = pointer.substr(0, slash);
  for (std::size_t i = 0; i < raw.size(); ++i)
    token += raw[i] != '~' ? raw[i] : raw[++i] == '0' ? '~' : '/';
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : pointer.substr(slash);
  if (tree.kind == Tree::Kind::kObject) {
    for (const auto& [name, member] : tree.members)
      if (name == token) return at(member, rest);
  } else if (tree.kind == Tree::Kind::kArray) {
    for (std::size_t i = 0; i < tree.members.size(); ++i)
      if (std::to_string(i) == token) return at(tree.members[i].second, rest);
  }
  return nullptr;
}

struct SlowAnswer {
  std::size_t term = http::JsonScan::Answer::kNone;
  std::string value;
  bool operator==(const SlowAnswer&) const = default;
};

inline SlowAnswer slow_answer(const Tree& tree, const http::JsonQuery& query, std::size_t which) {
  const auto value_at = [&](std::string_view pointer) -> const Tree* {
    const Tree* found = at(tree, pointer);
    const bool good = found != nullptr && found->kind == Tree::Kind::kText &&
                      !found->text.empty() && found->text.size() <= http::JsonScan::kValueBytesMax;
    return good ? found : nullptr;
  };
  SlowAnswer best;
  std::pair<std::uint32_t, std::uint32_t> best_order{~0u, ~0u};
  for (std::size_t i = 0; i < query.terms().size(); ++i) {
    const http::JsonQuery::Term& term = query.terms()[i];
    if (term.answer != which) continue;
    const Tree* first = value_at(term.pointer);
    const Tree* second = term.second.empty() ? first : value_at(term.second);
    if (first == nullptr || second == nullptr) continue;
    const std::pair<std::uint32_t, std::uint32_t> order{term.rank,
                                                        std::max(first->order, second->order)};
    if (order >= best_order) continue;
    best_order = order;
    best = {i, first == second ? first->text : first->text + "/" + second->text};
  }
  return best;
}

/// "-0" is the one integer that the tree does not keep as written.
inline std::string as_tree(std::string_view value) {
  return value == "-0" ? "0" : std::string(value);
}

}  // namespace segue::tests
