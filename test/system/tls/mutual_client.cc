// A client over TLS that shows a certificate: prints the verdict of one number, and how many of a
// stream are blocked. mutual_client localhost:50051 ca.crt [client.crt client.key]
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include "tacet/v1/dedupe.grpc.pb.h"

namespace {

std::string textOf(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int failed(const grpc::Status& status) {
  std::cerr << status.error_code() << ": " << status.error_message() << std::endl;
  return 1;
}

void setDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 5) return 2;
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = textOf(arguments[2]);
  if (count == 5) {
    options.pem_cert_chain = textOf(arguments[3]);
    options.pem_private_key = textOf(arguments[4]);
  }
  auto channel = grpc::CreateChannel(arguments[1], grpc::SslCredentials(options));
  auto stub = tacet::v1::DedupeService::NewStub(channel);

  grpc::ClientContext context;
  setDeadline(context);
  tacet::v1::CheckRequest request;
  request.set_phone_number("0475 12 34 56");
  tacet::v1::CheckResponse answer;
  grpc::Status status = stub->Check(&context, request, &answer);
  if (!status.ok()) return failed(status);
  std::cout << tacet::v1::Verdict_Name(answer.verdict()) << std::endl;

  grpc::ClientContext streaming;
  setDeadline(streaming);
  auto stream = stub->Dedupe(&streaming);
  std::thread writer([&stream] {
    tacet::v1::DedupeRequest batch;
    for (int index = 0; index < 1000; index++) batch.add_numbers(32475123456);
    for (int sent = 0; sent < 100; sent++) stream->Write(batch);
    stream->WritesDone();
  });
  tacet::v1::DedupeResponse response;
  unsigned long long blocked = 0;
  while (stream->Read(&response)) {
    if (response.has_summary()) blocked = response.summary().blocked();
  }
  writer.join();
  status = stream->Finish();
  if (!status.ok()) return failed(status);
  std::cout << blocked << std::endl;
  return 0;
}
