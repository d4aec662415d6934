#include "data/base/fields.h"

#include "data/base/error.h"
#include "data/base/file.h"
#include "tests/support/test.h"

using namespace tri;

namespace {

struct Values {
  int whole = 1;
  float single = 0.1f;
  double real = 0.25;
  bool flag = true;
  std::vector<int> list = {1, 2};

  std::vector<Field> fields() {
    return {{"", "whole", &whole, 0, 9},
            {"", "single", &single},
            {"more", "real", &real, 0, 2},
            {"more", "flag", &flag},
            {"more", "list", &list, 1, 9, 3}};
  }

  void read(const std::string& text) {
    const Scratch scratch;
    write_file(scratch.path / "a.json", text);
    read_fields(scratch.path / "a.json", fields(), "number");
  }
};

}  // namespace

TEST_CASE("fields are told in their groups, floats in few digits, and read back") {
  Values values;
  const Json told = to_json(values.fields());
  CHECK(dump(told, -1) ==
        R"({"whole":1,"single":0.1,"more":{"real":0.25,"flag":true,"list":[1,2]}})"
        "\n");
  Values other{5, 0.7f, 2, false, {}};
  other.read(told.dump());
  CHECK(to_json(other.fields()) == told);
  CHECK(other.single == 0.1f);
}

TEST_CASE("a file changes the fields that it names, and nothing else") {
  Values values;
  values.read(R"({"more": {"list": [9, 8, 7]}, "whole": 0})");
  CHECK(values.list == std::vector<int>{9, 8, 7});
  CHECK(values.whole == 0);
  CHECK(values.real == 0.25);
  CHECK(values.flag);
}

TEST_CASE("a file that names or holds another thing is refused") {
  const auto refused = [](const std::string& text, const char* why) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(Values().read(text), doctest::Contains(why), Error);
  };
  refused("3", "a.json: is no JSON object");
  refused(R"({"hole": 1})", "there is no number hole");
  refused(R"({"real": 1})", "there is no number real");
  refused(R"({"more": {"whole": 1}})", "there is no number whole of more");
  refused(R"({"more": 1})", "more is no object");
  refused(R"({"whole": 10})", "whole has to be a whole number of 0.0 to 9.0");
  refused(R"({"whole": 1.0})", "a whole number");
  refused(R"({"whole": 18446744073709551617})", "a whole number");
  refused(R"({"single": 1.5})", "single has to be a number of 0.0 to 1.0");
  refused(R"({"single": null})", "a number");
  refused(R"({"more": {"flag": 0}})", "more.flag has to be true or false");
  refused(R"({"more": {"list": [0]}})", "at most 3 whole numbers of 1");
  refused(R"({"more": {"list": [1, 1, 1, 1]}})", "at most 3");
}
