// Whatever somebody predicts: it is refused with a message, or stands in the report beside what was computed.
#include <string>

#include "mlsysim/render/render.hpp"
#include "mlsysim/scenario/evaluate.hpp"
#include "mlsysim/teaching/prediction.hpp"

using namespace mlsysim;

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
  static const registry::Catalogue catalogue;
  static const Report report = [] {
    std::vector<Diagnostic> problems;
    const auto document = io::parse_yaml(std::string(registry::builtin_scenario("chatbot")->text), "chatbot.yaml", problems);
    return scenario::evaluate(scenario::load(catalogue, document, problems));
  }();
  try {
    const auto section = teaching::judge(report, teaching::parse_predictions({reinterpret_cast<char const*>(data), size}));
    (void)render::text(section, {});
  } catch (InputError const&) {
    // Refused, which is an answer too.
  }
  return 0;
}
