#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <iostream>
#include <vector>

#include "tests/support/test.h"

namespace {

// Names the tests that were skipped for want of something, and what: their description says it.
struct Skipped : doctest::IReporter {
  explicit Skipped(const doctest::ContextOptions&) {}
  void test_case_skipped(const doctest::TestCaseData& test) override {
    if (!test.m_skip) return;  // not asked for on the command line
    const char* needs = test.m_description ? test.m_description : "no reason given";
    lines_.push_back(std::string(test.m_name) + " (" + needs + ")");
  }
  void test_run_end(const doctest::TestRunStats&) override {
    for (const std::string& line : lines_) std::cout << "skipped: " << line << "\n";
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}

 private:
  std::vector<std::string> lines_;
};

REGISTER_LISTENER("skipped", 1, Skipped);

}  // namespace
