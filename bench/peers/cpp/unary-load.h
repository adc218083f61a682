// Unary calls: a closed loop of calls in flight, or an open loop of calls at due times.
#pragma once
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "grpc-load.h"

class UnaryLoad {
 public:
  UnaryLoad(grpc::GenericStub* stub, const Prepared& prepared, const Schedule& schedule,
            std::string method)
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
    stub_->UnaryCall(&call->context, method_, {},
                     &prepared_.requests[index % prepared_.requests.size()], &call->answer,
                     [this, call](const grpc::Status& status) { take(call, status); });
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
