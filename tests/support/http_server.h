// An HTTP server on the loopback interface that serves one body, as badly as a test wants it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct Manners {
  int status = 200;             // of every answer: another one has no body
  bool ranges = true;           // serves a part when it is asked for one; else all, from the start
  size_t cut_after = SIZE_MAX;  // closes the connection after so many bytes of a body
  int pause_ms = 0;             // after each kilobyte
};

class HttpServer {
 public:
  HttpServer(std::vector<uint8_t> body, Manners manners);
  ~HttpServer();
  std::string url() const;  // of the body
  // The first byte that each request so far asked for.
  std::vector<size_t> requests() const;

 private:
  void serve();
  void answer(int connection);

  const std::vector<uint8_t> body_;
  const Manners manners_;
  int socket_ = -1, port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<size_t> requests_;
  std::thread thread_;
};
