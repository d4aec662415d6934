// How long a program will take (tools/cli/schedule.h).
#include "tools/cli/schedule.h"

#include "tests/support/test.h"

using namespace tri;
using doctest::Approx;

TEST_CASE("schedule: without a plan, what is left is what was taken, carried on") {
  Schedule s;
  CHECK(s.seconds_left(1, 0) == 0);
  CHECK(s.seconds_left(10, 0.25) == Approx(30));
  CHECK(s.share(10, 0.25) == 0.25);
  CHECK(s.seconds_left(40, 1) == 0);
  CHECK(s.share(40, 1) == 1);
}

TEST_CASE("schedule: a phase that takes longer than planned stretches those behind it") {
  Schedule s;
  s.plan({{"a", 10}, {"b", 20}, {"c", 30}});
  s.begin(5);  // a warm-up took 5 seconds
  CHECK(s.seconds_left(5, 0) == Approx(60));
  CHECK(s.share(5, 0) == Approx(5 / 65.0));
  CHECK(s.seconds_left(15, 0.5) == Approx(10 + 2 * 50));  // twice as long as planned
  CHECK(s.seconds_left(6, 0.01) == Approx(9 + 50));       // too early to tell
  s.begin(25);
  CHECK(s.seconds_left(25, 0) == Approx(50));
  CHECK(s.seconds_left(30, 0.5) == Approx(5 + 0.5 * 30));
  s.begin(35);
  CHECK(s.seconds_left(95, 0.5) == Approx(60));
  CHECK(s.seconds_left(80, 0) == Approx(0));  // overdue, and nothing known
}

TEST_CASE("schedule: the share never falls, and is whole at the end of the last phase alone") {
  Schedule s;
  s.plan({{"a", 10}, {"b", 1}});
  s.begin(0);
  CHECK(s.share(9, 0.9) == Approx(9 / 11.0));
  CHECK(s.share(10, 0.5) == Approx(9 / 11.0));
  CHECK(s.share(20, 1) < 1);
  s.begin(20);
  CHECK(s.share(1000, 0.999) == Approx(0.99));
  CHECK(s.share(1001, 1) == 1);
}
