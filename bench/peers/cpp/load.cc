// The load client of every gRPC row: callback API, prepared messages, every answer compared.
//
//     load --address HOST:PORT --messages FILE --count MESSAGES [--streams 1] [--in-flight 16]
//          [--rate MESSAGES_PER_SECOND] [--options HEX] [--method /unary/method]
//
// Without --rate each stream keeps `in-flight` messages unanswered. With --rate messages become due
// at fixed times, answered or not, and latency counts from the time a message was due: a stall of
// the server delays every message behind it and shows (no coordinated omission).
// With --method the messages are unary calls, whose answers must begin with the prepared bytes.
#include <grpcpp/create_channel.h>

#include "stream-load.h"
#include "unary-load.h"

namespace {

std::string fromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options(argc, argv);
  const Prepared prepared(options["--messages"]);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel = grpc::CreateCustomChannel(options["--address"],
                                                 grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)))
    fail("no connection");
  grpc::GenericStub stub(channel);
  const Schedule schedule{static_cast<uint64_t>(options.number("--count")),
                          static_cast<uint64_t>(options.number("--in-flight")),
                          options.number("--rate")};
  Result result =
      options["--method"].empty()
          ? runStreams(&stub, prepared, schedule, static_cast<int>(options.number("--streams")),
                       fromHex(options["--options"]))
          : UnaryLoad(&stub, prepared, schedule, options["--method"]).run();
  result.print();
  return 0;
}
