/* Layers of networks whose activations are 8-bit codes or three levels: integers alone.

   Sums of a three-level input need no multiplication: a window's positions of level 1 and of level
   2 are listed, the weights at both are added up, and what comes out is multiplied by the values of
   the levels, once each. Sums of 8-bit codes are multiplied and added. One output pixel is made at
   a time, and may be added to another map, or pooled, before it is stored: what is between these
   steps needs no memory of its own.

   HAS_... say which of this the network below uses; compilers leave out the rest. */

/* Codes [h][w][c], a byte each; or, where there are levels, 2 bits each: four to a byte, the lowest
   bits first, each pixel from a new byte on. levels[code] is then the code's value. */
struct map {
  uint16_t h, w, c, pixel; /* pixel: its bytes */
  uint32_t at;             /* where in the scratch memory; PICTURE: the picture */
  const uint8_t *levels;   /* [3]; 0: none */
};
#define PICTURE UINT32_MAX

struct window {
  uint16_t kernel, stride, pad;
};

/* What becomes of a channel's sum. With thresholds, [K][2]: how many of the two it is above. Else
   the code min(255, max(sum + bias, 0) * m / 2^shift), rounded, halves up; scale: [K][2] bias, m. */
struct finish {
  const int32_t *thresholds, *scale;
  const uint8_t *shift;
};

/* A residual addition of the codes at hand, whose levels these are, and those of another map. */
struct addition {
  const uint8_t *levels;
  struct map other;
  const int16_t *factors; /* [K][2]: of the codes at hand, of the other's */
  struct finish finish;
  uint16_t layer;
};

enum kind { READ, CONVOLUTION, DEPTHWISE, AVERAGE };

/* Reads a map or makes sums of it, pixel by pixel; adds; takes the largest of each window; stores.
   Logits leave no map. */
struct stage {
  enum kind kind;
  uint16_t layer;       /* its number among the layers that have sums */
  uint16_t h, w, c;     /* of what it reads or makes, before it is pooled */
  struct map in;
  struct window window;
  uint8_t outside;         /* the code of what is outside the map */
  const int8_t *weights;   /* of 8-bit codes: [K / 4][positions][4]; depthwise: [c][positions] */
  const uint32_t *words;   /* of levels: [K / 8][positions][2], see add_up() */
  struct finish finish;
  const struct addition *addition; /* 0: none */
  struct window pool;              /* kernel 0: none */
  struct map out;
  uint32_t positions, row; /* scratch memory: lists or codes of a window; codes of a pixel */
};

static const uint8_t *picture_;
static void (*watcher_)(int layer, const uint8_t *codes, int count);

static uint8_t *bytes_at(uint32_t at) { return (uint8_t *)scratch.memory + at; }

static const uint8_t *pixel_of(const struct map *m, unsigned h, unsigned w)
{
  const uint8_t *map = m->at == PICTURE ? picture_ : bytes_at(m->at);
  return map + ((uint32_t)h * m->w + w) * m->pixel;
}

static unsigned level_of(const uint8_t *pixel, unsigned c)
{
  return (unsigned)(pixel[c >> 2] >> 2 * (c & 3)) & 3u;
}

static unsigned value_of(const struct map *m, const uint8_t *pixel, unsigned c)
{
  return m->levels ? m->levels[level_of(pixel, c)] : pixel[c];
}

/* ---- Sums become codes */

static int32_t as_signed(uint32_t bits)
{
  return bits <= INT32_MAX ? (int32_t)bits : -(int32_t)~bits - 1;
}

/* Halves up: half of what a shift by one less leaves, and 1. Most shifts need but the upper half. */
static uint8_t requantize(int32_t sum, int32_t m, unsigned shift)
{
  uint64_t product;
  uint32_t twice, code;
  if (sum <= 0) return 0;
  product = (uint64_t)(uint32_t)sum * (uint32_t)m;
  if (shift > 32) {
    twice = (uint32_t)(product >> 32) >> (shift - 33);
  } else {
    product >>= shift - 1;
    twice = product > 510 ? 510 : (uint32_t)product;
  }
  code = (twice + 1) >> 1;
  return code > 255 ? 255 : (uint8_t)code;
}

static void finish_sums(const struct finish *f, unsigned k, unsigned count, const int32_t *sums,
                        uint8_t *codes)
{
  unsigned i;
  if (f->thresholds) {
    const int32_t *t = f->thresholds + 2 * k;
    for (i = 0; i < count; ++i, t += 2) codes[k + i] = (uint8_t)((sums[i] > t[0]) + (sums[i] > t[1]));
  } else {
    const int32_t *s = f->scale + 2 * k;
    for (i = 0; i < count; ++i, s += 2)
      codes[k + i] = requantize(sums[i] + s[0], s[1], f->shift[k + i]);
  }
}

/* floor(sum * m / 2^shift + 1/2), within 32 bits. */
static int32_t rescale(int32_t sum, int32_t m, unsigned shift)
{
  const int64_t a = (int64_t)sum * m + ((int64_t)1 << (shift - 1));
  const int64_t r = a < 0 ? ~(~a >> shift) : a >> shift;
  return r < INT32_MIN ? INT32_MIN : r > INT32_MAX ? INT32_MAX : (int32_t)r;
}

static void finish_logits(const struct finish *f, unsigned k, unsigned count, const int32_t *sums,
                          int32_t *logits)
{
  unsigned i;
  for (i = k; i < k + count; ++i) {
    const int32_t logit = rescale(sums[i - k] + f->scale[2 * i], f->scale[2 * i + 1], f->shift[i]);
#if HAS_MEAN_LOGITS
    scratch.totals[i] += logit;
#else
    logits[i] = logit;
#endif
  }
  (void)logits;
}

/* ---- Codes of a pixel on their way into a map */

static void unpack(const struct map *m, const uint8_t *pixel, uint8_t *codes)
{
  unsigned c;
  for (c = 0; c < m->c; ++c) codes[c] = m->levels ? (uint8_t)level_of(pixel, c) : pixel[c];
}

static void pack(const struct map *m, const uint8_t *codes, uint8_t *pixel)
{
  unsigned c;
  if (!m->levels) {
    for (c = 0; c < m->c; ++c) pixel[c] = codes[c];
    return;
  }
  for (c = 0; c + 4 <= m->c; c += 4)
    *pixel++ = (uint8_t)(codes[c] | codes[c + 1] << 2 | codes[c + 2] << 4 | codes[c + 3] << 6);
  if (c < m->c) {
    unsigned bits = 0, shift = 0;
    for (; c < m->c; ++c, shift += 2) bits |= (unsigned)codes[c] << shift;
    *pixel = (uint8_t)bits;
  }
}

/* The larger of each code and what the map holds. Levels rise with their values. */
static void pack_largest(const struct map *m, const uint8_t *codes, uint8_t *pixel)
{
  unsigned c;
  for (c = 0; c < m->c; ++c) {
    if (!m->levels) {
      if (codes[c] > pixel[c]) pixel[c] = codes[c];
    } else if (codes[c] > level_of(pixel, c)) {
      const unsigned shift = 2 * (c & 3);
      pixel[c >> 2] = (uint8_t)((pixel[c >> 2] & ~(3u << shift)) | (unsigned)codes[c] << shift);
    }
  }
}

/* The outputs o, first to last, whose windows hold position i of an axis with `size` outputs. */
static void windows_with(const struct window *w, unsigned i, unsigned size, unsigned *first,
                         unsigned *last)
{
  const unsigned end = i + w->pad;
  *first = end < w->kernel ? 0 : (end - w->kernel) / w->stride + 1;
  *last = end / w->stride < size - 1 ? end / w->stride : size - 1;
}

static void add_codes(const struct addition *a, unsigned h, unsigned w, uint8_t *codes)
{
  const uint8_t *other = pixel_of(&a->other, h, w);
  unsigned k;
  for (k = 0; k < a->other.c; ++k) {
    const int32_t x = a->levels ? a->levels[codes[k]] : codes[k];
    const int32_t sum =
        a->factors[2 * k] * x + a->factors[2 * k + 1] * (int32_t)value_of(&a->other, other, k);
    finish_sums(&a->finish, k, 1, &sum, codes);
  }
}

/* A pixel's codes are done, but for what is added to them. */
static void put(const struct stage *s, unsigned h, unsigned w, uint8_t *codes)
{
  uint8_t *out = bytes_at(s->out.at);
  if (watcher_ && s->kind != READ) watcher_(s->layer, codes, s->c);
  if (HAS_ADDITION && s->addition) {
    add_codes(s->addition, h, w, codes);
    if (watcher_) watcher_(s->addition->layer, codes, s->c);
  }
  if (HAS_POOL && s->pool.kernel > 0) {
    unsigned top, bottom, left, right, i, j;
    windows_with(&s->pool, h, s->out.h, &top, &bottom);
    windows_with(&s->pool, w, s->out.w, &left, &right);
    for (i = top; i <= bottom; ++i)
      for (j = left; j <= right; ++j)
        pack_largest(&s->out, codes, out + ((uint32_t)i * s->out.w + j) * s->out.pixel);
  } else {
    pack(&s->out, codes, out + ((uint32_t)h * s->out.w + w) * s->out.pixel);
  }
}

