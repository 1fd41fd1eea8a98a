#include <doctest/doctest.h>

#include "mlsysim/io/trace.hpp"

using namespace mlsysim;

namespace {

std::string problems_of(std::string_view text) {
  std::vector<Diagnostic> problems;
  const auto all = io::parse_trace(text, "trace.csv", problems);
  CHECK(all.empty());
  std::string out;
  for (auto const& p : problems) out += error_name(p.code) + " " + std::to_string(p.where.line) + ":" + std::to_string(p.where.column) + " " + p.message + "\n";
  return out;
}

}  // namespace

TEST_CASE("a trace is read in any order of its columns, with seconds or units, and with the line ends of any system") {
  std::vector<Diagnostic> problems;
  const auto all = io::parse_trace("\xEF\xBB\xBFprompt, arrival ,output\r\n512,0,16\r\n\r\n7 , 250 ms, 1\n9,1.5,10000000", "trace.csv", problems);
  REQUIRE(problems.empty());
  REQUIRE(all.size() == 3);
  CHECK(all[0].prompt == 512);
  CHECK(all[0].output == 16);
  CHECK(all[1].arrival == doctest::Approx(0.25));
  CHECK(all[2].arrival == 1.5);
  CHECK(all[2].output == 10000000);
}

TEST_CASE("what is wrong with a trace is said with its line and column") {
  CHECK(problems_of("") == "E0231 0:0 the trace is empty\n");
  CHECK(problems_of("arrival,prompt,output\n") == "E0231 0:0 the trace has no requests\n");
  CHECK(problems_of("arrival,promt,output\n0,1,1\n") == "E0231 1:9 a trace has no column 'promt'\n");
  CHECK(problems_of("arrival,prompt\n0,1\n") == "E0231 1:1 the trace has no column 'output'\n");
  CHECK(problems_of("arrival,prompt,output,prompt\n0,1,1,1\n") == "E0231 1:23 two columns are called 'prompt'\n");
  CHECK(problems_of("arrival,prompt,output\n0,12,3\n1,2\n") == "E0231 3:1 the line has 2 cells, but there are 3 columns\n");
  CHECK(problems_of("arrival,prompt,output\n0, 12.5,3\n") == "E0231 2:4 '12.5' is no prompt\n");
  CHECK(problems_of("arrival,prompt,output\n0,12,0\n") == "E0231 2:6 '0' is no output\n");
  CHECK(problems_of("arrival,prompt,output\n0,12,99999999999999999999\n") == "E0231 2:6 '99999999999999999999' is no output\n");
  CHECK(problems_of("arrival,prompt,output\nsoon,12,3\n") == "E0231 2:1 'soon' is no time\n");
  CHECK(problems_of("arrival,prompt,output\nnan,12,3\n") == "E0231 2:1 'nan' is no time\n");
  CHECK(problems_of("arrival,prompt,output\n3 MB,12,3\n") == "E0231 2:1 '3 MB' is data (B), not a time\n");
  CHECK(problems_of("arrival,prompt,output\n-1,12,3\n") == "E0232 2:1 an arrival at -1\n");
  CHECK(problems_of("arrival,prompt,output\n5,12,3\n4.5,1,1\n") == "E0232 3:1 4.5 s lies before 5 s, the arrival above it\n");
}

TEST_CASE("a hopeless trace does not list a million problems") {
  std::string text = "arrival,prompt,output\n";
  for (int i = 0; i < 5000; ++i) text += "x,x,x\n";
  std::vector<Diagnostic> problems;
  io::parse_trace(text, "trace.csv", problems);
  CHECK(problems.size() >= 100);
  CHECK(problems.size() < 110);
}

TEST_CASE("a trace which is not there is a problem, too") {
  std::vector<Diagnostic> problems;
  CHECK(io::read_trace_file("/nowhere/trace.csv", problems).empty());
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == 101);
}
