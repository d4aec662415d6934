// Where memory runs out, in a parallel region too, the caller gets std::bad_alloc.
#include <new>

#include "distill/correct/reconstruct.h"
#include "engine/float/train.h"
#include "engine/kernels/dispatch/isa.h"
#include "rl/search/search.h"
#include "tests/support/allocations.h"
#include "tests/support/pictures.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

// Runs the work again and again, each time with more allocations before all others fail, until none
// does. Returns how often it ran out.
template <class Work>
int run_out_everywhere(Work&& work) {
  int times = 0;
  for (size_t n = 0;; n += 1 + n / 32) {
    const FailAllocations fail(n);
    try {
      work();
    } catch (const std::bad_alloc&) {
      ++times;
    }
    if (!fail.failed()) return times;
  }
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;
#endif
const auto kNoAsan = doctest::skip(!kCounts);
const auto kNeedsCounts = doctest::description("needs a build without ASan");

}  // namespace

TEST_CASE("memory that runs out amidst an evaluation is an exception, on every ISA" * kNoAsan *
          kNeedsCounts) {
  const Dataset pictures = random_pictures(24, 1);
  for (const Isa isa : runnable_isas()) {
    CAPTURE(isa_name(isa));
    set_isa(isa_name(isa));
    Rng rng(1);
    const IntNet teacher(random_model(every_kind_of_layer(false), rng));
    const WarmUp start = warm_up(teacher, pictures);
    const Objective objective(teacher, pictures, {.batch = 8});
    std::vector<StaircaseSet> students(3, start.mse_optimal);
    for (size_t i = 0; i < students.size(); ++i) students[i][i].reset();
    CHECK(run_out_everywhere([&] { objective.on_batch(0, students); }) > 10);
    CHECK(run_out_everywhere([&] { objective.on_all(teacher, start.mse_optimal); }) > 10);
    // All threads' memory is there already; a network that needs more has them ask again.
    const std::vector<Layer> wide{conv3("a", 96), pool("p", 2, 2), conv3("b", 96), pool("q", 4, 4),
                                  logits(linear("f", 10))};
    const IntNet wider(random_model(wide, rng));
    const Dataset more = random_pictures(64, 2);
    const Staircases staircases(wider.model(), warm_up(wider, pictures).mse_optimal);
    CHECK(run_out_everywhere([&] { logits_of(wider, more, {.staircases = &staircases}); }) > 1);
    CHECK(logits_of(wider, more).size() == 640);
  }
  set_isa("");
}

TEST_CASE("memory that runs out amidst a reconstruction is an exception" * kNoAsan * kNeedsCounts) {
  Rng rng(2);
  const IntNet teacher(random_model(every_kind_of_layer(true), rng));
  const Dataset pictures = random_pictures(60, 1), calibration = random_pictures(20, 2);
  const WarmUp start = warm_up(teacher, calibration);
  CHECK(run_out_everywhere([&] {
          reconstructed(teacher, start.mse_optimal, pictures, calibration, start.statistics);
        }) > 10);
}

TEST_CASE("memory that runs out amidst a training's epoch is an exception" * kNoAsan *
          kNeedsCounts) {
  // Columns, Winograd and matrix products.
  std::vector<Layer> layers{conv("a", 16, 3, 2, 1), conv3("b", 16), conv("c", 16, 1, 1, 0),
                            logits(linear("f", 10))};
  resolve(layers, kPictureShape);
  const Dataset data = bright_pictures(32);
  Recipe recipe;
  recipe.epochs = 2, recipe.qat_epochs = 1, recipe.batch = 16;
  CHECK(run_out_everywhere([&] {
          Training training(Net("small", layers, Rng(1)));
          for (int epoch = 0; epoch < 2; ++epoch)
            train_epoch(training, recipe, cross_entropy(0), data, [](const Progress&) {});
        }) > 10);
}
