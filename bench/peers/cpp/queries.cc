// Draws the numbers of the streaming bench and works out what is true of them, in the plainest way:
// std::lower_bound over the list.
//
//     queries LIST.tacet STRANGERS COUNT SHARE SEED OUT      STRANGERS: keys as doubles
//
// Of COUNT numbers, in random order, SHARE are drawn from the list and the rest from the strangers,
// some of which are listed too. OUT gets COUNT u64 keys, COUNT u8 verdicts, COUNT u16 days (0: not
// listed).
#include <algorithm>
#include <random>
#include <vector>

#include "list-file.h"
#include "plan.h"

int main(int argc, char** argv) {
  if (argc != 7) fail("usage: queries LIST.tacet STRANGERS COUNT SHARE SEED OUT");
  const ListFile list(argv[1]);
  const Mapped strangers = mapFile(argv[2]);
  const size_t count = std::strtoull(argv[3], nullptr, 10);
  const double share = std::atof(argv[4]);
  std::mt19937_64 random(std::strtoull(argv[5], nullptr, 10));
  const Plan plan;
  std::vector<uint64_t> keys(count);
  std::vector<uint8_t> verdicts(count);
  std::vector<uint16_t> days(count);
  const uint64_t* end = list.numbers + list.entries;
  for (size_t i = 0; i < count; i++) {
    const bool fromList = (random() >> 11) * 0x1p-53 < share;
    keys[i] = fromList ? list.numbers[random() % list.entries]
                       : static_cast<uint64_t>(
                             load<double>(strangers.bytes + random() % (strangers.size / 8) * 8));
    const uint64_t* at = std::lower_bound(list.numbers, end, keys[i]);
    const bool listed = at != end && *at == keys[i];
    verdicts[i] = listed ? 2 : plan.classify(keys[i]);
    days[i] = listed ? list.days[at - list.numbers] : 0;
  }
  std::FILE* out = std::fopen(argv[6], "wb");
  if (out == nullptr || std::fwrite(keys.data(), 8, count, out) != count ||
      std::fwrite(verdicts.data(), 1, count, out) != count ||
      std::fwrite(days.data(), 2, count, out) != count || std::fclose(out) != 0) {
    fail(std::string(argv[6]) + ": cannot be written");
  }
  return 0;
}
