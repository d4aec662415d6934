// data/download.sh and the programs that run it, against a server on the loopback interface.
#include "data/download.h"

#include <nlohmann/json.hpp>

#include "data/base/file.h"
#include "nets/nets.h"
#include "tests/support/http_server.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/random_model.h"
#include "tests/support/test.h"

using namespace tri;
namespace fs = std::filesystem;

namespace {

const auto kSkipped = doctest::skip(!have("curl"));
const auto kNeeds = doctest::description("needs curl");

// A project's folder without a data set, and an archive of one with 5 + 1 pictures.
struct Place {
  Scratch scratch;
  fs::path root = scratch.path / "project";
  Dataset pictures = random_pictures(6, 7);
  std::vector<uint8_t> archive;
  std::string md5;

  Place() {
    const std::string made = scratch.path.string();
    save_dataset(scratch.path / "cifar-10-batches-bin", pictures.slice(0, 5), pictures.slice(5, 6));
    REQUIRE(run("tar -czf " + made + "/archive -C " + made + " cifar-10-batches-bin").status == 0);
    archive = read_file(scratch.path / "archive");
    REQUIRE(archive.size() > 9000);
    md5 = run("md5sum " + made + "/archive").out.substr(0, 32);
    fs::create_directories(root / "data");
    fs::copy_file("data/download.sh", root / "data/download.sh");
  }
  // Runs a command in that folder.
  Ran in_root(const std::string& url, const std::string& command, const std::string& more = "") {
    return run("cd " + root.string() + " && env -u CIFAR10_DIR no_proxy=127.0.0.1 CIFAR10_URL=" +
               url + " CIFAR10_MD5=" + md5 + " " + more + " " + command);
  }
  Ran download(const std::string& url, const std::string& more = "") {
    return in_root(url, "sh data/download.sh", more);
  }
  fs::path part() const { return root / "data/cifar-10-binary.tar.gz.part"; }
  bool some_came() const { return fs::exists(part()) && fs::file_size(part()) > 0; }
  void write_part(std::span<const uint8_t> bytes) const { write_file(part(), bytes); }
  void check_complete() const {
    CHECK(pixels_of(load_train(root / "data/cifar-10-batches-bin")) ==
          pixels_of(pictures.slice(0, 5)));
    CHECK(pixels_of(load_test(root / "data/cifar-10-batches-bin")) ==
          pixels_of(pictures.slice(5, 6)));
    CHECK(files() == 2);
  }
  long files() const {
    const fs::directory_iterator list(root / "data");
    return std::distance(begin(list), end(list));
  }
};

using Starts = std::vector<size_t>;

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("download: a good archive is unpacked, and what is there is not fetched again" *
          kSkipped * kNeeds) {
  Place place;
  const HttpServer server(place.archive, {});
  const Ran ran = place.download(server.url());
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(ran.out.empty());
  place.check_complete();
  const Ran again = place.download(server.url());
  CHECK(again.status == 0);
  CHECK(mentions(again.err, "is there already"));
  CHECK(server.requests() == Starts{0});
}

TEST_CASE("download: an archive with a wrong sum is refused and leaves nothing" * kSkipped *
          kNeeds) {
  Place place;
  std::vector<uint8_t> corrupted = place.archive;
  corrupted[corrupted.size() / 2] ^= 1;
  const HttpServer server(corrupted, {});
  const Ran ran = place.download(server.url());
  CHECK(ran.status == 1);
  CHECK(mentions(ran.err, "expected " + place.md5));
  CHECK(place.files() == 1);
  CHECK(server.requests() == Starts{0});
}

TEST_CASE("download: a connection that breaks is taken up where it broke" * kSkipped * kNeeds) {
  Place place;
  const HttpServer server(place.archive, {.cut_after = 4000});
  const Ran ran = place.download(server.url());
  INFO(ran.err);
  CHECK(ran.status == 0);
  place.check_complete();
  const Starts starts = server.requests();
  REQUIRE(starts.size() == (place.archive.size() + 3999) / 4000);
  for (size_t i = 0; i < starts.size(); ++i) CHECK(starts[i] == 4000 * i);
}

TEST_CASE("download: a server that knows no ranges is asked for all of it, once" * kSkipped *
          kNeeds) {
  Place place;
  place.write_part(std::span(place.archive).first(4000));
  const HttpServer good(place.archive, {.ranges = false});
  CHECK(place.download(good.url()).status == 0);
  CHECK(good.requests() == Starts{4000, 0});
  place.check_complete();

  fs::remove_all(place.root / "data/cifar-10-batches-bin");
  const HttpServer bad(place.archive, {.ranges = false, .cut_after = 4000});
  const Ran ran = place.download(bad.url());
  CHECK(ran.status == 1);
  CHECK(mentions(ran.err, "cannot go on in the middle"));
  CHECK(bad.requests() == Starts{0, 4000, 0, 4000});
}

TEST_CASE("download: what an earlier run left is used where it is right, else thrown away" *
          kSkipped * kNeeds) {
  Place place;
  const HttpServer server(place.archive, {});
  SUBCASE("complete") { place.write_part(place.archive); }
  SUBCASE("another archive's beginning") { place.write_part(std::vector<uint8_t>(4000)); }
  SUBCASE("longer than the archive") {
    place.write_part(std::vector<uint8_t>(place.archive.size() + 1));
  }
  const Ran ran = place.download(server.url());
  INFO(ran.err);
  CHECK(ran.status == 0);
  place.check_complete();
}

TEST_CASE("download: a slow server meets the time limit, and the next run goes on" * kSkipped *
          kNeeds) {
  Place place;
  Ran ran{};
  {
    const HttpServer slow(place.archive, {.pause_ms = 1000});
    for (int seconds = 1; !place.some_came() && seconds < 10; seconds *= 2) {  // a loaded machine
      ran = place.download(slow.url(), "CIFAR10_SECONDS=" + std::to_string(seconds));
      CHECK(ran.status == 1);
    }
  }
  CHECK(mentions(ran.err, " s; what came is kept: run again to go on"));
  const size_t kept = fs::file_size(place.part());
  CHECK(kept > 0);
  const HttpServer good(place.archive, {});
  CHECK(place.download(good.url()).status == 0);
  CHECK(good.requests() == Starts{kept});
  place.check_complete();
}

TEST_CASE("download: a server that is not there or refuses gives its reason at once" * kSkipped *
          kNeeds) {
  Place place;
  std::string gone;
  {
    const HttpServer server(place.archive, {});
    gone = server.url();
  }
  const Ran nobody = place.download(gone);
  CHECK(nobody.status == 1);
  CHECK(mentions(nobody.err, "error: " + gone + ": (7) "));
  const HttpServer missing(place.archive, {.status = 404});
  const Ran refused = place.download(missing.url());
  CHECK(refused.status == 1);
  CHECK(mentions(refused.err, "404"));
  CHECK(place.files() == 1);
}

TEST_CASE("download: interrupted, it ends with status 130 and keeps only what came" * kSkipped *
          kNeeds) {
  Place place;
  const HttpServer slow(place.archive, {.pause_ms = 1000});
  for (int seconds = 1; !place.some_came() && seconds < 10; seconds *= 2) {
    const Ran ran = place.in_root(slow.url(), "timeout --preserve-status -s INT " +
                                                  std::to_string(seconds) + " sh data/download.sh");
    CHECK(ran.status == 130);
  }
  CHECK(place.some_came());
  CHECK(place.files() == 2);
}

TEST_CASE("programs that find no CIFAR-10 download it, unless --offline forbids it" * kSkipped *
          kNeeds) {
  Place place;
  Rng rng(1);
  Model model = random_model(table_of("alexnet"), rng);
  model.net = "alexnet";
  save(model, place.root / "alexnet.q8");
  const std::string evaluate = fs::absolute(program("evaluate")).string() + " alexnet.q8 --json ";
  {
    const HttpServer none(place.archive, {.status = 404});
    const Ran offline = place.in_root(none.url(), evaluate + "--offline");
    CHECK(offline.status == 1);
    CHECK(mentions(offline.err, "error: no CIFAR-10: --offline forbids to download it"));
    CHECK(none.requests().empty());

    const Ran refused = place.in_root(none.url(), evaluate);
    CHECK(refused.status == 1);
    CHECK(refused.out.empty());
    CHECK(mentions(refused.err, "404"));
    CHECK(mentions(refused.err, "make cifar10"));
  }
  const HttpServer good(place.archive, {});
  const Ran ran = place.in_root(good.url(), evaluate);
  INFO(ran.err);
  CHECK(ran.status == 0);
  CHECK(nlohmann::json::parse(ran.out)["images"] == 1);
  place.check_complete();
}

TEST_CASE("download: a URL that looks like an option, a time that is none, a part that is no file" *
          kSkipped * kNeeds) {
  Place place;
  const auto refused = [&](const std::string& url, const std::string& more, const char* words) {
    CAPTURE(more);
    const Ran ran = place.download(url, more);
    INFO(ran.err);
    CHECK(ran.status == 1);
    CHECK(ran.err.find(words) != std::string::npos);
  };
  refused("-oowned", "", "error: -oowned: ");
  CHECK(!fs::exists(place.root / "owned"));
  for (const char* seconds : {"'a[$(touch owned)]'", "1e3", "-5", "9999999999"})
    refused("http://127.0.0.1:1/", std::string("CIFAR10_SECONDS=") + seconds,
            "CIFAR10_SECONDS is ");
  CHECK(!fs::exists(place.root / "owned"));
  const HttpServer server(place.archive, {});
  const fs::path victim = place.scratch.path / "victim";
  write_file(victim, std::string("precious"));
  fs::create_symlink(victim, place.part());
  refused(server.url(), "", "is no regular file: remove it");
  CHECK(fs::file_size(victim) == 8);
  fs::remove(place.part());
  CHECK(run("mkfifo " + place.part().string()).status == 0);
  refused(server.url(), "", "is no regular file: remove it");
}
