// Reads a Tacet list file (src/list/FORMAT.md): the numbers and days, mapped, and what names it.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

struct Mapped {
  const uint8_t* bytes;
  size_t size;
};

inline Mapped mapFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail(path + ": cannot be opened");
  const size_t size = static_cast<size_t>(status.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) fail(path + ": cannot be mapped");
  close(file);
  return {static_cast<const uint8_t*>(bytes), size};
}

template <typename T>
T load(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

struct ListFile {
  Mapped file;
  uint64_t entries;
  const uint64_t* numbers = nullptr;  // ascending, unique
  const uint16_t* days = nullptr;     // in the same order; 0 = unknown

  explicit ListFile(const std::string& path) : file(mapFile(path)) {
    const uint8_t* head = file.bytes;
    if (file.size < 65536 || std::memcmp(head, "\x89TCT\r\n\x1a\n", 8) != 0)
      fail(path + ": no list file");
    entries = load<uint64_t>(head + 24);
    for (uint32_t i = 0; i < load<uint32_t>(head + 12); i++) {
      const uint8_t* section = head + 256 + 64 * i;
      const uint8_t* at = file.bytes + load<uint64_t>(section + 8);
      if (load<uint32_t>(section) == 1) numbers = reinterpret_cast<const uint64_t*>(at);
      if (load<uint32_t>(section) == 2) days = reinterpret_cast<const uint16_t*>(at);
    }
    if (numbers == nullptr || days == nullptr) fail(path + ": a section is missing");
  }

  std::string name() const {
    return {reinterpret_cast<const char*>(file.bytes + 40), load<uint32_t>(file.bytes + 36)};
  }

  std::string sha256() const {
    char hex[65];
    for (int i = 0; i < 32; i++) std::snprintf(hex + 2 * i, 3, "%02x", file.bytes[104 + i]);
    return hex;
  }

  std::string snapshotDate() const {
    const time_t seconds = static_cast<time_t>(load<uint32_t>(file.bytes + 32)) * 86400;
    struct tm date;
    gmtime_r(&seconds, &date);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &date);
    return text;
  }

  // Drops the pages from memory once an index has been built.
  void release() const { madvise(const_cast<uint8_t*>(file.bytes), file.size, MADV_DONTNEED); }
};

// Zeroed memory on huge pages where the machine has them: a random look-up then costs one TLB
// entry.
template <typename T>
T* allocateHuge(size_t count) {
  constexpr size_t kHuge = size_t{1} << 21;
  const size_t bytes = (count * sizeof(T) + 2 * kHuge) & ~(kHuge - 1);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("no memory");
  madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<T*>(memory);
}
