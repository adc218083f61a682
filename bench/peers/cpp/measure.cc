// Runs a command and writes what it took, its children included:
//
//     measure OUT.json COMMAND...      {"seconds", "cpuSeconds", "memoryMib"}: greatest resident
//     set
#include <sys/wait.h>

#include <csignal>

#include "load.h"

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: measure OUT.json COMMAND...");
  const double start = now();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[2], argv + 2);
    fail(std::string(argv[2]) + ": cannot be run");
  }
  int status = 0;
  struct rusage usage {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child) fail("no process");
  const double seconds = now() - start;
  const double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
                     (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  std::FILE* out = std::fopen(argv[1], "w");
  if (out == nullptr) fail(std::string(argv[1]) + ": cannot be written");
  std::fprintf(out, "{\"seconds\":%.6f,\"cpuSeconds\":%.6f,\"memoryMib\":%.1f}\n", seconds, cpu,
               usage.ru_maxrss / 1024.0);
  std::fclose(out);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
