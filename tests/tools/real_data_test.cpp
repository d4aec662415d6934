// What only CIFAR-10 itself can show: the loader on all of it, and the committed teachers.
#include <cmath>

#include "distill/judge/evaluate.h"
#include "nets/nets.h"
#include "rl/search/search.h"
#include "tests/support/pictures.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

// $CIFAR10_DIR, or the data set beside the project; empty: there is none.
std::string real_data() {
  const char* variable = std::getenv("CIFAR10_DIR");
  const fs::path folder = variable && *variable ? variable : "../shared/cifar10";
  return fs::exists(folder / "test_batch.bin") ? folder.string() : "";
}

const fs::path kOriginals = "../shared/cifar10/train_original_5170.bin";

const auto kSkipped = doctest::skip(real_data().empty());
const auto kNeeds = doctest::description("needs CIFAR-10: set CIFAR10_DIR");

std::vector<fs::path> teachers() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator("nets/weights"))
    if (entry.path().extension() == ".q8") files.push_back(entry.path());
  return files;
}

double share_right(const fs::path& teacher, const Dataset& pictures) {
  return accuracy(logits_of(IntNet(load_model(teacher, table_of)), pictures), pictures.labels(),
                  kClasses);
}

}  // namespace

TEST_CASE("real data: all classes are there alike, and channels have the known mean and spread" *
          kSkipped * kNeeds) {
  const Dataset train = load_train(real_data()), test = load_test(real_data());
  CHECK(train.size() == 50000);
  CHECK(test.size() == 10000);
  std::vector<int> trained(kClasses), tested(kClasses);
  for (const uint16_t label : train.labels()) ++trained[label];
  for (const uint16_t label : test.labels()) ++tested[label];
  CHECK(trained == std::vector<int>(kClasses, 5000));
  CHECK(tested == std::vector<int>(kClasses, 1000));

  double sum[kChannels] = {}, squares[kChannels] = {};
  for (size_t i = 0; i < train.pixels().size(); ++i) {
    const double x = train.pixels()[i] / 255.0;
    sum[i % kChannels] += x;
    squares[i % kChannels] += x * x;
  }
  const double n = double(train.pixels().size()) / kChannels;
  const double means[] = {0.4914, 0.4822, 0.4465}, spreads[] = {0.2470, 0.2435, 0.2616};
  for (int c = 0; c < kChannels; ++c) {
    const double mean = sum[c] / n;
    CHECK(std::abs(mean - means[c]) < 0.005);
    CHECK(std::abs(std::sqrt(squares[c] / n - mean * mean) - spreads[c]) < 0.01);
  }
}

TEST_CASE("real data: every committed teacher knows test pictures that it never saw" * kSkipped *
          kNeeds) {
  REQUIRE(!teachers().empty());
  const Dataset pictures = load_test(real_data()).slice(0, 100);
  for (const fs::path& teacher : teachers()) {
    CAPTURE(teacher);
    CHECK(share_right(teacher, pictures) > 0.8);
  }
}

TEST_CASE("real data: every committed teacher knows pictures with their original pixels" *
          doctest::skip(!fs::exists(kOriginals)) *
          doctest::description("needs ../shared/cifar10/train_original_5170.bin")) {
  const Dataset pictures = load_records(kOriginals).slice(0, 100);
  for (const fs::path& teacher : teachers()) {
    CAPTURE(teacher);
    CHECK(share_right(teacher, pictures) > 0.85);
  }
}

TEST_CASE("real data: a student with the mean-square staircases is far from chance" * kSkipped *
          kNeeds) {
  const IntNet teacher(load_model("nets/weights/vgg19.q8", table_of));
  const Dataset pictures = load_test(real_data()).slice(0, 60);
  const WarmUp start = warm_up(teacher, load_train(real_data()).slice(0, 60));
  Model student = teacher.model();
  student.staircases = start.mse_optimal;
  const Measures m = measure(student, record(IntNet(student), pictures), pictures,
                             logits_of(teacher, pictures), {});
  CHECK(m.accuracy > 0.4);
  CHECK(m.agreement > 0.4);
  CHECK(m.zero_share > 0.3);
  const double share = total(m.energy) / total(teacher_energy(teacher.model(), {}));
  CHECK(share > 0.1);
  CHECK(share < 0.6);
}
