// Counts heap allocations of a whole process, per thread, for the tests of the allocation budget.
//
// Preloaded; operator new and every library allocate through here. The counts live in the file that
// SEGUE_COUNT_MALLOC names, mapped by us and read by whoever asks. While `armed` is not 0 the first
// allocations also leave their call stacks there, so that a failing budget says who broke it.
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kThreads = 256, kTraces = 64, kFrames = 24 };

// bench/lib/allocations.py reads exactly this.
struct Shared {
  uint64_t armed;
  uint64_t traces;  // taken so far; may exceed kTraces
  struct {
    uint64_t thread;
    uint64_t count;
  } threads[kThreads];  // the last one also counts for all that found no place
  struct {
    uint64_t thread;
    uint64_t bytes;
    uint64_t frames[kFrames];  // 0 ends
  } trace[kTraces];
};

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* old, size_t size);
extern void* __libc_memalign(size_t alignment, size_t size);

static struct Shared* shared;
static _Thread_local uint64_t* my_count __attribute__((tls_model("initial-exec")));
static _Thread_local int tracing __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void map_counters(void) {
  const char* path = getenv("SEGUE_COUNT_MALLOC");
  if (path == NULL) return;
  void* frames[1];
  backtrace(frames, 1);  // its first call loads a library, and that allocates
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof *shared) != 0) abort();
  void* mapped = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) abort();
  shared = mapped;
}

static uint64_t* place_for(uint64_t thread) {
  for (int i = 0; i < kThreads - 1; ++i) {
    uint64_t free_place = 0;
    if (__atomic_compare_exchange_n(&shared->threads[i].thread, &free_place, thread, 0,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
        free_place == thread)
      return &shared->threads[i].count;
  }
  return &shared->threads[kThreads - 1].count;
}

static void take_trace(size_t size) {
  const uint64_t index = __atomic_fetch_add(&shared->traces, 1, __ATOMIC_RELAXED);
  if (index >= kTraces) return;
  void* frames[kFrames] = {0};
  tracing = 1;  // backtrace() may allocate
  const int depth = backtrace(frames, kFrames);
  tracing = 0;
  shared->trace[index].thread = (uint64_t)gettid();
  shared->trace[index].bytes = size;
  for (int i = 0; i < depth; ++i) shared->trace[index].frames[i] = (uint64_t)(uintptr_t)frames[i];
}

static void count(size_t size) {
  if (shared == NULL || tracing) return;
  if (my_count == NULL) my_count = place_for((uint64_t)gettid());
  __atomic_fetch_add(my_count, 1, __ATOMIC_RELAXED);
  if (__atomic_load_n(&shared->armed, __ATOMIC_RELAXED) != 0) take_trace(size);
}

void* malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(size_t amount, size_t size) {
  count(amount * size);
  return __libc_calloc(amount, size);
}

void* realloc(void* old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void* memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** out, size_t alignment, size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == NULL) return ENOMEM;
  *out = memory;
  return 0;
}
