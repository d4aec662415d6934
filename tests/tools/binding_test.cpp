// What a fine-tuning's checkpoint is bound to: with anything else, --resume is refused by its name.
#include "data/base/file.h"
#include "data/cifar.h"
#include "engine/integer/model_file.h"
#include "nets/nets.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

TEST_CASE("a fine-tuning goes on with what its checkpoint is of, and with nothing else") {
  const Bench bench;
  REQUIRE(bench.search("--algo mse --reconstruction 0 --data " + bench.data).status == 0);
  const std::string at = bench.scratch.path.string() + "/", student = bench.out + "/alexnet.tri";
  write_file(at + "energies.json", std::string("{\"add8\": 1}"));
  const auto command = [&](const std::string& file, const std::string& data,
                           const std::string& options) {
    return program("finetune") + " " + file + " --teacher " + bench.teacher + " --data " + data +
           " --out " + at + "fine.tri --resume " + options;
  };
  const std::string base = "--epochs 1 --batch 12 --rate 0.001 --energy 1e-7 ";
  REQUIRE(run(command(student, bench.data, base)).status == 0);
  const std::string before = run("md5sum " + at + "fine.tri.ckpt").out;
  const auto refused = [&](const std::string& name, const std::string& with) {
    CAPTURE(with);
    const Ran ran = run(with);
    INFO(ran.err);
    CHECK(ran.status == 1);
    CHECK(ran.err.find("is of another training: ") != std::string::npos);
    CHECK(ran.err.find(name + " was ") != std::string::npos);
  };
  for (const auto& [name, options] :
       {std::pair("--epochs", "--epochs 2 --batch 12 --rate 0.001 --energy 1e-7"),
        std::pair("--batch", "--epochs 1 --batch 11 --rate 0.001 --energy 1e-7"),
        std::pair("--rate", "--epochs 1 --batch 12 --rate 0.00100001 --energy 1e-7"),
        std::pair("--energy", "--epochs 1 --batch 12 --rate 0.001 --energy 2e-7")})
    refused(name, command(student, bench.data, options));
  for (const char* more : {"--seed 2", "--temperature 3", "--labels 0.30000001", "--attention 1e-7",
                           "--energy-budget 90%"})
    refused(std::string(more).substr(0, std::string(more).find(' ')),
            command(student, bench.data, base + more));
  refused("the energies",
          command(student, bench.data, base + "--energy-table " + at + "energies.json"));

  Model other = load_model(student, table_of);
  other.quant[0].bias[0] ^= 1;
  save(other, at + "other.tri");
  refused("the student's checksum", command(at + "other.tri", bench.data, base));
  const Dataset pictures = load_train(bench.data), test = load_test(bench.data);
  fs::create_directory(at + "data2");
  const auto with_data = [&](const Dataset& train) {
    save_records(at + "data2/data_batch_1.bin", train);
    save_records(at + "data2/test_batch.bin", test);
    return command(student, at + "data2", base);
  };
  std::vector<uint16_t> labels(pictures.labels().begin(), pictures.labels().end());
  labels[0] = uint16_t(9 - labels[0]);
  refused("the labels' checksum", with_data(pictures.relabeled(pictures.classes(), labels)));
  refused("the pictures' checksum",
          with_data(random_pictures(40, 9).relabeled(pictures.classes(), labels)));
  refused("the number of pictures", with_data(pictures.slice(0, 30)));
  CHECK(run("md5sum " + at + "fine.tri.ckpt").out == before);
  CHECK(run(command(student, bench.data, base)).status == 0);
}
