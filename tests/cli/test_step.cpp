// Step mode needs a terminal: the program runs on one of its own, and keys are typed into it.
#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>

#include "program.hpp"

namespace {

class Terminal {
 public:
  explicit Terminal(std::string const& scenario) {
    child_ = ::forkpty(&end_, nullptr, nullptr, nullptr);
    if (child_ == 0) {
      ::execl(MLSYSIM_BINARY, "mlsysim", "step", scenario.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
  }
  ~Terminal() { ::close(end_); }
  Terminal(Terminal const&) = delete;

  /// Types keys, if any, and reads until the prompt stands there again or the program ends.
  std::string type(std::string const& keys) {
    if (!keys.empty() && ::write(end_, keys.data(), keys.size()) < 0) return "?";
    std::string out;
    for (char buffer[4096]; !out.ends_with("q quit ");) {
      pollfd p{end_, POLLIN, 0};
      if (::poll(&p, 1, 60000) <= 0) return out + " (nothing comes)";
      const auto n = ::read(end_, buffer, sizeof buffer);
      if (n <= 0) break;
      out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
  }
  int ends() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = 0;
  int end_ = -1;
};

bool has(std::string const& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("on a terminal, each stage asks before it shows; keys and arrows go forward and back, and Ctrl-C is a way out") {
  Terminal t("chatbot");
  const auto first = t.type("");
  CHECK(has(first, "[1/"));
  CHECK(has(first, "Before you look"));
  CHECK(!has(first, "workload.batch"));
  CHECK(!has(first, "b back"));
  CHECK(has(t.type("n"), "workload.batch"));
  // A key without a meaning changes nothing; right and left arrow do.
  const auto second = t.type("x\x1b[C");
  CHECK(has(second, "[2/"));
  CHECK(!has(second, "ridge point"));
  CHECK(has(t.type(" "), "ridge point"));
  const auto back = t.type("\x1b[D");
  CHECK(has(back, "[1/"));
  // What was seen is not asked for again.
  CHECK(has(back, "workload.batch"));
  t.type("\x03");
  CHECK(t.ends() == 0);
}

TEST_CASE("the last stage leads nowhere but back") {
  Terminal t("chatbot");
  std::string last = t.type("");
  for (int n = 0; n < 100 && (has(last, "n next") || has(last, "n show")); ++n) last = t.type("n");
  CHECK(has(last, "b back   q quit"));
  CHECK(!has(last, "n next"));
  CHECK(has(t.type("b"), "Scorecard"));
  t.type("q");
  CHECK(t.ends() == 0);
}
