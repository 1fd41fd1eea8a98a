#pragma once
/// \file
/// A lab with its variables bound for one track and one student: scenarios can be evaluated and expressions have values.
#include <map>
#include <memory>

#include "mlsysim/describe/report.hpp"
#include "mlsysim/labs/lab.hpp"
#include "mlsysim/registry/catalogue.hpp"
#include "mlsysim/validation/expression.hpp"

namespace mlsysim::labs {

/// What draws a student's variant. The same three texts give the same variant for ever, on every machine.
std::string seed_of(Lab const& lab, std::string_view student, std::string_view secret);

/// Reports which instances of one lab share: scenarios without variables are the same for every student.
struct ReportCache {
  std::map<std::string, std::shared_ptr<Report const>, std::less<>> reports;  ///< by the scenario's text and changes
};

/// Reports are evaluated when they are first asked for, then kept. Not for use by two threads at once.
class Instance {
 public:
  /// `seed` empty: the standard variant. Lab and catalogue must outlive it. `shared`: with other instances of the same lab.
  Instance(Lab const& lab, registry::Catalogue const& catalogue, Track track, std::string_view seed, std::shared_ptr<ReportCache> shared = {});

  /// Name and text of each variable.
  std::vector<std::pair<std::string, std::string>> const& variables() const { return variables_; }
  /// `batch 8, device A100`; empty for a lab without variables.
  std::string variant() const;
  /// The text with `$variables` put in.
  std::string replaced(std::string_view text) const;
  /// A file of the lab with `$variables` put in; empty if there is none.
  std::string file(std::string_view name) const;

  /// Value of an expression over variables, values of the rubric, fields of entries, and metrics and numbers of scenarios. Nothing where
  /// something is missing or scenarios cannot be evaluated; `problem` says what.
  std::optional<validation::Value> value(std::string_view expression, std::string& problem) const;
  /// Whether a comparison holds; numbers are equal when they agree to nine digits.
  std::optional<bool> holds(std::string_view comparison, std::string& problem) const;

  /// The lab's scenario as a tree. Null, and `problem` says why, if it cannot be read.
  io::Document const* document(std::string_view scenario, std::string& problem) const;
  /// The lab's scenario, evaluated. Null, and `problem` says why, if that is not possible.
  Report const* report(std::string_view scenario, std::string& problem) const;

  /// A scenario with single fields replaced. Empty, and `problem` says why, if a path leads nowhere or a value is no YAML.
  static std::optional<io::Document> changed(io::Document const& document, std::vector<Change> const& changes, std::string& problem);
  /// Evaluates any scenario. \throws InputError as `scenario::load` and `scenario::evaluate`
  Report evaluate(io::Document const& document) const;

  /// What `name.…` means while `report` lives: `design` for a student's design, `here` for a point of a search.
  class Scope {
   public:
    /// Both must outlive it.
    Scope(Instance const& instance, std::string name, Report const& report);
    ~Scope();
    Scope(Scope const&) = delete;  ///< one name, one meaning

   private:
    Instance const& instance_;
  };

  /// Notes, while it lives, on which facts the values rest that are computed: what a registry entry states under its path, what a scenario states or took as a
  /// default under the scenario's name and path.
  class FactsBehind {
   public:
    /// It must not outlive the instance.
    explicit FactsBehind(Instance const& instance);
    ~FactsBehind();
    FactsBehind(FactsBehind const&) = delete;      ///< the instance knows where it is
    std::map<std::string, std::string> texts;      ///< as written, by path
   private:
    Instance const& instance_;
  };

  /// The catalogue it was made with.
  registry::Catalogue const& catalogue() const { return catalogue_; }
  /// The lab it was made of.
  Lab const& lab() const { return lab_; }
  /// For which track.
  Track track() const { return track_; }

 private:
  std::optional<validation::Value> look_up(std::string_view name, std::string& problem) const;
  std::optional<validation::Value> in_report(Report const& report, std::string_view scenario, std::string_view path, std::string& problem) const;
  std::optional<validation::Value> in_entry(NamedEntry const& entry, std::string_view path, std::string& problem) const;
  std::optional<validation::Value> search(Search const& search, std::string& problem) const;
  NamedScenario const* scenario(std::string_view name) const;
  void note(Ledger const& ledger, Origin origin, std::string_view scenario) const;

  template <class T>
  struct Kept {
    std::shared_ptr<T> value;
    std::string problem;
  };

  Lab const& lab_;
  registry::Catalogue const& catalogue_;
  Track track_;
  std::vector<std::pair<std::string, std::string>> variables_;
  mutable std::map<std::string, Kept<io::Document>, std::less<>> documents_;
  mutable std::map<std::string, Kept<Report const>, std::less<>> reports_;
  std::shared_ptr<ReportCache> shared_;
  mutable std::map<std::string, Ledger, std::less<>> entries_;
  mutable std::map<std::string, validation::Value, std::less<>> values_;
  mutable std::vector<std::pair<std::string, Report const*>> scopes_;
  mutable FactsBehind* behind_ = nullptr;
  mutable int depth_ = 0;
};

}  // namespace mlsysim::labs
