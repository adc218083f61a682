// The verdict of a key that is not on the list: 1 callable, 4 not covered, 5 unreadable. The
// patterns are those of google/libphonenumber's metadata of July 2026, territory BE.
#pragma once
#include <array>
#include <cstdint>
#include <string>

inline constexpr uint64_t kMobileBase = 32'450'000'000;
inline constexpr uint64_t kMobileCount = 50'000'000;
inline constexpr uint64_t kEightBase = 3'200'000'000;
inline constexpr uint64_t kEightCount = 100'000'000;

class Plan {
 public:
  Plan();

  // Of Belgian mobile numbers and those of eight digits; anything else goes to `elsewhere`.
  // Without branches, as which of the two it is cannot be predicted.
  uint8_t classify(uint64_t key) const {
    const uint64_t eight = key - kEightBase;
    const bool isEight = eight < kEightCount;
    const bool isMobile = key - kMobileBase < kMobileCount;
    if (__builtin_expect(!(isEight | isMobile), 0)) return elsewhere(key);
    const uint8_t eightClass = eightClass_[isEight ? static_cast<uint32_t>(eight) / 10'000 : 0];
    return isMobile ? 1 : eightClass;
  }

  uint8_t elsewhere(uint64_t key) const;

  // By the first four of eight digits, and three bytes more so that four can be loaded anywhere.
  const uint8_t* eightClass() const { return eightClass_.data(); }

 private:
  alignas(64) std::array<uint8_t, 10'004> eightClass_{};
  std::array<bool, 1000> countryCode_{};
};
