#pragma once
// What the walkers which write have in common.
#include <map>

#include "mlsysim/describe/fields.hpp"

namespace mlsysim::io {

/// Keeps the path of the field which is visited.
class Pathed : public Fields {
 public:
  void end() override { parts_.pop_back(); }
  std::size_t begin_list(FieldInfo const& info, std::size_t size) override {
    enter(info);
    index_.push_back(0);
    return size;
  }
  void item(std::size_t i) override { index_.back() = i; }
  void end_list() override {
    index_.pop_back();
    parts_.pop_back();
  }

 protected:
  std::string leaf(FieldInfo const& info) const { return info.key.empty() && !index_.empty() ? std::to_string(index_.back()) : std::string(info.key); }
  std::string path_of(FieldInfo const& info) const {
    std::string out;
    for (auto const& p : parts_) out += p + '.';
    return out + leaf(info);
  }
  void enter(FieldInfo const& info) { parts_.push_back(leaf(info)); }

 private:
  std::vector<std::string> parts_;
  std::vector<std::size_t> index_;
};

/// Finds the fact behind a field: by its origin, or by its path, since words and flags carry no origin.
class FactsByPath {
 public:
  FactsByPath(Ledger const& ledger, std::string_view prefix);
  Fact const* of(Origin origin, std::string const& path);

 private:
  Ledger const& ledger_;
  std::string prefix_;
  std::map<std::string, std::size_t> by_path_;
  std::size_t known_ = 0;
};

/// A scalar as text which reads back as the same value.
std::string plain_text(Scalar const& s);
/// The same for fields which count in bits.
std::string bits_text(Scalar const& s);

}  // namespace mlsysim::io
