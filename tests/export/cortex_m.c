/* The start of a program on a Cortex-M under QEMU, with semihosting. */
#include <stdint.h>
#include <stdlib.h>

extern int main(int argc, char **argv);
extern void initialise_monitor_handles(void);
extern char stack;
void reset(void);

void reset(void)
{
  char name[] = "check";
  char *arguments[] = {name, 0};
  /* Floating point and vectors, which C libraries and the compiler may use. */
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20;
  initialise_monitor_handles();
  exit(main(1, arguments));
}

static void fault(void) { exit(3); }

static const struct {
  const void *stack;
  void (*handlers[15])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    &stack, {reset, fault, fault, fault, fault, fault}};
