// AMX's tiles: eight of 16 rows of 64 bytes, as all of our kernels use them.
#pragma once

#include <cstdint>

#include "engine/kernels/dispatch/avx512.h"

namespace tri {
namespace {

// The calling thread has the tiles while one of these lives.
class Tiles {
  struct alignas(64) Config {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  };

 public:
  Tiles() {
    const Config config;
    asm volatile("" ::"r"(&config) : "memory");  // all of it: the intrinsic names 8 bytes
    _tile_loadconfig(&config);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

// What was stored to memory is there when a tile is loaded from it: the intrinsics do not say so.
inline void before_tile_loads() { asm volatile("" ::: "memory"); }

}  // namespace
}  // namespace tri
