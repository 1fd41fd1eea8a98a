#include <cstdio>
#include <cstring>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "application.hpp"

using namespace mlsysim;

namespace {

void report_error(InputError const& e, std::string const& format) {
  const std::string text = format == "json" ? render::json(e.problems(), cli::version()) : to_text(e.problems());
  std::fputs(text.c_str(), stderr);
}

/// Errors of usage are JSON too where that was asked for, so it must be known before the parser is.
std::string wanted_format(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const bool json = (std::strcmp(argv[i], "--format") == 0 && i + 1 < argc && std::strcmp(argv[i + 1], "json") == 0) || std::strcmp(argv[i], "--format=json") == 0;
    if (json) return "json";
  }
  return "text";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    std::printf("mlsysim %s\n", cli::version().c_str());
    return cli::done;
  }
#ifdef __GLIBC__
  // Evaluations follow each other: what one gives back the next one needs, and asking the kernel for it again is a fifth of their time.
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_TOP_PAD, 4 << 20);
#endif
  try {
    CLI::App app("", "mlsysim");
    cli::Request request;
    cli::build(app, request);
    // What the completion scripts call: not a command for people, and its arguments are anything.
    if (argc > 2 && std::strcmp(argv[1], "complete") == 0 && std::strcmp(argv[2], "--") == 0) {
      for (auto const& candidate : cli::candidates(app, {argv + 3, argv + argc})) std::printf("%s\n", candidate.c_str());
      return cli::done;
    }
    if (argc == 1) {
      std::fputs(cli::help(app).c_str(), stderr);
      return cli::bad_input;
    }
    try {
      app.parse(argc, argv);
    } catch (CLI::Success const& wanted) {
      return app.exit(wanted);
    } catch (CLI::ParseError const& error) {
      cli::refuse_usage(app, error);
    }
    if (request.common.format == "md") request.common.format = "markdown";
    return request.run();
  } catch (InputError const& error) {
    report_error(error, wanted_format(argc, argv));
    return cli::bad_input;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "internal error: %s\nThis is a bug in mlsysim; please report it with the command and the file.\n", error.what());
    return cli::internal_error;
  }
}
