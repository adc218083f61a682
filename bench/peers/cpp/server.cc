// The bar: a C++ gRPC server that answers `Dedupe` as Tacet does. Callback API, raw byte buffers,
// keys read where the transport left them, one allocation a response.
//
//     server --list LIST.tacet --index hash|pbm        prints "gRPC HOST:PORT" once it serves
#include <grpc/slice.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <malloc.h>
#include <sys/time.h>

#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "hash-index.h"
#include "pbm-index.h"
#include "wire.h"

namespace {

constexpr size_t kNumbersMax = 131'072;  // a message, as Tacet's default
constexpr size_t kAnswersWaitingMax = 16;

struct Totals {
  uint64_t numbers = 0;
  uint64_t verdicts[6] = {};
};

int64_t nowMs() {
  struct timeval now;
  gettimeofday(&now, nullptr);
  return now.tv_sec * 1000 + now.tv_usec / 1000;
}

// A parsed request: options, and where in its slices the packed numbers are.
struct Request {
  bool hasOptions = false;
  bool registrationDates = false;
  std::string echo;  // job_id and advertiser, as fields 7 and 8 of the summary
  const uint8_t* numbers = nullptr;
  size_t numbersBytes = 0;
};

bool parseOptions(Cursor cursor, Request* request) {
  while (cursor.at < cursor.end) {
    uint64_t tag, value;
    if (!cursor.varint(&tag) || !cursor.varint(&value)) return false;
    if (tag == (2 << 3)) request->registrationDates = value != 0;
    if ((tag & 7) == 0) continue;
    if ((tag & 7) != 2 || value > static_cast<uint64_t>(cursor.end - cursor.at)) return false;
    const std::string text(reinterpret_cast<const char*>(cursor.at), value);
    if (tag >> 3 == 3) putBytes(request->echo, 7, text);
    if (tag >> 3 == 4) putBytes(request->echo, 8, text);
    cursor.at += value;
  }
  return true;
}

// Parses what a client of this bench may send: options and one packed run of numbers, last.
bool parseRequest(const uint8_t* bytes, size_t here, size_t total, Request* request) {
  Cursor cursor{bytes, bytes + here};
  while (cursor.at < cursor.end) {
    uint64_t tag, size;
    if (!cursor.varint(&tag) || !cursor.varint(&size)) return false;
    const size_t rest = total - (cursor.at - bytes);
    if (tag == (2 << 3 | 2)) {
      request->numbers = cursor.at;
      request->numbersBytes = size;
      return size == rest && size % 8 == 0 && size / 8 <= kNumbersMax;
    }
    if (tag != (1 << 3 | 2) || size > static_cast<uint64_t>(cursor.end - cursor.at)) return false;
    request->hasOptions = true;
    if (!parseOptions({cursor.at, cursor.at + size}, request)) return false;
    cursor.at += size;
  }
  return here == total;
}

template <class Index>
class DedupeStream final : public grpc::ServerGenericBidiReactor {
 public:
  DedupeStream(const Index& index, const std::string& lists) : index_(index), lists_(lists) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    grpc::ByteBuffer answer;
    const grpc::Status status = ok ? answerRequest(&answer) : grpc::Status::OK;
    if (!ok) answer = summary();
    bool readOn;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (finished_) return;
      if (!status.ok()) {
        finished_ = true;
        Finish(status);
        return;
      }
      ended_ = !ok;
      answers_.push_back(std::move(answer));
      if (answers_.size() == 1) StartWrite(&answers_.front());
      readOn = ok && answers_.size() < kAnswersWaitingMax;
      reading_ = readOn;
    }
    if (readOn) StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (finished_) return;
    answers_.pop_front();
    if (!ok || (ended_ && answers_.empty())) {
      finished_ = true;
      Finish(grpc::Status::OK);
      return;
    }
    if (!answers_.empty()) StartWrite(&answers_.front());
    if (!reading_ && !ended_) {
      reading_ = true;
      StartRead(&request_);
    }
  }

  void OnDone() override { delete this; }

 private:
  const Index& index_;
  const std::string& lists_;
  grpc::ByteBuffer request_;
  bool first_ = true;
  bool registrationDates_ = false;
  std::string echo_;
  Totals totals_;
  const int64_t startedMs_ = nowMs();

  std::mutex mutex_;                      // reads and writes complete on different threads
  std::deque<grpc::ByteBuffer> answers_;  // a deque: its elements stay where they are
  bool reading_ = true;
  bool ended_ = false;
  bool finished_ = false;

  grpc::Status answerRequest(grpc::ByteBuffer* answer) {
    std::vector<grpc::Slice> slices;
    request_.Dump(&slices);
    const size_t total = request_.Length();
    Request request;
    if (slices.empty() || !parseRequest(slices[0].begin(), slices[0].size(), total, &request)) {
      request_.DumpToSingleSlice(&joined_);
      slices = {joined_};
      request = Request();
      if (total > 0 && !parseRequest(joined_.begin(), joined_.size(), total, &request)) {
        return {grpc::StatusCode::INVALID_ARGUMENT, "options and one packed run of numbers only"};
      }
    }
    if (request.hasOptions) {
      if (!first_) return {grpc::StatusCode::INVALID_ARGUMENT, "options after the first message"};
      registrationDates_ = request.registrationDates;
      echo_ = request.echo;
    }
    const size_t offset = request.numbers == nullptr ? 0 : request.numbers - slices[0].begin();
    *answer = registrationDates_ ? build<true>(slices, offset, request.numbersBytes / 8)
                                 : build<false>(slices, offset, request.numbersBytes / 8);
    first_ = false;
    return grpc::Status::OK;
  }

  grpc::Slice joined_;

  template <bool kDays>
  grpc::ByteBuffer build(const std::vector<grpc::Slice>& slices, size_t offset, size_t count) {
    static thread_local std::vector<uint32_t> days(kNumbersMax + 16);
    const size_t bytesMax = lists_.size() + count * (kDays ? 5 : 1) + 32;
    grpc_slice slice = grpc_slice_malloc_large(bytesMax);
    uint8_t* const start = GRPC_SLICE_START_PTR(slice);
    uint8_t* at = start;
    if (first_) at = static_cast<uint8_t*>(mempcpy(at, lists_.data(), lists_.size()));
    if (count > 0) {
      *at++ = 2 << 3 | 2;
      at = writeVarint(at, count);
      const size_t listed = answerSlices<kDays>(slices, offset, at, days.data());
      countVerdicts(at, count);
      at += count;
      if (kDays && listed > 0) {
        *at++ = 3 << 3 | 2;
        at = writeVarint(at, listed * 4);
        at = static_cast<uint8_t*>(mempcpy(at, days.data(), listed * 4));
      }
    }
    GRPC_SLICE_SET_LENGTH(slice, at - start);
    const grpc::Slice owned(slice, grpc::Slice::STEAL_REF);
    return grpc::ByteBuffer(&owned, 1);
  }

  // Keys are looked up in the slices; one that lies across two is put together first.
  template <bool kDays>
  size_t answerSlices(const std::vector<grpc::Slice>& slices, size_t offset, uint8_t* verdicts,
                      uint32_t* days) {
    uint8_t across[8];
    size_t held = 0;
    size_t listed = 0;
    for (const grpc::Slice& slice : slices) {
      const uint8_t* at = slice.begin() + offset;
      offset = 0;
      if (held > 0) {
        const size_t taken = std::min<size_t>(8 - held, slice.end() - at);
        std::memcpy(across + held, at, taken);
        held += taken;
        at += taken;
        if (held < 8) continue;
        listed += index_.template answer<kDays>(across, 1, verdicts++, days + listed);
      }
      const size_t count = (slice.end() - at) / 8;
      listed += index_.template answer<kDays>(at, count, verdicts, days + listed);
      verdicts += count;
      held = slice.end() - at - count * 8;
      std::memcpy(across, at + count * 8, held);
    }
    return listed;
  }

  void countVerdicts(const uint8_t* verdicts, size_t count) {
    totals_.numbers += count;
    for (uint8_t verdict = 1; verdict <= 5; verdict++) {
      totals_.verdicts[verdict] += std::count(verdicts, verdicts + count, verdict);
    }
  }

  grpc::ByteBuffer summary() const {
    std::string content;
    putInteger(content, 1, totals_.numbers);
    for (int verdict = 1; verdict <= 5; verdict++)
      putInteger(content, verdict + 1, totals_.verdicts[verdict]);
    content += echo_;
    putInteger(content, 9, startedMs_);
    putInteger(content, 10, nowMs());
    std::string response = lists_;
    putBytes(response, 4, content);
    const grpc::Slice slice(response);
    return grpc::ByteBuffer(&slice, 1);
  }
};

template <class Index>
class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(const ListFile& list) : index_(list, plan_) {
    std::string version;
    putBytes(version, 1, list.name());
    putBytes(version, 2, list.sha256());
    putBytes(version, 3, list.snapshotDate());
    putInteger(version, 4, list.entries);
    putBytes(lists_, 1, version);
    list.release();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (context->method() != "/tacet.v1.DedupeService/Dedupe")
      return CallbackGenericService::CreateReactor(context);
    return new DedupeStream<Index>(index_, lists_);
  }

 private:
  Plan plan_;
  Index index_;
  std::string lists_;
};

void serve(grpc::CallbackGenericService* service) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(2 << 20);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4 << 20);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20);
  builder.RegisterCallbackGenericService(service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) fail("the port cannot be opened");
  std::printf("gRPC 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{{"--index", "hash"}};
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  // Responses are reused by the allocator instead of being returned to the kernel each time.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  const ListFile list(options["--list"]);
  if (options["--index"] == "hash") {
    Service<HashIndex> service(list);
    serve(&service);
  } else if (options["--index"] == "pbm") {
    Service<PbmIndex> service(list);
    serve(&service);
  } else {
    fail("--index takes hash or pbm");
  }
  return 0;
}
