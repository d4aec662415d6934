
static uint32_t checksums[LAYERS > 0 ? LAYERS : 1];

/* FNV-1a. */
static void watch(int layer, const uint8_t *codes, int count)
{
  uint32_t hash = checksums[layer];
  int i;
  for (i = 0; i < count; ++i) hash = (hash ^ codes[i]) * 16777619u;
  checksums[layer] = hash;
}

static int check(void)
{
  int p, i, different = 0;
  for (p = 0; p < PICTURES; ++p) {
    int32_t logits[CLASSES], again[CLASSES];
    const uint8_t *picture = pictures + (uint32_t)p * PICTURE_BYTES;
    for (i = 0; i < LAYERS; ++i) checksums[i] = 2166136261u;
    NET_(run_watched)(picture, logits, watch);
    NET_(run)(picture, again);
    for (i = 0; i < LAYERS; ++i)
      if (checksums[i] != golden_checksums[p][i]) {
        printf("picture %d: the codes of layer %s differ\n", p, layer_names[i]);
        different = 1;
      }
    for (i = 0; i < CLASSES; ++i)
      if (logits[i] != golden_logits[p][i] || again[i] != logits[i]) {
        printf("picture %d: logit %d is %ld, expected %ld\n", p, i, (long)again[i],
               (long)golden_logits[p][i]);
        different = 1;
      }
  }
  if (!different)
    printf("%s: %d pictures, %d layers: all equal\n", NET_NAME, PICTURES, LAYERS);
  return different;
}

static int print_logits(const char *path)
{
  static uint8_t planes[PICTURE_BYTES], picture[PICTURE_BYTES];
  FILE *file = fopen(path, "rb");
  size_t size;
  if (!file) {
    fprintf(stderr, "error: %s cannot be read\n", path);
    return 1;
  }
  while ((size = fread(planes, 1, PICTURE_BYTES, file)) == PICTURE_BYTES) {
    int32_t logits[CLASSES];
    int i, c;
    for (i = 0; i < PICTURE_BYTES / CHANNELS; ++i)
      for (c = 0; c < CHANNELS; ++c)
        picture[i * CHANNELS + c] = planes[c * (PICTURE_BYTES / CHANNELS) + i];
    NET_(run)(picture, logits);
    for (i = 0; i < CLASSES; ++i) printf("%ld%c", (long)logits[i], i + 1 < CLASSES ? ' ' : '\n');
  }
  if (ferror(file) || size != 0) {
    fprintf(stderr, "error: %s is not a whole number of pictures of %d bytes\n", path,
            PICTURE_BYTES);
    fclose(file);
    return 1;
  }
  fclose(file);
  return 0;
}

int main(int argc, char **argv)
{
  int status;
  if (argc > 2) {
    fprintf(stderr, "usage: %s [FILE of raw pictures, channel by channel]\n", argv[0]);
    return 2;
  }
  status = argc == 2 ? print_logits(argv[1]) : check();
  return fflush(stdout) == 0 ? status : 1;
}
