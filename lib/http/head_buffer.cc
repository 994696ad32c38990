// Growing and compacting; everything else is inline.
#include "lib/http/head_buffer.h"

#include <algorithm>
#include <cstring>

namespace segue::http {

void FieldTable::grow() {
  capacity_ *= 2;
  std::unique_ptr<Field[]> slots(new Field[capacity_]);
  std::copy_n(slots_.get(), count_, slots.get());
  slots_.swap(slots);
}

bool HeadBuffer::grow(std::size_t max, std::span<std::string_view*> views) {
  if (capacity_ >= max) return false;
  const std::size_t capacity = std::min(capacity_ * 2, max);
  std::unique_ptr<char[]> data(new char[capacity]);
  std::memcpy(data.get(), data_.get(), filled_);
  const auto move = [&](std::string_view& view) {
    if (view.data() != nullptr) view = {data.get() + (view.data() - data_.get()), view.size()};
  };
  for (Field& field : fields.all()) {
    move(field.name);
    move(field.value);
  }
  for (std::string_view* view : views) move(*view);
  data_.swap(data);
  capacity_ = capacity;
  return true;
}

void HeadBuffer::append(std::span<const char> bytes) {
  if (aside_.empty() && capacity_ - filled_ >= bytes.size()) {
    std::memcpy(data_.get() + filled_, bytes.data(), bytes.size());
    filled_ += bytes.size();
  } else {
    aside_.insert(aside_.end(), bytes.begin(), bytes.end());
  }
}

void HeadBuffer::compact() {
  if (taken_ > 0) std::memmove(data_.get(), data_.get() + taken_, filled_ - taken_);
  filled_ -= taken_;
  taken_ = 0;
  fields.clear();
  if (aside_.empty()) return;
  if (capacity_ - filled_ < aside_.size()) {
    capacity_ = filled_ + aside_.size();
    std::unique_ptr<char[]> data(new char[capacity_]);
    std::memcpy(data.get(), data_.get(), filled_);
    data_.swap(data);
  }
  std::memcpy(data_.get() + filled_, aside_.data(), aside_.size());
  filled_ += aside_.size();
  aside_.clear();
}

void HeadBuffer::clear() noexcept {
  filled_ = taken_ = 0;
  fields.clear();
  aside_.clear();
  if (capacity_ > kFirstBytes) {
    data_.reset(new char[kFirstBytes]);
    capacity_ = kFirstBytes;
  }
}

}  // namespace segue::http
