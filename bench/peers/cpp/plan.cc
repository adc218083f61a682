#include "plan.h"

#include <regex>
#include <sstream>

namespace {

const std::regex kFixed(
    "(?:80[2-8][0-9]|(?:1[0-69]|[23][2-8]|4[23]|5[0-9]|6[013-57-9]|71|8[1-79]|9[2-4])[0-9]{2})");
const std::regex kSpecial(
    "800[1-9]|7879|70(?:2[0-57]|3[04-7]|44|6[04-69]|7[0579])|90[0-9]{2}|"
    "78(?:0[578]|1[014-8]|2[25]|3[15-8]|48|5[05]|60|7[06-8]|9[0-9])");

const char kCountryCodes[] =
    "1 7 20 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 "
    "236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 "
    "260 261 262 263 264 265 266 267 268 269 27 290 291 297 298 299 30 31 32 33 34 350 351 352 353 "
    "354 355 356 357 358 359 36 370 371 372 373 374 375 376 377 378 379 380 381 382 383 385 386 "
    "387 389 39 40 41 420 421 423 43 44 45 46 47 48 49 500 501 502 503 504 505 506 507 508 509 51 "
    "52 53 54 55 56 57 58 590 591 592 593 594 595 596 597 598 599 60 61 62 63 64 65 66 670 672 673 "
    "674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 81 82 84 850 "
    "852 853 855 856 86 870 878 880 881 882 883 886 888 90 91 92 93 94 95 960 961 962 963 964 965 "
    "966 967 968 970 971 972 973 974 975 976 977 979 98 992 993 994 995 996 998";

}  // namespace

Plan::Plan() {
  eightClass_.fill(5);
  for (int prefix = 1000; prefix < 10'000; prefix++) {
    const std::string digits = std::to_string(prefix);
    if (std::regex_match(digits, kFixed))
      eightClass_[prefix] = 1;
    else if (std::regex_match(digits, kSpecial))
      eightClass_[prefix] = 4;
  }
  std::istringstream codes(kCountryCodes);
  for (int code; codes >> code;) {
    const int span = code < 10 ? 100 : code < 100 ? 10 : 1;
    for (int i = 0; i < span; i++) countryCode_[code * span + i] = true;
  }
}

uint8_t Plan::elsewhere(uint64_t key) const {
  if (key < 1'000'000 || key > 999'999'999'999'999) return 5;
  uint64_t firstThree = key;
  while (firstThree >= 1000) firstThree /= 10;
  return firstThree / 10 != 32 && countryCode_[firstThree] ? 4 : 5;
}
