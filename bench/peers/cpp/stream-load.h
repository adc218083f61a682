// Dedupe streams: a closed loop of messages in flight, or an open loop of messages at due times.
#pragma once
#include <grpcpp/generic/generic_stub.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "grpc-load.h"

inline constexpr char kDedupe[] = "/tacet.v1.DedupeService/Dedupe";

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
      if (schedule_.rate > 0)
        latencies.push_back(static_cast<float>(time - schedule_.due(answered_)));
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!opened_) {
        if (headEnd(answer_) != answer_.Length())
          fail("options alone are answered with numbers");
        opened_ = true;
        changed_.notify_all();
      } else if (answered_ < schedule_.count) {
        answered_++;
        if (schedule_.rate == 0)
          allowed_ = std::min(answered_ + schedule_.inFlight, schedule_.count);
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
    Cursor cursor{whole.begin() + headEnd(answer_), whole.end()};
    uint64_t tag, size, field, count;
    summary_ = cursor.varint(&tag) && tag == (4 << 3 | 2) && cursor.varint(&size) &&
               cursor.varint(&field) && field == 1 << 3 && cursor.varint(&count) &&
               count == numbers;
    if (!summary_) fail("the summary does not reconcile");
  }
};

inline Result runStreams(grpc::GenericStub* stub, const Prepared& prepared, Schedule schedule,
                         int streams, const std::string& options) {
  std::vector<std::unique_ptr<Stream>> all;
  for (int i = 0; i < streams; i++) {
    all.push_back(
        std::make_unique<Stream>(prepared, schedule, i * prepared.messages.size() / streams));
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
      index = std::min<uint64_t>(
          schedule.count, static_cast<uint64_t>((now() - schedule.start) * schedule.rate) + 1);
      for (auto& stream : all) stream->allow(index);
    }
  }
  for (auto& stream : all) stream->wait();
  result.seconds = now() - schedule.start;
  result.cpu = cpuSeconds() - cpu;
  for (auto& stream : all) {
    stream->finish();
    result.numbers += stream->numbers;
    result.latencies.insert(result.latencies.end(), stream->latencies.begin(),
                            stream->latencies.end());
  }
  return result;
}
