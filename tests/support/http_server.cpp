#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "tests/support/test.h"

HttpServer::HttpServer(std::vector<uint8_t> body, Manners manners)
    : body_(std::move(body)), manners_(manners) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const auto raw = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(socket_, raw, size) == 0);  // any free port
  REQUIRE(listen(socket_, 8) == 0);
  REQUIRE(getsockname(socket_, raw, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  stop_ = true;
  shutdown(socket_, SHUT_RDWR);  // ends accept
  thread_.join();
  close(socket_);
}

std::string HttpServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/archive.tar.gz";
}

std::vector<size_t> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::serve() {
  while (!stop_) {
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    close(connection);
  }
}

void HttpServer::answer(int connection) {
  std::string request;
  char text[1024];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = recv(connection, text, sizeof text, 0);
    if (n <= 0) return;
    request.append(text, size_t(n));
  }
  const std::string mark = "Range: bytes=";
  const size_t range = request.find(mark);
  const bool part = range != std::string::npos;
  const size_t asked = part ? std::stoul(request.substr(range + mark.size())) : 0;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(asked);
  }

  const size_t begin = manners_.ranges ? asked : 0, all = body_.size();
  const int status = manners_.status != 200    ? manners_.status
                     : part && begin >= all    ? 416
                     : part && manners_.ranges ? 206
                                               : 200;
  const bool good = status == 200 || status == 206;
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Text\r\nConnection: close\r\n";
  head += "Content-Length: " + std::to_string(good ? all - begin : 0) + "\r\n";
  if (status == 206)
    head += "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(all - 1) + "/" +
            std::to_string(all) + "\r\n";
  head += "\r\n";
  if (send(connection, head.data(), head.size(), MSG_NOSIGNAL) < 0 || !good) return;
  const size_t end = manners_.cut_after < all - begin ? begin + manners_.cut_after : all;
  for (size_t at = begin; at < end && !stop_;) {
    const ssize_t n =
        send(connection, body_.data() + at, std::min<size_t>(1000, end - at), MSG_NOSIGNAL);
    if (n < 0) return;
    at += size_t(n);
    if (manners_.pause_ms)
      std::this_thread::sleep_for(std::chrono::milliseconds(manners_.pause_ms));
  }
}
