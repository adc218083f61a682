// Open addressing: buckets of one cache line, eight slots of `key << 16 | day`, filled from the
// front; a full bucket overflows into the next. A look-up is one cache miss, prefetched.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#include "list-file.h"
#include "plan.h"

class HashIndex {
 public:
  // CPU s / 100 M look-ups in a list of 1.5 M: 1.0 at 0.35 and 0.45, 1.1 at 0.55, 1.5 at 0.65.
  static constexpr double kLoad = 0.45;
  // Keys beyond 48 bits do not fit a slot: they stay in the list and are found by binary search.
  static constexpr uint64_t kKeyEnd = uint64_t{1} << 48;
  static constexpr size_t kAhead = 32;  // 1.0 s / 100 M; 1.1 with 24, 1.2 with 16 and 48

  HashIndex(const ListFile& list, const Plan& plan) : plan_(plan), list_(list) {
    buckets_ = static_cast<uint64_t>(list.entries / (8 * kLoad)) + 1;
    slots_ = allocateHuge<uint64_t>((buckets_ + 1) * 8);
    for (uint64_t i = 0; i < list.entries; i++) {
      const uint64_t key = list.numbers[i];
      if (key >= kKeyEnd) break;
      uint64_t slot = bucketOf(key) * 8;
      while (slots_[slot] != 0) slot = slot + 1 == buckets_ * 8 ? 0 : slot + 1;
      slots_[slot] = key << 16 | list.days[i];
    }
  }

  // Writes `count` verdicts, and the days of the listed keys if wanted; returns how many are
  // listed. Not inlined: the loop then has the registers to itself.
  template <bool kDays>
  __attribute__((noinline)) size_t answer(const uint8_t* keys, size_t count, uint8_t* verdicts,
                                          uint32_t* days) const {
    // Buckets of the next keys, prefetched.
    uint64_t ahead[kAhead];
    for (size_t i = 0; i < std::min(count, kAhead); i++) ahead[i] = prefetch(keys + i * 8);
    size_t listed = 0;
    for (size_t i = 0; i < count; i++) {
      const uint64_t key = load<uint64_t>(keys + i * 8);
      const uint64_t bucket = ahead[i % kAhead];
      ahead[i % kAhead] = prefetch(keys + std::min(i + kAhead, count - 1) * 8);
      uint32_t day = 0;
      const uint8_t found = find(key, bucket, &day);
      // Whether a key is listed cannot be predicted: no branch.
      const uint8_t unlisted = plan_.classify(key);
      verdicts[i] = unlisted ^ ((unlisted ^ 2) & -found);
      if (kDays) days[listed] = day;
      listed += found;
    }
    return listed;
  }

 private:
  const Plan& plan_;
  const ListFile& list_;
  uint64_t buckets_;
  uint64_t* slots_;

  uint64_t bucketOf(uint64_t key) const {
    const uint64_t mixed = key * 0x9E3779B97F4A7C15;
    const uint64_t hash = mixed ^ mixed >> 32;
    return static_cast<uint64_t>(
        static_cast<unsigned __int128>(hash * 0xD6E8FEB86659FD93) * buckets_ >> 64);
  }

  uint64_t prefetch(const uint8_t* key) const {
    const uint64_t bucket = bucketOf(load<uint64_t>(key));
    __builtin_prefetch(slots_ + bucket * 8);
    return bucket;
  }

  bool find(uint64_t key, uint64_t bucket, uint32_t* day) const {
    if (__builtin_expect(key - 1 >= kKeyEnd - 1, 0)) return findLong(key, day);
    for (;;) {
      const uint64_t* slots = slots_ + bucket * 8;
#ifdef __AVX512F__
      const __m512i line = _mm512_load_si512(slots);
      const __mmask8 equal =
          _mm512_cmpeq_epi64_mask(_mm512_srli_epi64(line, 16), _mm512_set1_epi64(key));
      const uint32_t place = _tzcnt_u32(equal) & 7;
      *day = slots[place] & 0xFFFF;
      // Filled from the front: the last slot is free unless the bucket is full.
      if (__builtin_expect(equal != 0 || slots[7] == 0, 1)) return equal != 0;
#else
      for (int place = 0; place < 8; place++) {
        if (slots[place] >> 16 == key) {
          *day = slots[place] & 0xFFFF;
          return true;
        }
      }
      if (slots[7] == 0) return false;
#endif
      bucket = bucket + 1 == buckets_ ? 0 : bucket + 1;
    }
  }

  bool findLong(uint64_t key, uint32_t* day) const {
    const uint64_t* end = list_.numbers + list_.entries;
    const uint64_t* at = std::lower_bound(list_.numbers, end, key);
    if (at == end || *at != key) return false;
    *day = list_.days[at - list_.numbers];
    return true;
  }
};
