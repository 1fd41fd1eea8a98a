#include <doctest/doctest.h>

#include "mlsysim/io/csv.hpp"

using namespace mlsysim;

namespace {

io::Csv good(std::string_view text) {
  std::vector<Diagnostic> problems;
  auto table = io::parse_csv(text, "t.csv", problems);
  for (auto const& p : problems) FAIL_CHECK(to_text(p));
  return table;
}

Diagnostic bad(std::string_view text) {
  std::vector<Diagnostic> problems;
  (void)io::parse_csv(text, "t.csv", problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == 170);
  CHECK(problems[0].where.file == "t.csv");
  return problems[0];
}

}  // namespace

TEST_CASE("a table has the columns of its first line and the lines of its rows") {
  const auto t = good("a,b\n1,2\n3,\n");
  CHECK(t.columns == std::vector<std::string>{"a", "b"});
  REQUIRE(t.rows.size() == 2);
  CHECK(t.rows[1].cells == std::vector<std::string>{"3", ""});
  CHECK(t.rows[1].line == 3);
  CHECK(t.column("b") == 1);
  CHECK(t.column("c") == io::Csv::none);
}

TEST_CASE("quoted cells hold commas, doubled quotes and line ends, and rows behind them keep their lines") {
  const auto t = good("name,n\n\"a, \"\"b\"\"\nc\",1\n\"\",2\n");
  REQUIRE(t.rows.size() == 2);
  CHECK(t.rows[0].cells[0] == "a, \"b\"\nc");
  CHECK(t.rows[1].cells[0].empty());
  CHECK(t.rows[1].line == 4);
}

TEST_CASE("a byte-order mark, CRLF, blank lines and a missing last line end make no difference") {
  const auto t = good("\xEF\xBB\xBFx,y\r\n1,2\r\n\r\n3,\"4\"");
  CHECK(t.columns[0] == "x");
  REQUIRE(t.rows.size() == 2);
  CHECK(t.rows[1].cells == std::vector<std::string>{"3", "4"});
  CHECK(t.rows[1].line == 4);
}

TEST_CASE("what is no table is refused where the trouble is") {
  CHECK(bad("a,b\n1,2\n3\n").where.line == 3);
  CHECK(bad("a,b\n1,2,3\n").message == "the row has 3 cells, but the table has 2 columns");
  CHECK(bad("a,b\n1,\"2\n3,4\n").message == "a quoted cell never ends");
  CHECK(bad("a,b\n1,\"2\"x\n").message == "text behind the closing quote of a cell");
  CHECK(bad("a,b\n1,2\"\n").message == "a double quote inside of a cell");
  CHECK(bad("a,a\n1,2\n").message == "two columns are called 'a'");
  CHECK(bad("a,\n1,2\n").message == "column 2 has no name");
  CHECK(bad("").message == "the table is empty");
  CHECK(bad(std::string_view("a,b\n1,\0\n", 8)).message == "the file is not text");
}

TEST_CASE("a file which is not there says so") {
  std::vector<Diagnostic> problems;
  (void)io::read_csv_file("/nowhere/t.csv", problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == 101);
  problems.clear();
  (void)io::read_csv_file("/", problems);
  CHECK(problems.at(0).code == 102);
}

TEST_CASE("a written cell reads back as itself") {
  for (std::string text : {"plain", "a,b", "say \"x\"", "two\nlines", ""}) {
    const auto t = good("h,i\n" + io::csv_cell(text) + ",1\n");
    REQUIRE(t.rows.size() == 1);
    CHECK(t.rows[0].cells[0] == text);
  }
}

TEST_CASE("a problem shows its line from the first column") {
  const auto p = bad("a,b\n1,2\n1,2,3\r\n4,5\n");
  CHECK(p.where.line == 3);
  CHECK(p.where.column == 1);
  CHECK(p.where.line_text == "1,2,3");
}
