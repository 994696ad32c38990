// A doubly linked list through its members: no allocation, O(1) unlink, never owns.
#pragma once

#include "lib/base/check.h"

namespace segue {

/// The link a member carries, one per list it may be in. Asserts that it left its list before it
/// dies.
struct Link {
  Link* prev = nullptr;
  Link* next = nullptr;

  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { SEGUE_DCHECK(!linked(), "destroyed while still in a list"); }

  bool linked() const noexcept { return next != nullptr; }
  void unlink() noexcept {
    if (next == nullptr) return;
    prev->next = next;
    next->prev = prev;
    prev = next = nullptr;
  }
};

/// A list of T through the member `M`. Iteration survives unlinking the current element only
/// through for_each (which reads the next link first).
template <typename T, Link T::*M>
class IntrusiveList {
 public:
  IntrusiveList() noexcept { root_.prev = root_.next = &root_; }
  ~IntrusiveList() {
    SEGUE_DCHECK(empty(), "a list died before its members left it");
    root_.prev = root_.next = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const noexcept { return root_.next == &root_; }
  void push_front(T& item) noexcept { insert(&(item.*M), &root_, root_.next); }
  void push_back(T& item) noexcept { insert(&(item.*M), root_.prev, &root_); }
  T* front() noexcept { return empty() ? nullptr : owner(root_.next); }
  T* back() noexcept { return empty() ? nullptr : owner(root_.prev); }

  template <typename F>
  void for_each(F&& visit) {
    for (Link* link = root_.next; link != &root_;) {
      Link* next = link->next;
      visit(*owner(link));
      link = next;
    }
  }

 private:
  static void insert(Link* link, Link* prev, Link* next) noexcept {
    SEGUE_DCHECK(!link->linked(), "already in a list");
    link->prev = prev;
    link->next = next;
    prev->next = link;
    next->prev = link;
  }
  static T* owner(Link* link) noexcept {
    // The offset of M within T, by the only way that works for a member pointer template argument.
    alignas(T) static constexpr char kProbe[sizeof(T)] = {};
    const auto* probe = reinterpret_cast<const T*>(kProbe);
    const auto offset = reinterpret_cast<const char*>(&(probe->*M)) - kProbe;
    return reinterpret_cast<T*>(reinterpret_cast<char*>(link) - offset);
  }
  Link root_;
};

}  // namespace segue
