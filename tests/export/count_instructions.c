/* Instructions that a picture takes on a Cortex-M, where QEMU runs with -icount shift=0: one a
   nanosecond of its clock. CHECK: the program of an export, with its golden pictures; TICK: an
   instruction count of the board's processor clock. */
#define main check_main
#include CHECK
#undef main

#define SYSTICK ((volatile uint32_t *)0xe000e010)

int main(void)
{
  int p;
  double sum = 0;
  SYSTICK[1] = 0xffffff;
  SYSTICK[2] = 0;
  SYSTICK[0] = 5; /* the processor's clock */
  for (p = 0; p < PICTURES; ++p) {
    int32_t logits[CLASSES];
    uint32_t begin, end;
    SYSTICK[2] = 0; /* starts over, and forgets that it has reached 0 */
    begin = SYSTICK[2];
    NET_(run)(pictures + (uint32_t)p * PICTURE_BYTES, logits);
    end = SYSTICK[2];
    if (SYSTICK[0] & 0x10000) {
      printf("more instructions than the counter holds\n");
      return 1;
    }
    sum += (double)((begin - end) & 0xffffff) * TICK;
  }
  printf("%.0f\n", sum / PICTURES);
  return 0;
}
