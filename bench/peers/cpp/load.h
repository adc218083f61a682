// What the load clients share: prepared messages, latencies, and the line they report.
#pragma once
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "list-file.h"

// A request and the answer it must get, both as bytes of the mapped file.
struct Message {
  uint32_t numbers;
  uint32_t requestBytes;
  uint32_t answerBytes;
  const uint8_t* request;
  const uint8_t* answer;
};

// Records of u32 numbers, u32 request bytes, u32 answer bytes, request, answer.
inline std::vector<Message> readMessages(const std::string& path) {
  const Mapped file = mapFile(path);
  std::vector<Message> messages;
  for (const uint8_t *at = file.bytes, *end = at + file.size; at < end;) {
    Message message{load<uint32_t>(at), load<uint32_t>(at + 4), load<uint32_t>(at + 8), at + 12,
                    nullptr};
    message.answer = message.request + message.requestBytes;
    at = message.answer + message.answerBytes;
    messages.push_back(message);
  }
  if (messages.empty()) fail(path + ": no messages");
  return messages;
}

inline double secondsOf(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

inline double now() { return secondsOf(CLOCK_MONOTONIC); }

inline double cpuSeconds() { return secondsOf(CLOCK_PROCESS_CPUTIME_ID); }

// Sleeps until `due`; wakes within some 10 us of it, without spinning.
inline void sleepUntil(double due) {
  prctl(PR_SET_TIMERSLACK, 1);
  const time_t seconds = static_cast<time_t>(due);
  const struct timespec at { seconds, static_cast<long>((due - seconds) * 1e9) };
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

struct Result {
  uint64_t numbers = 0;
  double seconds = 0;
  double cpu = 0;
  std::vector<float> latencies;  // seconds, of each message; empty where none was asked for

  void print() {
    std::printf("{\"numbers\":%lu,\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"messages\":%zu", numbers,
                seconds, cpu, latencies.size());
    std::sort(latencies.begin(), latencies.end());
    for (const auto& [name, share] :
         {std::pair{"p50Us", 0.5}, {"p99Us", 0.99}, {"p999Us", 0.999}}) {
      if (latencies.empty()) break;
      const size_t place =
          std::min(latencies.size() - 1, static_cast<size_t>(latencies.size() * share));
      std::printf(",\"%s\":%.1f", name, latencies[place] * 1e6);
    }
    std::printf("}\n");
  }
};

struct LoadOptions {
  std::map<std::string, std::string> text{{"--streams", "1"},
                                          {"--in-flight", "16"},
                                          {"--rate", "0"},
                                          {"--options", ""},
                                          {"--method", ""}};

  LoadOptions(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) text[argv[i]] = argv[i + 1];
  }

  const std::string& operator[](const char* name) { return text[name]; }
  double number(const char* name) { return std::atof(text[name].c_str()); }
};
