#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <set>

#include "commands.hpp"
#include "mlsysim/io/csv.hpp"
#include "mlsysim/io/files.hpp"
#include "mlsysim/labs/grade.hpp"
#include "mlsysim/render/grade.hpp"
#include "mlsysim/units/text.hpp"

namespace mlsysim::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view actions[] = {"list", "show", "start", "check", "bundle", "grade", "refresh", "variants"};
constexpr rlim_t most_seconds = 10;                ///< of processor time for one submission
constexpr rlim_t most_memory = rlim_t{2} << 30;    ///< bytes on top of what the grader has
constexpr int most_waiting = 20000;                ///< milliseconds of wall time
constexpr std::size_t most_students = 5000;

[[noreturn]] void refuse(int code, std::string message, std::string help) { throw InputError({{code, std::move(message), {}, "", std::move(help)}}); }

std::string_view name(labs::Track t) { return labs::names_of(t)[static_cast<std::size_t>(t)]; }

/// A grade from one process to another: texts with their lengths.
class Packet {
 public:
  void put(std::string const& t) { text += fmt::format("{}:", t.size()) + t; }
  void put(double v) { put(shortest(v)); }
  std::string take() {
    const auto colon = text.find(':', at_);
    const auto size = std::stoul(text.substr(at_, colon - at_));
    at_ = colon + 1 + size;
    return text.substr(colon + 1, size);
  }
  double number() { return parse_quantity(take()).number; }
  std::size_t count() { return static_cast<std::size_t>(number()); }
  std::string text;

 private:
  std::size_t at_ = 0;
};

std::string packed(Grade const& g) {
  Packet p;
  for (auto const* t : {&g.lab, &g.title, &g.student, &g.folder, &g.track, &g.variant, &g.registry, &g.decision, &g.rationale, &g.residual_risk, &g.problem}) p.put(*t);
  p.put(static_cast<double>(g.missing.size()));
  for (auto const& m : g.missing) p.put(m);
  p.put(static_cast<double>(g.items.size()));
  for (auto const& i : g.items) {
    p.put(i.id), p.put(i.answer), p.put(i.trap), p.put(i.points), p.put(i.max), p.put(static_cast<double>(i.status)), p.put(i.shown ? 1.0 : 0.0);
    p.put(static_cast<double>(i.steps.size()));
    for (auto const& [step, said] : i.steps) p.put(step), p.put(said);
  }
  return p.text;
}
Grade unpacked(std::string text) {
  Packet p;
  p.text = std::move(text);
  Grade g;
  for (auto* t : {&g.lab, &g.title, &g.student, &g.folder, &g.track, &g.variant, &g.registry, &g.decision, &g.rationale, &g.residual_risk, &g.problem}) *t = p.take();
  g.missing.resize(p.count());
  for (auto& m : g.missing) m = p.take();
  g.items.resize(p.count());
  for (auto& i : g.items) {
    i.id = p.take(), i.answer = p.take(), i.trap = p.take(), i.points = p.number(), i.max = p.number(), i.status = static_cast<GradeStatus>(p.count()), i.shown = p.number() != 0;
    i.steps.resize(p.count());
    for (auto& [step, said] : i.steps) step = p.take(), said = p.take();
  }
  return g;
}

/// Bytes of addresses which the process has already: the program itself, and terabytes under a sanitizer. Zero where the system does not tell.
rlim_t address_space() {
  unsigned long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%lu", &pages) != 1) pages = 0;
    std::fclose(f);
  }
  return rlim_t{pages} * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

/// Grades in a process of its own, whose time and memory the system limits: a design is a student's file.
Grade guarded(labs::Grader& grader, labs::Submission const& s) {
  grader.prepare(s);
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return grader.grade(s);
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(pipe_ends[0]), ::close(pipe_ends[1]);
    return grader.grade(s);
  }
  if (child == 0) {
    ::close(pipe_ends[0]);
    const rlimit time{most_seconds, most_seconds};
    ::setrlimit(RLIMIT_CPU, &time);
    const rlim_t addresses = most_memory + address_space();
    const rlimit memory{addresses, addresses};
    ::setrlimit(RLIMIT_AS, &memory);
    int status = 1;
    try {
      const std::string out = packed(grader.grade(s));
      std::size_t at = 0;
      while (at < out.size()) {
        const auto n = ::write(pipe_ends[1], out.data() + at, out.size() - at);
        if (n <= 0) break;
        at += static_cast<std::size_t>(n);
      }
      status = at == out.size() ? 0 : 1;
    } catch (...) {
      // Whatever it was: the parent says that nothing came.
    }
    ::_exit(status);
  }
  ::close(pipe_ends[1]);
  std::string out;
  bool late = false;
  for (char buffer[4096];;) {
    pollfd p{pipe_ends[0], POLLIN, 0};
    if (::poll(&p, 1, most_waiting) == 0) {
      late = true;
      ::kill(child, SIGKILL);
    }
    const auto n = ::read(pipe_ends[0], buffer, sizeof buffer);
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0) return unpacked(std::move(out));
  labs::Submission empty = s;
  empty.problem = fmt::format("evaluating it took more than {} s or {} GiB; nothing was graded", most_seconds, most_memory >> 30);
  return grader.grade(empty);
}

class LabCommand {
 public:
  LabCommand(LabOptions const& o, Common const& common) : o_{o}, common_{common}, catalogue_{open_catalogue(common)} {
    std::vector<Diagnostic> problems;
    files_ = o.labs.empty() ? labs::builtin_labs() : labs::labs_in(o.labs, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
  }

  int run() {
    if (o_.action == "list") return list();
    if (o_.action == "show") return show();
    if (o_.action == "start") return start();
    if (o_.action == "check") return check();
    if (o_.action == "bundle") return bundle();
    if (o_.action == "grade") return grade();
    if (o_.action == "refresh") return refresh();
    if (o_.action == "variants") return variants();
    const std::vector<std::string_view> names(std::begin(actions), std::end(actions));
    const auto near = nearest(o_.action, names, 1);
    refuse(303, fmt::format("`mlsysim lab` cannot '{}'{}", o_.action, near.empty() ? "" : fmt::format("; did you mean '{}'?", near[0])), "list, show, start, check, bundle, grade, refresh or variants");
  }

 private:
  labs::Lab read(labs::LabFiles const& f) const {
    std::vector<Diagnostic> problems;
    labs::Lab l = labs::read_lab(f, problems);
    if (!problems.empty()) throw InputError(std::move(problems));
    return l;
  }
  labs::Lab named() const {
    if (o_.arguments.empty()) refuse(303, fmt::format("`mlsysim lab {}` wants the name of a lab", o_.action), "`mlsysim lab list` names all");
    return read(labs::find_lab(files_, o_.arguments[0]));
  }
  void at_most(std::size_t n) const {
    if (o_.arguments.size() > n) refuse(303, fmt::format("`mlsysim lab {}` takes no further argument '{}'", o_.action, o_.arguments[n]), "`mlsysim lab --help` shows examples");
  }
  labs::Track track_of(labs::Lab const& l) const {
    if (o_.track.empty()) return l.tracks[0];
    for (auto t : l.tracks)
      if (name(t) == o_.track) return t;
    std::string all;
    for (auto t : l.tracks) all += (all.empty() ? "" : ", ") + std::string(name(t));
    refuse(353, fmt::format("the lab '{}' has no track '{}'", l.id, o_.track), "it has " + all);
  }
  std::string secret() const {
    if (o_.secret_file.empty()) return {};
    std::string text = whole(o_.secret_file);
    text = text.substr(0, text.find_first_of("\r\n"));
    if (text.empty()) refuse(303, fmt::format("'{}' holds no secret", o_.secret_file), "its first line is the secret");
    return text;
  }
  /// Of small files which the instructor names.
  static std::string whole(std::string const& path) {
    std::FILE* f = std::fopen(path.c_str(), "rb");
    if (!f) refuse(101, fmt::format("cannot read '{}'", path), "");
    std::string text(1 << 20, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), f));
    std::fclose(f);
    return text;
  }
  bool has_variants() const { return o_.variants || !o_.secret_file.empty(); }
  std::vector<std::string> roster() const {
    std::vector<std::string> out;
    const std::string text = whole(o_.roster);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find_first_of("\r\n", at), text.size());
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.empty()) continue;
      known(line);
      if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(line);
    }
    if (out.empty() || out.size() > most_students) refuse(303, fmt::format("'{}' names {} students", o_.roster, out.size()), fmt::format("one id a line, at most {}", most_students));
    return out;
  }
  /// Ids become names of folders.
  static void known(std::string const& id) {
    const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("._@+-").find(c) != std::string_view::npos; };
    if (id.empty() || id.size() > 64 || id[0] == '.' || id[0] == '-' || !std::all_of(id.begin(), id.end(), plain)) refuse(303, fmt::format("'{}' cannot be the id of a student", id.substr(0, 80)), "letters, digits and . _ @ + -");
  }

  int list() {
    at_most(0);
    Table t{"labs", "", {text_column("lab"), text_column("title"), text_column("minutes"), text_column("level"), text_column("tracks"), text_column("chapters")}, {}};
    std::vector<labs::Lab> all;
    for (auto const& f : files_) all.push_back(read(f));
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.number.value < b.number.value; });
    for (auto const& l : all) {
      std::string tracks;
      for (auto x : l.tracks) tracks += (tracks.empty() ? "" : ", ") + std::string(name(x));
      t.rows.push_back({{0, l.id}, {0, l.title}, {0, fmt::format("{}", l.minutes.value)}, {0, l.level}, {0, tracks}, {0, fmt::format("{}", fmt::join(l.chapters, "; "))}});
    }
    write(t, common_);
    return done;
  }

  /// What a student would get, without writing anything.
  int show() {
    at_most(1);
    const auto l = named();
    const labs::Instance instance(l, catalogue_, track_of(l), {});
    write(labs::handout(instance, o_.student)[0].second, common_);
    return done;
  }

  int start() {
    at_most(2);
    const auto l = named();
    const std::string target = o_.arguments.size() > 1 ? o_.arguments[1] : l.id;
    labs::Grader grader(l, catalogue_, {secret(), has_variants(), false, true});
    std::vector<std::pair<std::string, std::string>> files;
    const auto add = [&](std::string const& student, std::string const& folder) {
      for (auto& [file, text] : labs::handout(grader.instance(track_of(l), student), student)) files.emplace_back(folder + file, std::move(text));
    };
    if (!o_.student.empty()) known(o_.student);
    if (o_.roster.empty()) {
      if (has_variants() && o_.student.empty()) refuse(303, "a variant belongs to a student", "add --student ID, or --roster FILE for a class");
      add(o_.student, "");
    } else {
      for (auto const& s : roster()) add(s, s + '/');
    }
    write_folder(target, files);
    if (common_.format == "text") std::fputs(fmt::format("wrote {}; next: read {}/{}assignment.md, fill in answers.yaml, then `mlsysim lab check {}`\n", target, target, o_.roster.empty() ? "" : "ID/", target).c_str(), stderr);
    return done;
  }

  /// Whole or not at all: a folder beside it takes the name when everything is there.
  static void write_folder(std::string const& target, std::vector<std::pair<std::string, std::string>> const& files) {
    std::error_code failed;
    const auto taken = [&] { refuse(352, fmt::format("'{}' exists already", target), "nothing was written; name another folder: `mlsysim lab start LAB FOLDER`"); };
    if (fs::exists(fs::symlink_status(target, failed))) taken();
    fs::path plain(target);
    if (!plain.has_filename()) plain = plain.parent_path();
    const fs::path temporary = plain.string() + fmt::format(".{}.tmp", ::getpid());
    const auto give_up = [&](std::string const& why) {
      std::error_code ignored;
      fs::remove_all(temporary, ignored);
      refuse(301, fmt::format("cannot write '{}': {}", target, why), "nothing was written; name a folder in a place which you may write to");
    };
    try {
      if (!fs::create_directory(temporary, failed)) give_up(failed.message());
      for (auto const& [file, text] : files) {
        const fs::path path = temporary / file;
        if (!fs::exists(path.parent_path())) fs::create_directory(path.parent_path());
        io::write_whole(path.string(), text);
      }
      fs::rename(temporary, plain);
    } catch (fs::filesystem_error const& error) {
      give_up(error.code().message());
    } catch (InputError const&) {
      fs::remove_all(temporary, failed);
      throw;
    }
  }

  /// The lab which a submission answers, or `--lab`.
  std::string lab_id(labs::Submission const& s) const { return o_.lab.empty() ? labs::lab_of(s.document) : labs::find_lab(files_, o_.lab).id; }

  /// The submission which is named, and the lab which it answers.
  std::pair<labs::Submission, labs::Lab> submitted() const {
    at_most(1);
    auto s = labs::read_submission(o_.arguments.empty() ? "." : o_.arguments[0]);
    if (!s.problem.empty()) refuse(355, s.problem, fmt::format("`mlsysim lab {} FOLDER` wants the folder which `mlsysim lab start` made", o_.action));
    const auto id = lab_id(s);
    if (id.empty()) refuse(353, fmt::format("'{}' does not say which lab it answers", s.folder), "its line `lab:` stands as `mlsysim lab start` wrote it");
    auto l = read(labs::find_lab(files_, id));
    return {std::move(s), std::move(l)};
  }

  int check() {
    const auto [s, l] = submitted();
    const Grade g = labs::check(l, catalogue_, s);
    if (common_.format == "text") write(render::text(g, style(common_)), common_);
    else write(render::item_table(std::span(&g, 1)), common_);
    const bool good = g.problem.empty() && g.missing.empty() && std::none_of(g.items.begin(), g.items.end(), [](auto const& i) { return i.status == GradeStatus::wrong || i.status == GradeStatus::missing; });
    if (common_.format == "text") std::fputs(good ? "the form is complete; whether the answers are right is for the grader\n" : "not complete yet\n", stderr);
    return good ? done : verdict_no;
  }

  /// A submission on one page, for whoever reads it without the program.
  int bundle() {
    const auto [s, l] = submitted();
    const auto b = labs::bundle(l, catalogue_, s);
    if (common_.format == "text" || common_.format == "markdown") write(render::markdown(b, version()), common_);
    else write(render::bundle_table(b), common_);
    return done;
  }

  int grade() {
    std::vector<std::string> paths;
    std::vector<Diagnostic> problems;
    for (auto const& p : o_.arguments.empty() ? std::vector<std::string>{"."} : o_.arguments)
      for (auto& s : labs::submissions_below(p, problems)) paths.push_back(std::move(s));
    if (!problems.empty()) throw InputError(std::move(problems));

    struct Open {
      labs::Lab lab;
      std::unique_ptr<labs::Grader> grader;
      bool designs = false;
    };
    std::map<std::string, std::unique_ptr<Open>> open;
    std::vector<Grade> grades;
    for (auto const& path : paths) {
      auto s = labs::read_submission(path);
      std::string id = lab_id(s);
      const bool known_lab = std::any_of(files_.begin(), files_.end(), [&](auto const& f) { return f.id == id; });
      if (!known_lab) {
        // A class is graded although one form says nonsense.
        Grade g;
        g.folder = path;
        g.problem = !s.problem.empty() ? s.problem : id.empty() ? fmt::format("'{}' does not say which lab it answers", path) : fmt::format("no lab '{}'", id);
        grades.push_back(std::move(g));
        continue;
      }
      auto& o = open[id];
      if (!o) {
        o = std::make_unique<Open>();
        o->lab = read(labs::find_lab(files_, id));
        o->grader = std::make_unique<labs::Grader>(o->lab, catalogue_, labs::GradeOptions{secret(), has_variants(), o_.after_due, o_.any_snapshot});
        for (auto const& q : o->lab.questions) o->designs = o->designs || q.kind == labs::AnswerKind::design;
      }
      grades.push_back(o->designs ? guarded(*o->grader, s) : o->grader->grade(s));
    }
    deliver(grades);
    if (!o_.question.empty()) return one_question(grades);
    const auto bad = std::count_if(grades.begin(), grades.end(), [](auto const& g) { return !g.problem.empty(); });
    if (bad && grades.size() > 1) std::fputs(fmt::format("{} of {} could not be graded\n", bad, grades.size()).c_str(), stderr);
    return bad ? verdict_no : done;
  }

  void deliver(std::vector<Grade> const& grades) const {
    if (!o_.gradescope.empty()) {
      if (grades.size() != 1) refuse(303, "Gradescope runs the grader once for each submission", "name one submission");
      io::write_whole(o_.gradescope, render::gradescope(grades[0]));
    }
    if (!o_.junit.empty()) io::write_whole(o_.junit, render::junit(grades));
    if (o_.line) {
      std::string out;
      for (auto const& g : grades) out += render::points_line(g);
      return write(out, common_);
    }
    if (common_.format == "json") return write(render::item_table(grades), common_);
    if (common_.format == "csv") return write(render::class_table(grades), common_);
    std::string out;
    if (common_.format != "text") {
      for (auto const& g : grades) out += render::markdown(g);
    } else if (grades.size() == 1 || common_.all) {
      for (auto const& g : grades) out += render::text(g, style(common_)) + (grades.size() > 1 ? "\n" : "");
    } else {
      return write(render::class_table(grades), common_);
    }
    write(out, common_);
  }

  int one_question(std::vector<Grade> const& grades) const {
    bool all = true;
    for (auto const& g : grades) {
      const auto i = std::find_if(g.items.begin(), g.items.end(), [&](auto const& x) { return x.id == o_.question; });
      if (i == g.items.end()) refuse(302, fmt::format("no question '{}'", o_.question), "`mlsysim lab show LAB` names them");
      all = all && (i->status == GradeStatus::right || (i->max == 0 && i->status == GradeStatus::received));
    }
    return all ? done : verdict_no;
  }

  /// An answer of an older key.
  struct Old {
    std::string value;
    std::map<std::string, std::string> facts;
    bool knows_facts = false;
  };
  static std::string facts_text(std::map<std::string, std::string> const& facts) {
    std::string out;
    for (auto const& [path, text] : facts) out += fmt::format("{}{} = {}", out.empty() ? "" : "; ", path, text);
    return out;
  }
  static std::map<std::string, std::string> facts_of(std::string_view text) {
    std::map<std::string, std::string> out;
    while (!text.empty()) {
      const auto end = std::min(text.find("; "), text.size());
      const auto one = text.substr(0, end);
      if (const auto equals = one.find(" = "); equals != one.npos) out.emplace(one.substr(0, equals), one.substr(equals + 3));
      text = end == text.size() ? std::string_view{} : text.substr(end + 2);
    }
    return out;
  }
  /// What is different among the facts on which an answer rests.
  static std::string because(Old const& old, std::map<std::string, std::string> const& now) {
    if (!old.knows_facts) return "the older key does not say on what it rests";
    std::string out;
    const auto add = [&](std::string what) { out += (out.empty() ? "" : "; ") + std::move(what); };
    for (auto const& [path, text] : now) {
      const auto before = old.facts.find(path);
      if (before == old.facts.end()) add(fmt::format("{} = {} is new", path, text));
      else if (before->second != text) add(fmt::format("{}: {} -> {}", path, before->second, text));
    }
    for (auto const& [path, text] : old.facts)
      if (!now.count(path)) add(fmt::format("{} = {} counts no more", path, text));
    return out.empty() ? "no number on which it rests: the lab or the program computes it differently" : out;
  }

  /// The key of every track with the facts on which it rests; with an older one, which answers moved, and because of what.
  int refresh() {
    at_most(1);
    const auto l = named();
    std::map<std::pair<std::string, std::string>, Old> before;
    std::string older;
    const bool compared = !o_.since.empty();
    if (compared) {
      std::vector<Diagnostic> problems;
      const auto csv = io::read_csv_file(o_.since, problems);
      if (!problems.empty()) throw InputError(std::move(problems));
      const auto track = csv.column("track"), answer = csv.column("answer"), value = csv.column("value"), registry = csv.column("registry"), rests_on = csv.column("rests_on");
      if (std::max({track, answer, value, registry}) == io::Csv::none) refuse(303, fmt::format("'{}' is no key", o_.since), "write one with `mlsysim lab refresh LAB --format csv -o FILE`");
      for (auto const& r : csv.rows) {
        Old& old = before[{r.cells[track], r.cells[answer]}];
        old.value = r.cells[value], older = r.cells[registry];
        if (rests_on != io::Csv::none) old.facts = facts_of(r.cells[rests_on]), old.knows_facts = true;
      }
    }
    const bool wide = common_.format == "csv" || common_.format == "json";
    Table t{"key", "", {text_column("track"), text_column("answer"), text_column("value")}, {}};
    if (compared) t.columns.push_back(text_column("before")), t.columns.push_back(text_column("moved")), t.columns.push_back(text_column("because"));
    t.columns.push_back(text_column("registry"));
    if (wide) t.columns.push_back(text_column("rests_on"));
    std::size_t moved = 0, broken = 0, answers = 0;
    for (auto track : l.tracks) {
      const labs::Instance instance(l, catalogue_, track, {});
      for (auto const& e : labs::key(instance, true)) {
        ++answers;
        const std::string value = !e.problem.empty() ? "cannot be computed: " + e.problem : e.value ? exact(e.value->number, Dimension(e.value->dimension)) : e.text;
        broken += !e.problem.empty();
        std::vector<Cell> row{{0, std::string(name(track))}, {0, e.id}, {0, value}};
        bool same = false;
        if (compared) {
          Old const& old = before[{std::string(name(track)), e.id}];
          same = old.value == value;
          std::string change, why;
          if (!same) {
            ++moved;
            const auto x = parse_quantity(old.value), y = parse_quantity(value);
            const bool numbers = x.error == QuantityTextError::none && y.error == QuantityTextError::none && x.base_value() != 0;
            change = old.value.empty() ? "new" : numbers ? fmt::format("{:+.3g} %", 100 * (y.base_value() / x.base_value() - 1)) : "yes";
            why = old.value.empty() ? "the older key has no such answer" : because(old, e.facts);
          }
          row.push_back({0, old.value}), row.push_back({0, change}), row.push_back({0, why});
        }
        row.push_back({0, catalogue_.hash().substr(0, 12)});
        if (wide) row.push_back({0, facts_text(e.facts)});
        // For people, what stayed is not worth a line.
        if (!same || wide || common_.all) t.rows.push_back(std::move(row));
      }
    }
    if (!compared || !t.rows.empty()) write(t, common_);
    const std::string now = catalogue_.hash().substr(0, 12);
    if (compared) std::fputs(fmt::format("{} of {} answers moved from registry {} to {}\n", moved, answers, older, now).c_str(), stderr);
    else if (common_.format == "text") std::fputs(fmt::format("registry {}; to pin the lab to it, write `snapshot: \"{}\"` in lab.yaml\n", now, now).c_str(), stderr);
    return broken ? verdict_no : done;
  }

  int variants() {
    at_most(1);
    const auto l = named();
    std::vector<std::string> students;
    if (!o_.roster.empty()) students = roster();
    else
      for (int i = 1; i <= o_.count; ++i) students.push_back(fmt::format("student{}", i));
    labs::Grader grader(l, catalogue_, {secret(), true, false, true});
    const auto track = track_of(l);
    Table t{"variants", "", {text_column("student"), text_column("variant")}, {}};
    std::set<std::string> different;
    std::size_t broken = 0;
    for (auto const& s : students) {
      auto const& instance = grader.instance(track, s);
      std::vector<Cell> row{{0, s}, {0, instance.variant()}};
      different.insert(instance.variant());
      if (o_.key) {
        for (auto const& e : labs::key(instance)) {
          broken += !e.problem.empty();
          if (t.rows.empty()) t.columns.push_back(text_column("value")), t.columns.back().id = t.columns.back().label = e.id;
          row.push_back({0, e.problem.empty() ? e.text : "? " + e.problem});
        }
        row.resize(t.columns.size());
      }
      t.rows.push_back(std::move(row));
    }
    write(t, common_);
    if (common_.format == "text") std::fputs(fmt::format("{} students, {} different variants{}\n", students.size(), different.size(), o_.key ? fmt::format(", {} answers without a value", broken) : "").c_str(), stderr);
    return broken ? verdict_no : done;
  }

  LabOptions const& o_;
  Common const& common_;
  registry::Catalogue catalogue_;
  std::vector<labs::LabFiles> files_;
};

}  // namespace

int lab(LabOptions const& options, Common const& common) {
  const int code = LabCommand(options, common).run();
  return options.exit_zero && code == verdict_no ? done : code;
}

}  // namespace mlsysim::cli
