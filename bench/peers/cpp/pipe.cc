// The load client of Redis, from prepared bytes: commands are sent as they are in the file, up to
// `in-flight` of them ahead of their replies, and every reply is compared byte by byte.
//
//     pipe --port PORT --messages FILE --count MESSAGES [--in-flight 8]
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "load.h"

namespace {

int connectTo(int port) {
  const int socketFd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socketFd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("no connection");
  const int one = 1;
  setsockopt(socketFd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socketFd;
}

void sendAll(int socketFd, const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socketFd, bytes, size, 0);
    if (sent <= 0) fail("the connection broke");
    bytes += sent;
    size -= sent;
  }
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options(argc, argv);
  const std::vector<Message> messages = readMessages(options["--messages"]);
  const uint64_t count = static_cast<uint64_t>(options.number("--count"));
  const uint64_t inFlight = static_cast<uint64_t>(options.number("--in-flight"));
  const int socketFd = connectTo(std::atoi(options["--port"].c_str()));
  std::vector<uint8_t> buffer(1 << 20);
  Result result;
  const double cpu = cpuSeconds();
  const double start = now();
  for (uint64_t sent = 0, answered = 0; answered < count; answered++) {
    for (; sent < count && sent < answered + inFlight; sent++) {
      const Message& message = messages[sent % messages.size()];
      sendAll(socketFd, message.request, message.requestBytes);
    }
    const Message& message = messages[answered % messages.size()];
    for (size_t at = 0; at < message.answerBytes;) {
      const size_t wanted = std::min<size_t>(message.answerBytes - at, buffer.size());
      const ssize_t got = recv(socketFd, buffer.data(), wanted, 0);
      if (got <= 0) fail("the connection broke");
      if (std::memcmp(buffer.data(), message.answer + at, got) != 0) fail("an answer is wrong");
      at += got;
    }
    result.numbers += message.numbers;
  }
  result.seconds = now() - start;
  result.cpu = cpuSeconds() - cpu;
  result.print();
  return 0;
}
