// The wire forms of proto/tacet/v1/dedupe.proto that a bulk stream is made of.
#pragma once
#include <cstdint>
#include <string>

inline void putVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline void putInteger(std::string& out, int field, uint64_t value) {
  putVarint(out, field << 3);
  putVarint(out, value);
}

inline void putBytes(std::string& out, int field, const std::string& bytes) {
  putVarint(out, field << 3 | 2);
  putVarint(out, bytes.size());
  out += bytes;
}

inline uint8_t* writeVarint(uint8_t* at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<uint8_t>(value | 0x80);
  *at++ = static_cast<uint8_t>(value);
  return at;
}

struct Cursor {
  const uint8_t* at;
  const uint8_t* end;

  bool varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64 && at < end; shift += 7) {
      const uint8_t byte = *at++;
      *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
};
