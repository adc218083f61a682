// The load client of every gRPC row: callback API, prepared messages, every answer compared.
//
//     load --address HOST:PORT --messages FILE --count MESSAGES [--streams 1] [--in-flight 16]
//          [--rate MESSAGES_PER_SECOND] [--options HEX] [--method /unary/method]
//
// Without --rate each stream keeps `in-flight` messages unanswered. With --rate messages become due
// at fixed times, answered or not, and latency counts from the time a message was due: a stall of
// the server delays every message behind it and shows (no coordinated omission).
// With --method the messages are unary calls, whose answers must begin with the prepared bytes.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "load.h"
#include "wire.h"

namespace {

constexpr char kDedupe[] = "/tacet.v1.DedupeService/Dedupe";

struct Prepared {
  std::vector<Message> messages;
  std::vector<grpc::ByteBuffer> requests;  // slices of the mapped file, nothing is copied

  explicit Prepared(const std::string& path) : messages(readMessages(path)) {
    for (const Message& message : messages) {
      const grpc::Slice slice(message.request, message.requestBytes, grpc::Slice::STATIC_SLICE);
      requests.emplace_back(&slice, 1);
    }
  }
};

// Where in an answer the lists (field 1) that only the first one carries end.
size_t listsEnd(const grpc::ByteBuffer& answer) {
  grpc::Slice whole;
  answer.DumpToSingleSlice(&whole);
  Cursor cursor{whole.begin(), whole.end()};
  while (cursor.at < cursor.end && *cursor.at == (1 << 3 | 2)) {
    uint64_t size;
    cursor.at++;
    if (!cursor.varint(&size)) fail("an answer is malformed");
    cursor.at += size;
  }
  return cursor.at - whole.begin();
}

void compare(const grpc::ByteBuffer& answer, size_t from, const Message& message, bool prefix) {
  const size_t bytes = answer.Length() - from;
  if (prefix ? bytes < message.answerBytes : bytes != message.answerBytes) fail("an answer has the wrong length");
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices);
  size_t at = 0;
  for (const grpc::Slice& slice : slices) {
    const size_t skip = std::min(from, slice.size());
    from -= skip;
    const size_t size = std::min<size_t>(slice.size() - skip, message.answerBytes - at);
    if (std::memcmp(slice.begin() + skip, message.answer + at, size) != 0) fail("an answer is wrong");
    at += size;
  }
}

struct Schedule {
  uint64_t count;     // messages
  uint64_t inFlight;  // closed loop
  double rate;        // messages a second, 0 = closed loop
  double start = 0;

  double due(uint64_t index) const { return start + index / rate; }
};

class Stream final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  uint64_t numbers = 0;
  std::vector<float> latencies;

  // `first`: at which message this stream begins, so that several do not send the same.
  Stream(const Prepared& prepared, const Schedule& schedule, uint64_t first)
      : prepared_(prepared), schedule_(schedule), first_(first) {
    if (schedule.rate > 0) latencies.reserve(schedule.count);
  }

  // Opens the stream with the options in a message of their own and waits for its answer.
  void open(grpc::GenericStub* stub, const std::string& options) {
    stub->PrepareBidiStreamingCall(&context_, kDedupe, {}, this);
    std::string bytes;
    putBytes(bytes, 1, options);
    const grpc::Slice slice(bytes);
    options_ = grpc::ByteBuffer(&slice, 1);
    AddHold();
    StartWrite(&options_);
    StartRead(&answer_);
    StartCall();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return opened_ && !writing_; });
  }

  // Lets messages up to `allowed` go out.
  void allow(uint64_t allowed) {
    std::lock_guard<std::mutex> lock(mutex_);
    allowed_ = std::min(allowed, schedule_.count);
    writeNext();
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return answered_ == schedule_.count; });
  }

  // Half-closes, and waits for the summary and the status.
  void finish() {
    StartWritesDone();
    std::unique_lock<std::mutex> lock(mutex_);
    releaseHold();
    changed_.wait(lock, [this] { return done_; });
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // OnDone has the reason
    std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    if (opened_) writeNext();
    changed_.notify_all();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      std::lock_guard<std::mutex> lock(mutex_);
      releaseHold();
      return;
    }
    const double time = schedule_.rate > 0 ? now() : 0;
    if (opened_ && answered_ < schedule_.count) {
      const Message& message = messageAt(answered_);
      compare(answer_, 0, message, false);
      numbers += message.numbers;
      if (schedule_.rate > 0) latencies.push_back(static_cast<float>(time - schedule_.due(answered_)));
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!opened_) {
        if (listsEnd(answer_) != answer_.Length()) fail("options alone are answered with lists alone");
        opened_ = true;
        changed_.notify_all();
      } else if (answered_ < schedule_.count) {
        answered_++;
        if (schedule_.rate == 0) allowed_ = std::min(answered_ + schedule_.inFlight, schedule_.count);
        if (answered_ == schedule_.count) changed_.notify_all();
        writeNext();
      } else {
        checkSummary();
      }
    }
    StartRead(&answer_);
  }

  void OnDone(const grpc::Status& status) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!status.ok()) fail("the stream broke: " + status.error_message());
    if (!summary_) fail("the stream ended without a summary");
    done_ = true;
    changed_.notify_all();
  }

 private:
  const Prepared& prepared_;
  const Schedule& schedule_;
  const uint64_t first_;
  grpc::ClientContext context_;
  grpc::ByteBuffer options_;
  grpc::ByteBuffer answer_;

  std::mutex mutex_;  // reads and writes complete on different threads
  std::condition_variable changed_;
  bool opened_ = false;
  bool writing_ = true;
  bool summary_ = false;
  bool done_ = false;
  uint64_t allowed_ = 0;
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;
  bool held_ = true;

  // OnDone comes only after this: when nothing more is written from outside, or nothing can be.
  void releaseHold() {
    if (held_) RemoveHold();
    held_ = false;
  }

  const Message& messageAt(uint64_t index) const {
    return prepared_.messages[(first_ + index) % prepared_.messages.size()];
  }

  void writeNext() {
    if (writing_ || sent_ >= allowed_) return;
    writing_ = true;
    StartWrite(&prepared_.requests[(first_ + sent_++) % prepared_.requests.size()]);
  }

  // Its first field behind the lists is the summary (4), whose first is the count of numbers.
  void checkSummary() {
    grpc::Slice whole;
    answer_.DumpToSingleSlice(&whole);
    Cursor cursor{whole.begin() + listsEnd(answer_), whole.end()};
    uint64_t tag, size, field, count;
    summary_ = cursor.varint(&tag) && tag == (4 << 3 | 2) && cursor.varint(&size) && cursor.varint(&field) &&
               field == 1 << 3 && cursor.varint(&count) && count == numbers;
    if (!summary_) fail("the summary does not reconcile");
  }
};

Result runStreams(grpc::GenericStub* stub, const Prepared& prepared, Schedule schedule, int streams,
                  const std::string& options) {
  std::vector<std::unique_ptr<Stream>> all;
  for (int i = 0; i < streams; i++) {
    all.push_back(std::make_unique<Stream>(prepared, schedule, i * prepared.messages.size() / streams));
    all.back()->open(stub, options);
  }
  Result result;
  const double cpu = cpuSeconds();
  schedule.start = now();
  // Every stream holds a reference to this schedule.
  if (schedule.rate == 0) {
    for (auto& stream : all) stream->allow(schedule.inFlight);
  } else {
    for (uint64_t index = 0; index < schedule.count;) {
      sleepUntil(schedule.due(index));
      index = std::min<uint64_t>(schedule.count, static_cast<uint64_t>((now() - schedule.start) * schedule.rate) + 1);
      for (auto& stream : all) stream->allow(index);
    }
  }
  for (auto& stream : all) stream->wait();
  result.seconds = now() - schedule.start;
  result.cpu = cpuSeconds() - cpu;
  for (auto& stream : all) {
    stream->finish();
    result.numbers += stream->numbers;
    result.latencies.insert(result.latencies.end(), stream->latencies.begin(), stream->latencies.end());
  }
  return result;
}

// Unary calls: closed loop of `inFlight`, or at their due times.
class UnaryLoad {
 public:
  UnaryLoad(grpc::GenericStub* stub, const Prepared& prepared, const Schedule& schedule, std::string method)
      : stub_(stub), prepared_(prepared), schedule_(schedule), method_(std::move(method)) {}

  Result run() {
    Result result;
    result.latencies.resize(schedule_.count);
    latencies_ = result.latencies.data();
    const double cpu = cpuSeconds();
    schedule_.start = now();
    if (schedule_.rate == 0) {
      for (uint64_t i = 0; i < schedule_.inFlight; i++) callNext();
    } else {
      for (uint64_t index = 0; index < schedule_.count; index++) {
        sleepUntil(schedule_.due(index));
        callNext();
      }
    }
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return answered_ == schedule_.count; });
    result.seconds = now() - schedule_.start;
    result.cpu = cpuSeconds() - cpu;
    result.numbers = schedule_.count;
    return result;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer answer;
    uint64_t index;
    double due;
  };

  grpc::GenericStub* stub_;
  const Prepared& prepared_;
  Schedule schedule_;
  const std::string method_;
  float* latencies_ = nullptr;
  std::atomic<uint64_t> next_{0};
  std::atomic<uint64_t> answered_{0};
  std::mutex mutex_;
  std::condition_variable changed_;

  void callNext() {
    const uint64_t index = next_++;
    if (index >= schedule_.count) return;
    auto* call = new Call;
    call->index = index;
    call->due = schedule_.rate > 0 ? schedule_.due(index) : now();
    stub_->UnaryCall(&call->context, method_, {}, &prepared_.requests[index % prepared_.requests.size()],
                     &call->answer, [this, call](const grpc::Status& status) { take(call, status); });
  }

  void take(Call* call, const grpc::Status& status) {
    if (!status.ok()) fail("a call failed: " + status.error_message());
    compare(call->answer, 0, prepared_.messages[call->index % prepared_.messages.size()], true);
    latencies_[call->index] = static_cast<float>(now() - call->due);
    delete call;
    if (schedule_.rate == 0) callNext();
    std::lock_guard<std::mutex> lock(mutex_);
    if (++answered_ == schedule_.count) changed_.notify_all();
  }
};

std::string fromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
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
  const auto channel = grpc::CreateCustomChannel(options["--address"], grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) fail("no connection");
  grpc::GenericStub stub(channel);
  const Schedule schedule{static_cast<uint64_t>(options.number("--count")),
                          static_cast<uint64_t>(options.number("--in-flight")), options.number("--rate")};
  Result result = options["--method"].empty()
                      ? runStreams(&stub, prepared, schedule, static_cast<int>(options.number("--streams")),
                                   fromHex(options["--options"]))
                      : UnaryLoad(&stub, prepared, schedule, options["--method"]).run();
  result.print();
  return 0;
}
