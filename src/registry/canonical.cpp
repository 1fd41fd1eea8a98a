#include "embedded.hpp"

namespace mlsysim::registry {
namespace {

void canonical(io::Document const& d, io::Node const& n, std::string& out) {
  out += n.key;
  out += n.kind == io::Node::Kind::scalar ? '=' : n.kind == io::Node::Kind::list ? '[' : '{';
  out += n.text;
  for (auto const& c : d.children(n)) canonical(d, c, out);
  out += '\n';
}

}  // namespace

std::string canonical(io::Document const& document) {
  std::string out;
  canonical(document, document.root(), out);
  return out;
}

}  // namespace mlsysim::registry
