// A libuv handle that closes itself: the memory lives on until libuv has let go of it.
#pragma once

#include <memory>

#include <uv.h>

namespace segue::admin {

/// After this no callback finds its object: `data` is null. The loop must run once more to free the
/// memory.
struct UvClose {
  void operator()(uv_any_handle* any) const noexcept {
    any->handle.data = nullptr;
    uv_close(&any->handle,
             [](uv_handle_t* handle) noexcept { delete reinterpret_cast<uv_any_handle*>(handle); });
  }
};

/// Holds an initialised handle of any type.
using UvHandle = std::unique_ptr<uv_any_handle, UvClose>;

}  // namespace segue::admin
