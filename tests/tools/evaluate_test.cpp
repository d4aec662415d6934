// ./evaluate --images.
#include <algorithm>

#include "data/base/file.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/test.h"

using namespace tri;
using Json = nlohmann::json;

TEST_CASE("evaluate classifies the pictures it can read, names all others and ends with status 1") {
  const Bench bench;
  const std::string folder = bench.scratch.path.string() + "/";
  for (const char* name : {"a.png", "b\xff.png"})
    write_picture(folder + name, kSide, kSide, 3, std::vector<uint8_t>(kPictureBytes, 99));
  write_file(folder + "bad1.png", std::string("no picture"));
  write_file(folder + "bad2.jpg", std::string("none either"));
  const std::string evaluate = program("evaluate") + " " + bench.teacher + " --images " + folder;
  const Ran good = run(evaluate + "a.png");
  CHECK(good.status == 0);
  CHECK(good.out.starts_with(folder + "a.png: "));

  const std::string all =
      "bad1.png " + folder + "a.png " + folder + "bad2.jpg " + folder + "b\xff.png";
  const Ran ran = run(evaluate + all);
  CHECK(ran.status == 1);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
  CHECK(ran.out.starts_with(good.out));
  for (const char* words : {"bad1.png: cannot be decoded", "bad2.jpg: cannot be decoded",
                            "2 of 4 pictures cannot be classified"})
    CHECK(ran.err.find(words) != std::string::npos);

  const Ran as_json = run(evaluate + all + " --json");
  CHECK(as_json.status == 1);
  const Json list = Json::parse(as_json.out);
  REQUIRE(list.size() == 4);
  CHECK(list[0]["error"].get<std::string>().find("cannot be decoded") != std::string::npos);
  CHECK(good.out == folder + "a.png: " + list[1]["class"].get<std::string>() + "\n");
  CHECK(list[3]["class"] == list[1]["class"]);
  CHECK(list[3]["image"] == folder + "b\uFFFD.png");
  CHECK(run(evaluate + "bad1.png").status == 1);
}
