#pragma once
/// \file
/// What is wrong with an input, where, why, and what to write instead.
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mlsysim {

/// A place in a text. Lines and columns count from 1, columns in characters; line 0 means the whole file.
struct Location {
  std::string file;          ///< as the user named it; empty for the command line
  std::uint32_t line = 0;    ///< from 1; 0: the whole file
  std::uint32_t column = 0;  ///< from 1, in characters
  std::uint32_t length = 1;  ///< characters to underline
  std::string line_text;     ///< the line itself, for the caret; may be empty
};

/// One problem. `code` names a page: `mlsysim explain E0142`.
struct Diagnostic {
  int code = 0;         ///< number of its page
  std::string message;  ///< what was found and what was expected, in one line
  Location where;       ///< where it begins
  std::string why;      ///< in the words of the domain; may be empty
  std::string help;     ///< what to write instead; may be empty
  std::string label{};  ///< beside the carets, e.g. `400 Gb/s = 50 GB/s`; may be empty
};

/// A page of the error catalogue.
struct ErrorPage {
  int code;                  ///< as in `Diagnostic::code`
  std::string_view title;    ///< the problem in a few words
  std::string_view text;     ///< what it means and why mlsysim refuses it
  std::string_view example;  ///< input which causes it
  std::string_view fix;      ///< the same input, mended
};

/// All pages, ordered by code. A test demands one for every code used.
std::span<const ErrorPage> error_pages();
/// The page of a code, or null.
ErrorPage const* error_page(int code);
/// `E0142`.
std::string error_name(int code);

/// A file or an option can't be used. Carries every problem found, in file order.
class InputError : public std::runtime_error {
 public:
  /// `what()` is the text of all of them.
  explicit InputError(std::vector<Diagnostic> problems);
  std::vector<Diagnostic> const& problems() const noexcept { return problems_; }  ///< in file order

 private:
  std::vector<Diagnostic> problems_;
};

/// The whole text of one problem: message, place, line with carets, why, help.
std::string to_text(Diagnostic const& problem);
/// All problems, and that nothing was evaluated.
std::string to_text(std::span<const Diagnostic> problems);
/// `to_text` of everything the error carries.
std::string to_text(InputError const& error);

/// Up to `most` of `names` which are near `wanted`, nearest first: few slips of the pen, a part of the name, or the same words in another order.
/// Names are compared as `normalised`.
std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string_view> names, std::size_t most = 3);

/// Lower case without `-`, `_`, `/`, blanks and dots, except a dot between digits (1.3B is not 13B): the form in which names are compared.
std::string normalised(std::string_view name);

}  // namespace mlsysim
