// "pbm", the best index known: a page table (key >> 16), a bitmap of 65,536 bits a page, and for
// each 512 bits how many listed keys stand before them, which is where their days begin.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cstdint>

#include "list-file.h"
#include "plan.h"

class PbmIndex {
 public:
  static constexpr uint64_t kKeyEnd = uint64_t{1} << 36;

  PbmIndex(const ListFile& list, const Plan& plan) : plan_(plan), list_(list) {
    pages_ = allocateHuge<uint32_t>(kKeyEnd >> 16);
    uint32_t slots = 1;  // slot 0 is the page without keys
    for (covered_ = 0; covered_ < list.entries && list.numbers[covered_] < kKeyEnd; covered_++) {
      uint32_t& slot = pages_[list.numbers[covered_] >> 16];
      if (slot == 0) slot = slots++;
    }
    if (slots > 65'536) fail("more than 65,535 pages in use: a bit no longer fits 32 bits");
    bits_ = allocateHuge<uint64_t>(size_t{slots} * 1024);
    ranks_ = allocateHuge<uint32_t>(size_t{slots} * 128);
    days_ = allocateHuge<uint16_t>(list.entries);
    std::copy(list.days, list.days + list.entries, days_);
    for (uint64_t i = covered_; i-- > 0;) {
      const uint64_t bit = bitOf(list.numbers[i]);
      bits_[bit >> 6] |= uint64_t{1} << (bit & 63);
      ranks_[bit >> 9] = static_cast<uint32_t>(i);  // descending: the first of the block stays
    }
  }

  // Writes `count` verdicts, and the days of the listed keys if wanted; returns how many are
  // listed. Blocks go through phases that overlap: while one is judged, the bits of the next and
  // the days of the last are on their way from memory.
  template <bool kDays>
  __attribute__((noinline)) size_t answer(const uint8_t* keys, size_t count, uint8_t* verdicts,
                                          uint32_t* days) const {
    Block blocks[2];
    Block* last = &blocks[1];
    Block* now = &blocks[0];
    size_t listed = 0;
    locate(keys, std::min(count, kBlock), now);
    for (size_t from = 0; from < count; from += kBlock) {
      const size_t size = std::min(count - from, kBlock);
      // The last block's bits have been judged; its ranks still wait for their days.
      if (from + size < count)
        locate(keys + (from + size) * 8, std::min(count - from - size, kBlock), last);
      if (now->located) {
        judge(keys + from * 8, size, verdicts + from, now);
        if (kDays) findRanks(now);
      } else {
        judgeLong(keys + from * 8, size, verdicts + from, now);
      }
      if (kDays) writeDays(last, days);
      if (kDays) days += last->hits;
      last->hits = 0;
      listed += now->hits;
      std::swap(now, last);
    }
    if (kDays) writeDays(last, days);
    return listed;
  }

 private:
  static constexpr size_t kBlock = 32;  // 0.73 s / 100 M with dates; 0.85 with 64, 1.2 with 256

  struct Block {
    bool located;           // no key beyond the pages
    size_t hits = 0;        // listed keys
    uint32_t bits[kBlock];  // of every key
    uint32_t hitBits[kBlock + 8];
    uint32_t ranks[kBlock];  // of the listed keys
  };

  const Plan& plan_;
  const ListFile& list_;
  uint64_t covered_;
  uint32_t* pages_;
  uint64_t* bits_;
  uint32_t* ranks_;
  uint16_t* days_;

  uint64_t bitOf(uint64_t key) const { return uint64_t{pages_[key >> 16]} << 16 | (key & 0xFFFF); }

  bool has(uint64_t bit) const { return bits_[bit >> 6] >> (bit & 63) & 1; }

  // Whole groups of eight keys, which AVX-512 takes at once.
  static size_t wholeOf(size_t size) {
#ifdef __AVX512VL__
    return size & ~size_t{7};
#else
    return size & 0;
#endif
  }

  // Finds the bits of a block's keys and prefetches them.
  void locate(const uint8_t* keys, size_t size, Block* block) const {
    const size_t whole = wholeOf(size);
    block->located = false;
#ifdef __AVX512VL__
    for (size_t i = 0; i < whole; i += 8) {
      const __m512i key = _mm512_loadu_si512(keys + i * 8);
      if (_mm512_cmpge_epu64_mask(key, _mm512_set1_epi64(kKeyEnd)) != 0) return;
      const __m256i slot = _mm512_i64gather_epi32(_mm512_srli_epi64(key, 16), pages_, 4);
      const __m256i low = _mm512_cvtepi64_epi32(_mm512_and_si512(key, _mm512_set1_epi64(0xFFFF)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(block->bits + i),
                          _mm256_or_si256(_mm256_slli_epi32(slot, 16), low));
    }
#endif
    for (size_t i = whole; i < size; i++) {
      const uint64_t key = load<uint64_t>(keys + i * 8);
      if (key >= kKeyEnd) return;
      block->bits[i] = static_cast<uint32_t>(bitOf(key));
    }
    for (size_t i = 0; i < size; i++) __builtin_prefetch(bits_ + (block->bits[i] >> 6));
    block->located = true;
  }

  // Verdicts of a block, and the bits of its listed keys.
  void judge(const uint8_t* keys, size_t size, uint8_t* verdicts, Block* block) const {
    const size_t whole = wholeOf(size);
    size_t found = 0;
#ifdef __AVX512VL__
    for (size_t i = 0; i < whole; i += 8) {
      found = judgeEight(keys + i * 8, block->bits + i, verdicts + i, block->hitBits, found);
    }
#endif
    for (size_t i = whole; i < size; i++) {
      const uint32_t bit = block->bits[i];
      const bool listed = has(bit);
      verdicts[i] = listed ? 2 : plan_.classify(load<uint64_t>(keys + i * 8));
      block->hitBits[found] = bit;
      found += listed;
    }
    block->hits = found;
  }

#ifdef __AVX512VL__
  size_t judgeEight(const uint8_t* keys, const uint32_t* bits, uint8_t* verdicts, uint32_t* hitBits,
                    size_t found) const {
    const __m512i key = _mm512_loadu_si512(keys);
    const __m256i bit = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bits));
    const __m256i word =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(bits_), _mm256_srli_epi32(bit, 5), 4);
    const __m256i one =
        _mm256_sllv_epi32(_mm256_set1_epi32(1), _mm256_and_si256(bit, _mm256_set1_epi32(31)));
    const __mmask8 listed = _mm256_test_epi32_mask(word, one);
    _mm256_mask_compressstoreu_epi32(hitBits + found, listed, bit);

    const __m512i eight = _mm512_sub_epi64(key, _mm512_set1_epi64(kEightBase));
    const __mmask8 isEight = _mm512_cmplt_epu64_mask(eight, _mm512_set1_epi64(kEightCount));
    const __mmask8 isMobile = _mm512_cmplt_epu64_mask(
        _mm512_sub_epi64(key, _mm512_set1_epi64(kMobileBase)), _mm512_set1_epi64(kMobileCount));
    // Divided by 10,000: exact for all 32-bit values.
    const __m512i prefix =
        _mm512_srli_epi64(_mm512_mul_epu32(eight, _mm512_set1_epi64(3'518'437'209)), 45);
    const __m256i eightClass =
        _mm512_mask_i64gather_epi32(_mm256_set1_epi32(1), isEight, prefix, plan_.eightClass(), 1);
    __m256i verdict =
        _mm256_mask_and_epi32(_mm256_set1_epi32(1), isEight, eightClass, _mm256_set1_epi32(255));
    verdict = _mm256_mask_mov_epi32(verdict, listed, _mm256_set1_epi32(2));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(verdicts), _mm256_cvtepi32_epi8(verdict));
    uint32_t elsewhere = static_cast<uint8_t>(~(isEight | isMobile | listed));
    for (; __builtin_expect(elsewhere != 0, 0); elsewhere &= elsewhere - 1) {
      const int place = __builtin_ctz(elsewhere);
      verdicts[place] = plan_.elsewhere(load<uint64_t>(keys + place * 8));
    }
    return found + _mm_popcnt_u32(listed);
  }
#endif

  void findRanks(Block* block) const {
    for (size_t i = 0; i < block->hits; i++) {
      block->ranks[i] = rankOf(block->hitBits[i]);
      __builtin_prefetch(days_ + block->ranks[i]);
    }
  }

  void writeDays(const Block* block, uint32_t* days) const {
    for (size_t i = 0; i < block->hits; i++) days[i] = days_[block->ranks[i]];
  }

  uint32_t rankOf(uint32_t bit) const {
    const uint64_t* block = bits_ + size_t{bit >> 9} * 8;
    const uint32_t place = bit & 511;
#ifdef __AVX512VPOPCNTDQ__
    // Whole words below, the lower part of the key's own, nothing above it.
    const __mmask8 below = static_cast<__mmask8>((1u << (place >> 6)) - 1);
    const __m512i words = _mm512_load_si512(block);
    const __m512i counts = _mm512_maskz_popcnt_epi64(below, words);
    const uint64_t own = _bzhi_u64(block[place >> 6], place & 63);
    return ranks_[bit >> 9] +
           static_cast<uint32_t>(_mm512_reduce_add_epi64(counts) + _mm_popcnt_u64(own));
#else
    uint32_t rank = ranks_[bit >> 9];
    for (uint32_t word = 0; word < place >> 6; word++) rank += __builtin_popcountll(block[word]);
    return rank + __builtin_popcountll(block[place >> 6] & ((uint64_t{1} << (place & 63)) - 1));
#endif
  }

  // A block with keys beyond the pages, which Belgian contact files hardly have: one by one.
  void judgeLong(const uint8_t* keys, size_t size, uint8_t* verdicts, Block* block) const {
    block->hits = 0;
    for (size_t i = 0; i < size; i++) {
      const uint64_t key = load<uint64_t>(keys + i * 8);
      uint64_t rank = list_.entries;
      if (key >= kKeyEnd) {
        const uint64_t* end = list_.numbers + list_.entries;
        const uint64_t* at = std::lower_bound(list_.numbers + covered_, end, key);
        if (at != end && *at == key) rank = at - list_.numbers;
      } else if (const uint64_t bit = bitOf(key); has(bit)) {
        rank = rankOf(static_cast<uint32_t>(bit));
      }
      const bool found = rank < list_.entries;
      verdicts[i] = found ? 2 : plan_.classify(key);
      if (found) block->ranks[block->hits++] = static_cast<uint32_t>(rank);
    }
  }
};
