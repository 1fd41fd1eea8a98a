#pragma once
// The command line: its options, its help, what a shell completes. The only header which knows the parser.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "commands.hpp"

namespace mlsysim::cli {

/// What was asked for.
struct Request {
  Common common;
  EvalOptions eval, analyze;
  CompareOptions compare;
  TimelineOptions timeline;
  SweepOptions sweep;
  SensitivityOptions sensitivity;
  OptimizeOptions optimize;
  SimulateOptions simulate;
  ValidateOptions validate;
  CalibrateOptions calibrate;
  BenchmarkOptions benchmark;
  InitOptions init;
  ScalingOptions scaling;
  ExplainOptions explain;
  AuditOptions audit;
  DiffOptions diff;
  WorksheetCommand worksheet;
  StepOptions step;
  std::vector<std::string> files;
  bool exit_zero = false;
  LabOptions lab;
  std::string file, kind, filter, name, code, shell, command, directory;
  std::vector<std::string> words;
  bool vectors = false;
  std::function<int()> run;  ///< set by parsing
};

/// Describes all commands. The type name of an option (`MODEL`, `FORMAT`) says what it takes, to people and to the completion.
void build(CLI::App& app, Request& request);

/// In the order of the help.
std::vector<CLI::App const*> commands(CLI::App const& app);

/// `--help`: summary, examples, usage, options.
std::string help(CLI::App const& command);
/// The same as a manual page in roff.
std::string manual(CLI::App const& command);

/// Candidates for the last of `words`, which follow the program's name; `:file` and `:dir` ask the shell to complete paths too.
std::vector<std::string> candidates(CLI::App const& app, std::vector<std::string> const& words);
/// The script for bash, zsh or fish. \throws InputError for another shell
std::string completion_script(std::string const& shell);

/// What the parser could not understand, with near names. \throws InputError always
[[noreturn]] void refuse_usage(CLI::App const& app, CLI::ParseError const& error);

}  // namespace mlsysim::cli
