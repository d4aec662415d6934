#include "nets/layers_file.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

const std::string kTable = R"({
  "layers": [
    {"kind": "conv", "name": "stem", "out": 8, "kernel": 3, "pad": 1, "stride": 2},
    {"kind": "conv", "name": "body", "out": 8, "kernel": 3, "pad": 1, "activation": "linear"},
    {"kind": "add", "name": "sum", "inputs": ["stem", "body"]},
    {"kind": "max_pool", "kernel": 2, "stride": 2},
    {"kind": "depthwise", "name": "dw", "kernel": 3, "pad": 1},
    {"kind": "dropout", "rate": 0.25},
    {"kind": "avg_pool", "kernel": 0},
    {"kind": "conv", "name": "fc", "kernel": 0, "activation": "logits"}
  ],
  "attention": ["stem", "sum"]
})";

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kTable;
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a table in a JSON file is the network that the same rows make") {
  const Scratch scratch;
  const auto file = scratch.path / "table.json";
  write_file(file, kTable);
  std::vector<Layer> expected{conv3("stem", 8, 2),
                              without_relu(conv3("body", 8)),
                              add("sum", "stem", "body"),
                              pool("max_pool", 2, 2),
                              dw("dw", 1),
                              drop(0.25f),
                              average("avg_pool"),
                              logits(linear("fc", 7))};
  resolve(expected, {32, 32, 1});
  const NetChoice net{"own", file.string()};
  const std::vector<Layer> layers = table_of(net, {32, 32, 1}, 7);
  CHECK(hash(layers) == hash(expected));
  CHECK(layers[5].rate == 0.25f);
  CHECK(attention_of(net, layers) == std::vector<std::string>{"stem", "sum"});
  CHECK(table_of({"own", file.string(), 0.5}, {32, 32, 1}, 7)[0].out == 4);
  write_file(file, replaced(R"(["stem", "sum"])", "[]"));
  CHECK(attention_of(net, layers) == std::vector<std::string>{"sum", "dw"});
}

TEST_CASE("what is wrong with a table is told with its file, row and key") {
  const Scratch scratch;
  const auto file = scratch.path / "table.json";
  const auto error = [&](const std::string& text) -> std::string {
    write_file(file, text);
    try {
      const NetChoice net{"own", file.string()};
      attention_of(net, table_of(net, {32, 32, 3}, 7));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const auto says = [&](const std::string& text, const std::string& words) {
    const std::string message = error(text);
    CAPTURE(message);
    CHECK(message.find(file.string() + ": ") == 0);
    CHECK(message.find(words) != std::string::npos);
  };
  CHECK(error(kTable) == "");
  says("{", "is no JSON");
  says("[]", "has no list \"layers\"");
  says(std::string(100'000, '[') + std::string(100'000, ']'), "nests deeper than 16 levels");
  says(replaced("\"attention\"", "\"atention\""), "unknown key 'atention'");
  says(replaced("\"stride\": 2}", "\"strides\": 2}"), "layer 1 has an unknown key 'strides'");
  says(replaced("\"add\"", "\"sum\""), "layer 3 has a kind that is none of conv, depthwise");
  says(replaced("\"linear\"", "\"gelu\""), "layer 2 has a activation that is none of relu");
  says(replaced("\"out\": 8", "\"out\": -8"), "layer 1 has a out that is no whole number");
  says(replaced("\"out\": 8", "\"out\": 1e99"), "layer 1 has a out that is no whole number");
  says(replaced("\"out\": 8", "\"out\": 1048577"), "layer 1 has a out that is no whole number");
  says(replaced("0.25", "\"x\""), "layer 6 has a rate that is no number");
  says(replaced("0.25", "1.5"), "its rate is not within 0 to 1");
  says(replaced("\"stem\", \"body\"]", "\"stem\"]"), "layer sum: has 1 inputs, expected 2");
  says(replaced("\"stem\", \"body\"]", "\"stem\", 3]"), "has an input that is no name");
  says(replaced("\"name\": \"fc\"", "\"name\": \"fc\", \"out\": 9"), "makes 9 logits of 7 classes");
  says(replaced("\"stem\", \"sum\"]", "\"stem\", \"fc\"]"),
       "names 'fc', which is no layer with ReLU");
  says(replaced("\"name\": \"dw\"", "\"name\": \"a b\""), "not made of letters, digits");
}

TEST_CASE("programs take a network of one's own by its table and its teacher") {
  const Bench bench;
  const std::string table = (bench.scratch.path / "own.json").string();
  const std::string file = (bench.scratch.path / "own.q8").string();
  write_file(table, kTable);
  const std::string data = " --data " + bench.data;
  const Ran unknown = run(program("train") + " own" + data);
  CHECK(unknown.status == 2);
  CHECK(unknown.err.find("--layers makes it one of your own") != std::string::npos);
  const Ran trained = run(program("train") + " own --layers " + table +
                          " --width 0.5 --batch 20 --epochs 2" + data + " --out " + file);
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(run(program("evaluate") + " " + file + data).status == 0);
  CHECK(run(program("search") + " own" + data).status == 2);
  const Ran searched = run(program("search") + " own --teacher " + file + data +
                           " --algo mse --out " + bench.scratch.path.string() + "/found");
  INFO(searched.err);
  CHECK(searched.status == 0);
  CHECK(run(program("evaluate") + " " + bench.scratch.path.string() + "/found/own.tri" + data)
            .status == 0);
  // Five halvings do not fit a picture of 16 pixels.
  const Ran small = run(program("search") + " vgg16 --teacher " + file + data);
  CHECK(small.status == 1);
  CHECK(small.err.find("is a own, expected vgg16") != std::string::npos);
}
