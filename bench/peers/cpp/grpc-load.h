// What streams and unary calls of the load client share: prepared requests, and comparing answers.
#pragma once
#include <grpcpp/grpcpp.h>

#include "load.h"
#include "wire.h"

struct Prepared {
  std::vector<Message> messages;
  std::vector<grpc::ByteBuffer> requests;  // slices of the mapped file, nothing is copied

  explicit Prepared(const std::string& path) : messages(readMessages(path)) {
    for (const Message& message : messages) {
      const grpc::Slice slice(message.request, message.requestBytes, grpc::Slice::STATIC_SLICE);
      requests.emplace_back(&slice, 1);
    }
  }
};

// Where in an answer ends what only the first one carries: lists (1), notices (8), purpose (9) and
// channel (10).
inline size_t headEnd(const grpc::ByteBuffer& answer) {
  grpc::Slice whole;
  answer.DumpToSingleSlice(&whole);
  Cursor cursor{whole.begin(), whole.end()};
  while (cursor.at < cursor.end) {
    const uint8_t tag = *cursor.at;
    const bool isSized = tag == (1 << 3 | 2) || tag == (8 << 3 | 2);
    if (!isSized && tag != 9 << 3 && tag != 10 << 3) break;
    uint64_t value;
    cursor.at++;
    if (!cursor.varint(&value)) fail("an answer is malformed");
    if (isSized) cursor.at += value;
  }
  return cursor.at - whole.begin();
}

inline void compare(const grpc::ByteBuffer& answer, size_t from, const Message& message,
                    bool prefix) {
  const size_t bytes = answer.Length() - from;
  if (prefix ? bytes < message.answerBytes : bytes != message.answerBytes)
    fail("an answer has the wrong length");
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices);
  size_t at = 0;
  for (const grpc::Slice& slice : slices) {
    const size_t skip = std::min(from, slice.size());
    from -= skip;
    const size_t size = std::min<size_t>(slice.size() - skip, message.answerBytes - at);
    if (std::memcmp(slice.begin() + skip, message.answer + at, size) != 0)
      fail("an answer is wrong");
    at += size;
  }
}

struct Schedule {
  uint64_t count;     // messages
  uint64_t inFlight;  // closed loop
  double rate;        // messages a second, 0 = closed loop
  double start = 0;

  double due(uint64_t index) const { return start + index / rate; }
};
