/* ---- Sums of levels: additions */

/* The positions of a window that have level 1, from the start of the list on, and level 2, from its
   end backwards; how many: counts[1], counts[2]. */
static void list_levels(const struct stage *s, unsigned oh, unsigned ow, uint16_t *list,
                        unsigned counts[3])
{
  const unsigned kernel = s->window.kernel, C = s->in.c;
  uint16_t *first = list, *end = list + (uint32_t)kernel * kernel * C, *last = end;
  unsigned i, j;
  for (i = 0; i < kernel; ++i)
    for (j = 0; j < kernel; ++j) {
      const unsigned h = oh * s->window.stride + i - s->window.pad;
      const unsigned w = ow * s->window.stride + j - s->window.pad;
      const uint8_t *pixel, *pixel_end;
      unsigned position = (i * kernel + j) * C;
      if (h >= s->in.h || w >= s->in.w) continue; /* those above the map have wrapped around */
      pixel = pixel_of(&s->in, h, w);
      pixel_end = pixel + s->in.pixel;
      for (; pixel != pixel_end; ++pixel, position += 4) {
        unsigned bits, at = position;
        for (bits = *pixel; bits; bits >>= 2, ++at) {
          if (bits & 1) *first++ = (uint16_t)at;
          if (bits & 2) *--last = (uint16_t)at;
        }
      }
    }
  counts[1] = (unsigned)(first - list);
  counts[2] = (unsigned)(end - last);
}

/* Adds up the weights of eight channels at the listed positions. A word holds four weights, each
   128 too large, so that none is negative. Its odd and its even bytes are added in halves of a word
   each, two channels by one addition: 257 times 255 still fits 16 bits. */
static void add_up(const uint32_t *words, const uint16_t *list, unsigned count, uint32_t sums[8])
{
  const uint32_t even = 0x00ff00ffu;
  unsigned i;
  for (i = 0; i < 8; ++i) sums[i] = 0;
  while (count > 0) {
    const unsigned now = count < 257 ? count : 257;
    const uint16_t *end = list + now;
    uint32_t a = 0, b = 0, c = 0, d = 0;
    for (; list != end; ++list) {
      const uint32_t *w = words + 2 * (uint32_t)*list;
      const uint32_t x = w[0], y = w[1];
      a += x & even;
      b += x >> 8 & even;
      c += y & even;
      d += y >> 8 & even;
    }
    sums[0] += a & 0xffff, sums[1] += b & 0xffff, sums[2] += a >> 16, sums[3] += b >> 16;
    sums[4] += c & 0xffff, sums[5] += d & 0xffff, sums[6] += c >> 16, sums[7] += d >> 16;
    count -= now;
  }
}

/* The sums of eight channels, from two lists. */
static void sum_levels(const struct stage *s, const uint32_t *words, const uint16_t *list,
                       const unsigned counts[3], int32_t sums[8])
{
  const unsigned positions = (unsigned)s->window.kernel * s->window.kernel * s->in.c;
  const uint32_t v1 = s->in.levels[1], v2 = s->in.levels[2];
  const uint32_t excess = 128 * (v1 * counts[1] + v2 * counts[2]);
  uint32_t low[8], high[8];
  unsigned i;
  add_up(words, list, counts[1], low);
  add_up(words, list + positions - counts[2], counts[2], high);
  for (i = 0; i < 8; ++i) sums[i] = as_signed(v1 * low[i] + v2 * high[i] - excess);
}

/* ---- Sums of 8-bit codes: multiplications */

/* The codes of a window, in order. */
static const uint8_t *gather(const struct stage *s, unsigned oh, unsigned ow)
{
  const unsigned kernel = s->window.kernel;
  uint8_t *codes = bytes_at(s->positions), *to = codes;
  unsigned i, j, c;
  if (s->window.pad == 0 && (kernel == 1 || kernel == s->in.w)) /* they stand in order */
    return pixel_of(&s->in, oh * s->window.stride, ow * s->window.stride);
  for (i = 0; i < kernel; ++i)
    for (j = 0; j < kernel; ++j) {
      const unsigned h = oh * s->window.stride + i - s->window.pad;
      const unsigned w = ow * s->window.stride + j - s->window.pad;
      if (h < s->in.h && w < s->in.w) {
        const uint8_t *pixel = pixel_of(&s->in, h, w);
        for (c = 0; c < s->in.c; ++c) *to++ = pixel[c];
      } else {
        for (c = 0; c < s->in.c; ++c) *to++ = s->outside;
      }
    }
  return codes;
}

/* The sums of four channels. */
static void sum_products(const int8_t *w, const uint8_t *x, unsigned positions, int32_t sums[4])
{
  const uint8_t *end = x + positions;
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (; x != end; ++x, w += 4) {
    const int32_t value = *x;
    a += value * w[0];
    b += value * w[1];
    c += value * w[2];
    d += value * w[3];
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

static void convolve(const struct stage *s, int32_t *logits)
{
  const unsigned positions = (unsigned)s->window.kernel * s->window.kernel * s->in.c;
  const unsigned together = s->words ? 8 : 4;
  uint8_t *codes = bytes_at(s->row);
  unsigned h, w, k;
  for (h = 0; h < s->h; ++h)
    for (w = 0; w < s->w; ++w) {
      uint16_t *list = scratch.memory + s->positions / 2;
      unsigned counts[3] = {0, 0, 0};
      const uint8_t *x = 0;
      if (HAS_LEVELS && s->words)
        list_levels(s, h, w, list, counts);
      else
        x = gather(s, h, w);
      for (k = 0; k < s->c; k += together) {
        const unsigned count = s->c - k < together ? s->c - k : together;
        int32_t sums[8];
        if (HAS_LEVELS && s->words)
          sum_levels(s, s->words + (uint32_t)(k / 8) * positions * 2, list, counts, sums);
        else
          sum_products(s->weights + (uint32_t)k * positions, x, positions, sums);
        if (s->out.pixel == 0)
          finish_logits(&s->finish, k, count, sums, logits);
        else
          finish_sums(&s->finish, k, count, sums, codes);
      }
      if (s->out.pixel > 0) put(s, h, w, codes);
    }
}

/* ---- Depthwise convolutions */

/* pixels: of a window of 3 x 3, null outside the map. */
static int32_t sum_depthwise(const struct stage *s, const uint8_t *const pixels[9], unsigned c)
{
  const int8_t *w = s->weights + 9 * c;
  int32_t sums[4] = {0, 0, 0, 0};
  unsigned i;
  if (s->in.levels) {
    for (i = 0; i < 9; ++i)
      if (pixels[i]) sums[level_of(pixels[i], c)] += w[i];
    return s->in.levels[1] * sums[1] + s->in.levels[2] * sums[2];
  }
  for (i = 0; i < 9; ++i)
    if (pixels[i])
      sums[0] += pixels[i][c] * w[i];
    else if (s->outside)
      sums[0] += s->outside * w[i];
  return sums[0];
}

static void convolve_depthwise(const struct stage *s, int32_t *logits)
{
  uint8_t *codes = bytes_at(s->row);
  unsigned oh, ow, i, c;
  for (oh = 0; oh < s->h; ++oh)
    for (ow = 0; ow < s->w; ++ow) {
      const uint8_t *pixels[9];
      for (i = 0; i < 9; ++i) {
        const unsigned h = oh * s->window.stride + i / 3 - s->window.pad;
        const unsigned w = ow * s->window.stride + i % 3 - s->window.pad;
        pixels[i] = h < s->in.h && w < s->in.w ? pixel_of(&s->in, h, w) : 0;
      }
      for (c = 0; c < s->c; ++c) {
        const int32_t sum = sum_depthwise(s, pixels, c);
        if (s->out.pixel == 0)
          finish_logits(&s->finish, c, 1, &sum, logits);
        else
          finish_sums(&s->finish, c, 1, &sum, codes);
      }
      if (s->out.pixel > 0) put(s, oh, ow, codes);
    }
}

/* ---- Maps as they are, means of maps */

static void read_map(const struct stage *s)
{
  uint8_t *codes = bytes_at(s->row);
  unsigned h, w;
  for (h = 0; h < s->h; ++h)
    for (w = 0; w < s->w; ++w) {
      unpack(&s->in, pixel_of(&s->in, h, w), codes);
      put(s, h, w, codes);
    }
}

/* Over the whole map, halves up. */
static void average(const struct stage *s)
{
  const uint32_t count = (uint32_t)s->in.h * s->in.w;
  uint8_t *out = bytes_at(s->out.at);
  unsigned h, w, c;
  for (c = 0; c < s->in.c; ++c) {
    uint64_t sum = 0;
    for (h = 0; h < s->in.h; ++h)
      for (w = 0; w < s->in.w; ++w) sum += value_of(&s->in, pixel_of(&s->in, h, w), c);
    out[c] = (uint8_t)((2 * sum + count) / (2 * count));
  }
}

/* ---- The network */

static void run_stage(const struct stage *s, int32_t *logits)
{
  if (HAS_POOL && s->pool.kernel > 0) {
    uint8_t *out = bytes_at(s->out.at), *end = out + (uint32_t)s->out.h * s->out.w * s->out.pixel;
    while (out != end) *out++ = 0;
  }
  if (s->kind == CONVOLUTION) convolve(s, logits);
  if (HAS_DEPTHWISE && s->kind == DEPTHWISE) convolve_depthwise(s, logits);
  if (HAS_READ && s->kind == READ) read_map(s);
  if (HAS_AVERAGE && s->kind == AVERAGE) average(s);
}

static int run_network(const struct stage *stages, unsigned count, int32_t *logits)
{
  int best = 0, i;
  unsigned stage;
#if HAS_MEAN_LOGITS
  for (i = 0; i < CLASSES; ++i) scratch.totals[i] = 0;
#endif
  for (stage = 0; stage < count; ++stage) run_stage(stages + stage, logits);
#if HAS_MEAN_LOGITS
  for (i = 0; i < CLASSES; ++i) {
    const int64_t twice = 2 * scratch.totals[i] + HAS_MEAN_LOGITS, divisor = 2 * HAS_MEAN_LOGITS;
    logits[i] = (int32_t)(twice / divisor - (twice % divisor < 0)); /* floor */
  }
#endif
  for (i = 1; i < CLASSES; ++i)
    if (logits[i] > logits[best]) best = i;
  return best;
}

